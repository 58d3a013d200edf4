//! Upgrades, downgrades and stamps at once, in whatever order: the rows are always a closed set of the graph, and the
//! catalog is what these rows build.

use std::collections::BTreeSet;

use crate::support::site::{Site, on_both};

const LENGTH: usize = 5;

/// A chain of revisions that make a table each, every other one of them outside a transaction.
fn chain(site: &Site) {
    for number in 1..=LENGTH {
        let parent = if number == 1 { String::new() } else { format!("-- revises: r{}\n", number - 1) };
        let mode = if number % 2 == 0 { " no-transaction" } else { "" };
        site.project.write(
            &format!("migrations/r{number}.sql"),
            &format!(
                "-- revision: r{number}\n{parent}\n-- migrate:upgrade{mode}\nCREATE TABLE t{number} (n int);\n\
                 INSERT INTO t{number} VALUES (1);\n\n-- migrate:downgrade{mode}\nDELETE FROM t{number};\nDROP TABLE t{number};\n"
            ),
        );
    }
}

/// Numbers that look like chance and are the same in each run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn rounds() -> u64 {
    std::env::var("MIGRATE_ATTACK_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4)
}

fn race(site: &Site, with_stamps: bool) {
    chain(site);
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for round in 0..rounds() {
        let commands: Vec<String> = (0..8)
            .map(|_| {
                let target = numbers.below(LENGTH as u64 + 1);
                let target = if target == 0 { "base".to_owned() } else { format!("r{target}") };
                match numbers.below(if with_stamps { 5 } else { 4 }) {
                    0 => "upgrade head".to_owned(),
                    1 if target != "base" => format!("upgrade {target}"),
                    4 => format!("stamp {target}"),
                    2 => "downgrade -1 --yes".to_owned(),
                    _ => format!("downgrade {target} --yes"),
                }
            })
            .collect();
        let runs: Vec<_> = commands.iter().map(|command| site.project.start(command.split(' '))).collect();
        for run in runs {
            let outcome = run.wait();
            // 1: a target that the database is not above by then, or, with stamps, a table that is there already.
            assert!(matches!(outcome.code, Some(0 | 1 | 75)), "{}", outcome.shown());
        }
        if !site.has_table("migrate_revision") {
            continue;
        }
        let rows: BTreeSet<String> = site.lines("SELECT revision FROM migrate_revision").into_iter().collect();
        let closed: BTreeSet<String> = (1..=rows.len()).map(|number| format!("r{number}")).collect();
        assert_eq!(rows, closed, "round {round}: {commands:?}");
        if !with_stamps {
            for number in 1..=LENGTH {
                let is_applied = rows.contains(&format!("r{number}"));
                assert_eq!(site.has_table(&format!("t{number}")), is_applied, "round {round}, t{number}: {commands:?}");
                if is_applied {
                    assert_eq!(site.lines(&format!("SELECT count(*) FROM t{number}")), ["1"], "round {round}");
                }
            }
        }
    }
}

#[test]
fn racing_upgrades_and_downgrades_leave_what_the_rows_build() {
    on_both(|site| race(site, false));
}

#[test]
fn racing_stamps_leave_a_closed_set_of_rows() {
    on_both(|site| race(site, true));
}
