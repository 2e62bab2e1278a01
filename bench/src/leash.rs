//! A leash: what the driver starts ends with it, however the driver ends.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

/// What is put on a leash.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The driver's process.
    #[arg(long)]
    driver: i32,
    /// The program and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

/// Becomes the program, to be killed by the kernel when the driver ends (prctl(2), PR_SET_PDEATHSIG: it outlives exec).
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // A driver that ended before that line sends no signal any more.
    if getppid().map(Pid::as_raw_pid) != Some(options.driver) {
        return Err("the driver has ended".into());
    }
    let (program, arguments) = options.command.split_first().ok_or("no program to become")?;
    let program = PathBuf::from(program);
    let error = Command::new(&program).args(arguments).exec();
    Err(format!("{}: {error}", program.display()).into())
}
