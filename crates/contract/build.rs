//! Puts the contract files of the repository into the crate, each under the name of its file: to ship one more, or one
//! less, is to add or delete its file.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    // Asked when it runs: a build directory may outlive the folder that this was compiled in.
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?;
    let folder = Path::new(&here).join("../../contracts");
    println!("cargo::rerun-if-changed={}", folder.display());
    let files = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path()));
    let mut files = files.collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut list = String::from("[");
    for path in files {
        let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or(io::ErrorKind::InvalidInput)?;
        let _ = write!(list, "({name:?},include_str!({path:?})),");
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out).join("contract_files.rs"), list)
}
