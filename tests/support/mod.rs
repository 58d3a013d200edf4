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

/// Says that something is not tested because `missing` is missing, once for each text; never in CI.
///
/// Written to stderr itself, because the test harness hides what a passing test prints.
pub fn skip(missing: &str) {
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::sync::Mutex;
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

    assert!(!in_ci(), "{missing}: nothing may be skipped in CI; tests/run sets up what the tests need");
    let mut said = SAID.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if said.insert(missing.to_owned()) {
        let _ = writeln!(std::io::stderr(), "SKIPPED: {missing}; tests/run sets up what the tests need");
    }
}
