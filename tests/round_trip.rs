//! The cases under tests/cases/, each a test of its own: from nothing to the old schema, forward to the new one with rows
//! in the tables, back, and to nothing, through the binary; after each step the outside judge compares with a fresh
//! database. `cargo test view/renamed` runs the cases with that in their name.
//!
//! With `MIGRATE_TEST_FULL=1`, `check` must find the same as `check --shadow full` before each step.

use std::path::PathBuf;
use std::sync::OnceLock;

use libtest_mimic::Trial;

use crate::support::case::{self, Case};
use crate::support::postgres::Database;
use crate::support::{Outcome, Project, judge, server, sqlite};

/// A test for each case: `round_trip::postgres/view/renamed`.
pub fn cases() -> Vec<Trial> {
    let test = |case: Case, run: fn(&Case) -> Result<(), String>| {
        let name = format!("round_trip::{}", case.name);
        crate::harness::trial(name, move || run(&case).unwrap_or_else(|fault| panic!("{fault}")))
    };
    let postgres = case::all("postgres").into_iter().map(|case| test(case, on_postgres));
    let sqlite = case::all("sqlite").into_iter().map(|case| test(case, on_sqlite));
    postgres.chain(sqlite).collect()
}

fn on_postgres(case: &Case) -> Result<(), String> {
    // A pg_dump newer than the server may say something about the schema public of every database.
    static NOTHING: OnceLock<Vec<String>> = OnceLock::new();
    let Some(server) = server::shared() else { return Ok(()) };
    if let Some(needs) = case.needs.filter(|needs| server.major < *needs) {
        crate::support::skip_here(&format!("it needs PostgreSQL {needs}"));
    }
    let nothing = NOTHING.get_or_init(|| judge::postgres(&Database::on(server).dump()));
    let live = Database::on(server);
    let fresh = |schema: &str| {
        let database = Database::on(server);
        database.try_execute(schema).map_err(|error| format!("the case itself: {error}"))?;
        Ok(judge::postgres(&database.dump()))
    };
    round_trip(case, &live.url(), "schemas = [\"*\"]", fresh, nothing, &Postgres(&live))
}

fn on_sqlite(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let live = Sqlite(folder.path().join("live.db"));
    let fresh = |schema: &str| {
        let file = tempfile::Builder::new().suffix(".db").tempfile_in(folder.path()).expect("a temporary file");
        sqlite::try_execute(file.path(), schema).map_err(|error| format!("the case itself: {error}"))?;
        Ok(judge::sqlite(file.path()))
    };
    round_trip(case, &format!("sqlite:///{}", live.0.display()), "", fresh, &[], &live)
}

/// The live database, looked at from outside.
trait Live {
    fn schema(&self) -> Vec<String>;
    fn row_counts(&self) -> Vec<(String, u64)>;
    fn execute(&self, sql: &str) -> Result<(), String>;
    fn answer(&self, query: &str) -> Vec<String>;
    /// What SQLite finds wrong within its file; PostgreSQL: nothing.
    fn faults(&self) -> Vec<String>;
}

struct Postgres<'a>(&'a Database);

impl Live for Postgres<'_> {
    fn schema(&self) -> Vec<String> {
        judge::postgres(&self.0.dump())
    }

    fn row_counts(&self) -> Vec<(String, u64)> {
        self.0.row_counts()
    }

    fn execute(&self, sql: &str) -> Result<(), String> {
        self.0.try_execute(sql)
    }

    fn answer(&self, query: &str) -> Vec<String> {
        self.0.lines(query)
    }

    fn faults(&self) -> Vec<String> {
        Vec::new()
    }
}

struct Sqlite(PathBuf);

impl Live for Sqlite {
    fn schema(&self) -> Vec<String> {
        judge::sqlite(&self.0)
    }

    fn row_counts(&self) -> Vec<(String, u64)> {
        sqlite::row_counts(&self.0)
    }

