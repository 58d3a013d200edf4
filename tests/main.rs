//! The tests: one binary, so that one PostgreSQL server serves all of them.

mod attack;
mod baseline;
mod commands;
mod config_schema;
mod documents;
mod full_shadow;
mod imports;
mod protocol;
mod round_trip;
mod slices;
mod support;
mod support_itself;
mod systems;
mod tidy;
