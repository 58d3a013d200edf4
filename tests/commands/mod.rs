//! One file per command.

mod database;