    fn execute(&self, sql: &str) -> Result<(), String> {
        sqlite::try_execute(&self.0, sql)
    }

    fn answer(&self, query: &str) -> Vec<String> {
        sqlite::lines(&self.0, query)
    }

    fn faults(&self) -> Vec<String> {
        let mut found = sqlite::lines(&self.0, "PRAGMA integrity_check");
        found.retain(|line| line != "ok");
        found.extend(sqlite::dangling_references(&self.0));
        found
    }
}

/// What the tables hold, before the change.
struct Rows {
    counts: Vec<(String, u64)>,
    /// The case's own queries, each with what it answered.
    answers: Vec<(String, Vec<String>)>,
}

/// A case on its way: what fails shows the revisions so far.
struct Steps<'a> {
    project: Project,
    live: &'a dyn Live,
}

fn round_trip(
    case: &Case,
    url: &str,
    more: &str,
    fresh: impl Fn(&str) -> Result<Vec<String>, String>,
    nothing: &[String],
    live: &dyn Live,
) -> Result<(), String> {
    let project = Project::empty();
    project.write(
        "migrate.toml",
        &format!(
            "[models]\npaths = [\"models.sql\"]\n[database]\nurl = \"{url}\"\n{more}\n[autogenerate]\nmanage = [\"*\"]\n"
        ),
    );
    project.write("migrations/.keep", "");
    let steps = Steps { project, live };
    let (old, declared) = (fresh(&case.old)?, fresh(&case.new)?);
    if case.unseen == (old != declared) && !case.spelled_otherwise {
        return Err(match case.unseen {
            true => "the judge sees a difference, and the case says `-- unseen`".to_owned(),
            false => {
                "the judge sees no difference between old and new; if that is what the case shows, say `-- unseen`"
                    .to_owned()
            }
        });
    }
    let new = if case.spelled_otherwise { old.clone() } else { declared };

    if old != nothing {
        steps.generate("from nothing", &case.old, "old", &[])?;
        steps.migrate("from nothing", "upgrade head")?;
        steps.reached("from nothing", &old)?;
    }
    live.execute(&case.rows).map_err(|error| format!("the case's rows: {error}"))?;
    let rows = Rows {
        counts: live.row_counts(),
        answers: case.same.iter().map(|query| (query.clone(), live.answer(query))).collect(),
    };

    if let Some(words) = &case.refused {
        return steps.is_refused(case, words);
    }
    let said = steps.generate("forward", &case.new, "new", &case.renames)?;
    if let Some(plan) = &case.plan {
        has_plan(plan, &said)?;
    }
    // A revision may do what the judge does not see (a materialized view's rows).
    let wrote = !said.stdout.trim().is_empty();
    if wrote && case.spelled_otherwise {
        return Err(format!("something is to be done\n{}", steps.scripts()));
    }
    if wrote {
        steps.migrate("forward", "upgrade head")?;
    }
    steps.reached("forward", &new)?;
    steps.kept("forward", &rows)?;
    steps.migrate("forward", "check")?;
    if wrote {
        steps.migrate("back", "downgrade -1 --yes")?;
        steps.reached("back", &old)?;
        steps.kept("back", &rows)?;
    }
    if old != nothing {
        steps.migrate("to nothing", "downgrade base --yes")?;
        steps.reached("to nothing", nothing)?;
    }
    Ok(())
}

