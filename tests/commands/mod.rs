//! One file per command.

mod concurrency;
mod crashes;
mod database;
mod downgrade;
mod guards;
mod no_transaction;
mod offline;
mod stamp;
mod upgrade;
