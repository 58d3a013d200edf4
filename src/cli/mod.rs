//! Everything that talks to a person: the only list of commands.

pub mod failure;
pub mod output;

use std::ffi::OsString;

/// Runs the command line `arguments` (the program's name first) and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let _ = arguments.into_iter();
    failure::COULD_NOT
}