impl Steps<'_> {
    fn generate(&self, way: &str, models: &str, message: &str, renames: &[String]) -> Result<Outcome, String> {
        self.project.write("models.sql", models);
        if std::env::var_os("MIGRATE_TEST_FULL").is_some() {
            self.is_found_with_everything_loaded(way)?;
        }
        let mut arguments = vec!["revision", "--autogenerate", "-m", message];
        arguments.extend(renames.iter().flat_map(|rename| ["--rename", rename.as_str()]));
        self.done(way, self.project.run(arguments))
    }

    /// What `check` finds is what it finds with the whole schema in a shadow.
    fn is_found_with_everything_loaded(&self, way: &str) -> Result<(), String> {
        let [fast, full] = ["check --json", "check --json --shadow full"].map(|line| self.project.migrate(line));
        if (fast.code, &fast.stdout, &fast.stderr) == (full.code, &full.stdout, &full.stderr) {
            return Ok(());
        }
        Err(format!(
            "{way}: --shadow full finds something else\n{}{}{}{}",
            fast.stdout, fast.stderr, full.stdout, full.stderr
        ))
    }

    fn migrate(&self, way: &str, line: &str) -> Result<Outcome, String> {
        self.done(way, self.project.migrate(line))
    }

    fn done(&self, way: &str, outcome: Outcome) -> Result<Outcome, String> {
        match outcome.code {
            Some(0) => Ok(outcome),
            code => Err(format!(
                "{way}: `migrate {}` exits {code:?}\n{}{}{}",
                outcome.line,
                outcome.stdout,
                outcome.stderr,
                self.scripts()
            )),
        }
    }

    fn reached(&self, way: &str, wanted: &[String]) -> Result<(), String> {
        let difference = judge::difference(wanted, &self.live.schema());
        let faults = self.live.faults();
        match difference.is_empty() && faults.is_empty() {
            true => Ok(()),
            false => {
                Err(format!("{way}: another schema than wanted\n{}{difference}{}", faults.join("\n"), self.scripts()))
            }
        }
    }

    /// A table that is there before and after has as many rows as before, and the case's queries answer the same.
    fn kept(&self, way: &str, rows: &Rows) -> Result<(), String> {
        for (query, before) in &rows.answers {
            let now = self.live.answer(query);
            if now != *before {
                return Err(format!("{way}: {query}\nanswered {before:?}\nand now  {now:?}\n{}", self.scripts()));
            }
        }
        for (table, now) in self.live.row_counts() {
            if let Some((_, before)) = rows.counts.iter().find(|(known, before)| *known == table && *before != now) {
                return Err(format!("{way}: {table} had {before} rows and has {now}\n{}", self.scripts()));
            }
        }
        Ok(())
    }

    fn is_refused(&self, case: &Case, words: &str) -> Result<(), String> {
        self.project.write("models.sql", &case.new);
        let before = self.live.schema();
        let files = self.project.files("migrations");
        let outcome = self.project.run(["revision", "--autogenerate", "-m", "new"]);
        let said = outcome.code == Some(1) && outcome.stderr.contains(words);
        if said && self.project.files("migrations") == files && self.live.schema() == before {
            return Ok(());
        }
        Err(format!("not refused with \"{words}\": exit {:?}\n{}{}", outcome.code, outcome.stdout, outcome.stderr))
    }

    fn scripts(&self) -> String {
        let files = self.project.files("migrations");
        let scripts: Vec<String> = files
            .iter()
            .filter(|file| file.ends_with(".sql"))
            .map(|file| format!("--- {file}\n{}", self.project.read(&format!("migrations/{file}"))))
            .collect();
        scripts.join("\n")
    }
}

/// The differences that `revision` reported are those of the case, in this order.
fn has_plan(wanted: &[String], said: &Outcome) -> Result<(), String> {
    let verbs = ["create ", "alter ", "drop ", "replace ", "rename "];
    let found: Vec<&str> = said
        .stdout
        .lines()
        .chain(said.stderr.lines())
        .map(str::trim)
        .filter(|line| verbs.iter().any(|verb| line.starts_with(verb)))
        .collect();
    match wanted.iter().map(String::as_str).eq(found.iter().copied()) {
        true => Ok(()),
        false => Err(format!("another plan\nwanted:\n  {}\nfound:\n  {}", wanted.join("\n  "), found.join("\n  "))),
    }
}
