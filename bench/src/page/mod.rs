//! `postrider-bench page`: draws kept results as a page that a code host shows.

mod markdown;
mod overview;
mod picture;
mod plot;
mod scenario;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use markdown::Section;
use picture::Picture;

use crate::report::line;
use crate::result::Kept;
use crate::shelf;

/// The page's own file.
const PAGE: &str = "results.md";

/// What is read, and where the page is written.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Kept results: a folder, or one file.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
    /// The folder of the page, `results.md`, and of its plots.
    #[arg(long, default_value = "docs/benchmarks")]
    out: PathBuf,
}

/// Reads results and writes the page.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let results = shelf::read(&options.results)?;
    let files = files(&results);
    write(&options.out, &files).map_err(|error| format!("{}: {error}", options.out.display()))?;
    line(&format!("{}, with {} plots", options.out.join(PAGE).display(), files.len() - 1));
    Ok(())
}

fn write(folder: &Path, files: &[(String, String)]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let before = std::fs::read_to_string(folder.join(PAGE)).unwrap_or_default();
    files.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))?;
    // What the page showed before and shows no more would lie there for ever.
    for plot in markdown::plots(&before).filter(|plot| files.iter().all(|(name, _)| name != plot)) {
        match std::fs::remove_file(folder.join(plot)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Every file by its name, the page last.
fn files(results: &[Kept]) -> Vec<(String, String)> {
    let (goals, beside) = (overview::goals(results), overview::beside_null(results));
    let sections: Vec<Section<'_>> =
        results.iter().map(|kept| Section { kept, pictures: scenario::pictures(kept) }).collect();
    let page = markdown::page(goals.as_ref(), &beside, &sections);
    let of_one = sections.into_iter().flat_map(|section| section.pictures);
    let pictures = goals.into_iter().chain(beside).chain(of_one);
    let drawn = pictures.map(|Picture { file, svg, .. }| (file, svg));
    drawn.chain([(PAGE.to_owned(), page)]).collect()
}
