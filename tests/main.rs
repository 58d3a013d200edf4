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
mod protocol;
mod round_trip;
mod slices;
mod support;
mod support_itself;
mod systems;
mod tidy;

fn main() -> std::process::ExitCode {
    harness::run(round_trip::cases())
}
