//! A baseline makes the live database again, as `pg_dump` sees both: what is not read can't be seen by the tool itself.
//!
//! A sample of the cases under tests/cases/ is enough for a run of the suite; `MIGRATE_TEST_BASELINE=1` takes all, and
//! `MIGRATE_TEST_CASE=word` those with the word in their name.

use crate::support::postgres::Database;
use crate::support::{Project, case, judge, repository, server};

/// Of so many cases one is in the sample.
const SAMPLE: usize = 40;

/// What a baseline makes of this schema on an empty database, as far as `pg_dump` sees another.
fn difference(server: &server::Server, name: &str, schema: &str) -> Option<String> {
    let (live, empty) = (Database::on(server), Database::on(server));
    if let Err(fault) = live.try_execute(schema) {
        return Some(format!("== {name}: the schema itself: {fault}"));
    }
    let project = |database: &Database| {
        let project = Project::empty();
        let url = database.url();
        project.write("migrate.toml", &format!("[database]\nurl = \"{url}\"\nschemas = [\"*\"]\n"));
        project.write("migrations/.keep", "");
        project
    };
    let (from, to) = (project(&live), project(&empty));
    let baseline = from.migrate("revision --baseline -m baseline");
    // There is nothing to write where the schema is an empty database's.
    let files = from.files("migrations");
    let Some(file) = files.iter().find(|file| file.ends_with(".sql")) else {
        let nothing = judge::difference(&judge::postgres(&live.dump()), &judge::postgres(&empty.dump()));
        return (!nothing.is_empty()).then(|| format!("== {name}: no baseline\n{nothing}{}", baseline.stderr));
    };
    let name_of_file = file.rsplit('/').next().unwrap_or(file);
    let text = from.read(&format!("migrations/{name_of_file}"));
    to.write(&format!("migrations/{name_of_file}"), &text);
    let upgrade = to.migrate("upgrade head");
    let other = judge::difference(&judge::postgres(&live.dump()), &judge::postgres(&empty.dump()));
    let done = baseline.code == Some(0) && upgrade.code == Some(0) && other.is_empty();
    (!done).then(|| format!("== {name}\n{other}{}{}{text}", baseline.stderr, upgrade.stderr))
}

#[test]
fn a_baseline_makes_what_pg_dump_sees() {
    let Some(server) = server::shared() else { return };
    let all = std::env::var_os("MIGRATE_TEST_BASELINE").is_some() || std::env::var_os("MIGRATE_TEST_CASE").is_some();
    let cases = case::all("postgres").into_iter().filter(|case| case.needs.is_none_or(|needs| server.major >= needs));
    let sample = cases.enumerate().filter(|(at, _)| all || at % SAMPLE == 0).map(|(_, case)| case);
    let mut schemas: Vec<(String, String)> = sample
        .flat_map(|case| [(format!("{} new", case.name), case.new), (format!("{} old", case.name), case.old)])
        .collect();
    for system in ["dgs/legacy.sql", "luthien/old/schema.sql"] {
        let file = repository().join("tests/real_projects").join(system);
        schemas.push((system.to_owned(), std::fs::read_to_string(file).expect("a schema of tests/real_projects")));
    }
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let some = schemas.chunks(schemas.len().div_ceil(threads).max(1));
    let failed: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = some
            .map(|some| {
                scope.spawn(move || {
                    let failed = some.iter().filter_map(|(name, schema)| difference(server, name, schema));
                    failed.collect::<Vec<String>>()
                })
            })
            .collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no schema panics")).collect()
    });
    assert!(failed.is_empty(), "{} of {} schemas differ\n\n{}", failed.len(), schemas.len(), failed.join("\n\n"));
}
