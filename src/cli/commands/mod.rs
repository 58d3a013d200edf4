//! The commands: one file each, with its `Arguments`, whose doc comments are the help, and `run`.

pub mod branches;
pub mod check;
pub mod completions;
pub mod current;
pub mod database;
pub mod diff;
pub mod downgrade;
pub mod edit;
pub mod heads;
pub mod history;
pub mod import;
pub mod init;
pub mod inspect;
pub mod man;
pub mod merge;
pub mod repair;
pub mod revision;
pub mod show;
pub mod sql;
pub mod stamp;
pub mod upgrade;
pub mod verify;
