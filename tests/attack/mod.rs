//! Attacks on the promises of docs/production.md: nothing runs twice, nothing stale runs, and text from
//! outside is text.
//!
//! Each order of events is reached on purpose: a proxy between the tool and the server stops the world at a chosen message,
//! and locks of the test's own keep a statement from ending. `MIGRATE_ATTACK=full cargo test attack` tries every message
//! where the suite takes a sample, and `MIGRATE_ATTACK_ROUNDS=2000` sets the rounds of the races.

mod injection;
mod kills;
mod parsers;
mod proxy;
mod races;
mod stale;
mod terminal;
mod twice;

/// Are all points tried, and not only a sample?
fn is_full() -> bool {
    std::env::var("MIGRATE_ATTACK").is_ok_and(|value| value == "full")
}
