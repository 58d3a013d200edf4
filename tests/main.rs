//! The tests: one binary, so that one PostgreSQL server serves all of them.

// Its `#[test]` goes before the compiler's own, in every module.
#[macro_use]
extern crate test_attribute;

mod attack;
mod baseline;
mod commands;
mod config_schema;
mod documents;
mod full_shadow;
mod harness;
mod imports;
mod partial_shadow;
mod protocol;
mod real_projects;
mod round_trip;
mod support;
mod support_tests;
mod tidy;

fn main() -> std::process::ExitCode {
    harness::run(round_trip::cases())
}
