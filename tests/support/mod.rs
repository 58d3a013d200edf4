//! What tests stand on: a project in a temporary folder, one PostgreSQL server, SQLite files, the outside judge.

#![allow(dead_code, unused_imports, reason = "not every helper is used by some test at every time")]

pub mod case;
pub mod judge;
pub mod pgbouncer;
pub mod postgres;
pub mod project;
pub mod python;
pub mod rust;
pub mod server;
pub mod site;
pub mod sqlite;
pub mod wire;

use std::path::Path;

pub use project::{Outcome, Project};

/// The folder of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Is this an automated run, where nothing may be skipped?
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// How a test ends that can't be run here: what is missing.
pub struct Skipped(pub String);

/// Ends the test, which is then reported as ignored, because `missing` is missing; fails it in CI.
#[track_caller]
pub fn skip(missing: &str) -> ! {
    assert!(!in_ci(), "{missing}: nothing may be skipped in CI; tests/run sets up what the tests need");
    skip_here(&format!("{missing}; tests/run sets up what the tests need"))
}

/// Ends the test, which is then reported as ignored, because it does not apply here; in CI as well.
pub fn skip_here(reason: &str) -> ! {
    // Without the hook that reports a panic.
    std::panic::resume_unwind(Box::new(Skipped(reason.to_owned())))
}
