//! One file per command, or for a few that belong together.

mod autogenerate;
mod concurrency;
mod connection;
mod crashes;
mod database;
mod downgrade;
mod edit;
mod guards;
mod help;
mod init;
mod interruption;
mod irreversible;
mod listings;
mod models;
mod no_transaction;
mod offline;
mod revision;
mod risks;
mod shadow;
mod sqlalchemy;
mod stamp;
mod targets;
mod terminal;
mod trust;
mod upgrade;
mod verify;
