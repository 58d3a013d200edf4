//! The Python that tests/run sets up, with SQLAlchemy and Alembic.

use std::path::PathBuf;

use super::{repository, skip};

/// Its interpreter: MIGRATE_TEST_PYTHON, else the one in target/test-tools; None (and a word about it) where there is none.
pub fn python() -> Option<PathBuf> {
    let given = std::env::var_os("MIGRATE_TEST_PYTHON").map(PathBuf::from);
    let own = repository().join("target/test-tools/python/bin/python");
    let found = given.into_iter().chain([own]).find(|python| python.exists());
    if found.is_none() {
        skip("no Python with SQLAlchemy and Alembic");
    }
    found
}

/// The Python with the oldest SQLAlchemy and Alembic that must work: MIGRATE_TEST_OLD_PYTHON, else the one in
/// target/test-tools.
pub fn old_python() -> Option<PathBuf> {
    let given = std::env::var_os("MIGRATE_TEST_OLD_PYTHON").map(PathBuf::from);
    let own = repository().join("target/test-tools/old/bin/python");
    let found = given.into_iter().chain([own]).find(|python| python.exists());
    if found.is_none() {
        skip("no Python with SQLAlchemy 1.4");
    }
    found
}
