//! A revision is tried in a shadow before it is written.

use super::script::{self, Script, Style};
use super::slices::ProvenUnchanged;
use super::{AutogenerateError, Proved};
use crate::config::Config;
use crate::database::{Database, DatabaseError, Dialect, SqlError};
use crate::schema::plan::{Plan, plan};
use crate::schema::{Catalog, explain, stored};
use crate::source;

/// How many statements run in one transaction of a shadow; more might use up PostgreSQL's room for locks.
const STATEMENTS_AT_ONCE: usize = 500;

/// What a generated revision would not have done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct NotProved {
    /// The sentence: which way, and what happened.
    pub what: String,
    /// The statement that failed.
    pub statement: Option<String>,
    pub error: Option<SqlError>,
    /// The objects that differ from what was to be reached, one line each.
    pub differences: Vec<String>,
}

/// A shadow to try scripts in.
pub struct TrialRun<'a> {
    pub shadow: &'a mut dyn Database,
    pub dialect: &'static Dialect,
    pub config: &'a Config,
    /// What the shadow does not hold.
    pub unchanged: &'a ProvenUnchanged,
}

impl TrialRun<'_> {
    /// Runs a script as a revision would, and checks that it leads to `wanted`.
    ///
    /// # Errors
    /// What `run` returns; `AutogenerateError` with the differences if the shadow is then not as `wanted`.
    pub fn verify_reaches(&mut self, script: &Script, wanted: &Catalog, way: &str) -> Result<(), AutogenerateError> {
        self.run(script, way)?;
        let read = self.unchanged.over(self.shadow.reflect(&source::scope(self.config))?.catalog);
        let rest = plan(&read, wanted, self.dialect.kinds);
        if rest.is_empty() {
            return Ok(());
        }
        Err(AutogenerateError::NotProved(Box::new(NotProved {
            what: format!("{way} runs, but does not reach the expected schema"),
            statement: None,
            error: None,
            differences: rest.differences.iter().map(explain::line).collect(),
        })))
    }

    /// Runs a script as a revision would.
    ///
    /// # Errors
    /// `AutogenerateError` with the statement that failed in the shadow.
    pub fn run(&mut self, script: &Script, way: &str) -> Result<(), AutogenerateError> {
        for setting in &script.outside {
            self.shadow.execute(setting).map_err(|error| failed(way, Some(setting.clone()), error))?;
        }
        let at_once = if script.transactional { STATEMENTS_AT_ONCE } else { 1 };
        // A SET LOCAL holds to the end of the revision, and so in each transaction of the shadow.
        let mut settings: Vec<&str> = Vec::new();
        for group in script.statements.chunks(at_once) {
            let first = if script.transactional { 1 + settings.len() } else { 0 };
            let text = if script.transactional {
                let set: String = settings.iter().map(|setting| format!("{setting}\n;\n")).collect();
                format!("BEGIN;\n{set}{}\n;\nCOMMIT", group.join("\n;\n"))
            } else {
                group.concat()
            };
            if let Err(error) = self.shadow.execute(&text) {
                let failed_at = match error.position.filter(|_| error.completed == 0) {
                    // A syntax error is found before anything runs, and only its place says whose it is.
                    Some(position) => {
                        let before = text.get(..position).unwrap_or_default();
                        let whole = group.iter().scan(0, |end, statement| {
                            *end += before.get(*end..)?.find(statement.as_str())? + statement.len();
                            Some(())
                        });
                        whole.count()
                    }
                    None => error.completed.saturating_sub(first),
                };
                return Err(failed(way, group.get(failed_at).or(group.last()).cloned(), error));
            }
            settings.extend(group.iter().map(String::as_str).filter(|statement| statement.starts_with("SET LOCAL ")));
        }
        Ok(())
    }

    /// Turns what the shadow holds into another catalog, by a plan that nobody will see.
    ///
    /// # Errors
    /// What `run` and `verify_reaches` return.
    pub fn turn(&mut self, from: &Catalog, to: &Catalog, way: &str) -> Result<(), AutogenerateError> {
        let plan = plan(from, to, self.dialect.kinds);
        if plan.is_empty() {
            return Ok(());
        }
        let script = self.script(&plan);
        self.verify_reaches(&script, to, way)
    }

    fn script(&self, plan: &Plan) -> Script {
        script::script(&[], plan, &[], self.dialect, Style::default())
    }
}

fn failed(way: &str, statement: Option<String>, error: SqlError) -> AutogenerateError {
    if error.interrupted {
        return DatabaseError::Sql { doing: "trying the revision in a shadow".to_owned(), error }.into();
    }
    AutogenerateError::NotProved(Box::new(NotProved {
        what: format!("{way} fails: {}", error.message),
        statement,
        error: Some(error),
        differences: Vec::new(),
    }))
}

/// What the shadow holds before anything is tried.
pub enum Start<'a> {
    /// The declared schema, of which this was read.
    Declared(&'a Catalog),
    /// The live schema, after a rehearsal of renames.
    Live,
}

/// Returns what is proved of the two sections, in words: the sections, and all objects but those that no shadow holds.
///
/// None if they can't be written down; then nothing is remembered.
pub fn claim(live: &Catalog, target: &Catalog, unchanged: &ProvenUnchanged, proved: &Proved) -> Option<Vec<String>> {
    let mut claim = Vec::new();
    for catalog in [live, target] {
        let held = catalog.objects().filter(|object| !unchanged.holds(object, catalog));
        claim.push(stored::to_json_of(held).ok()?);
    }
    for script in [&proved.upgrade, &proved.downgrade] {
        claim.push(script.transactional.to_string());
        claim.push(script.outside.len().to_string());
        claim.extend(script.outside.iter().cloned());
        claim.push(script.text.clone());
    }
    claim.push(proved.irreversible.to_string());
    Some(claim)
}

/// Tries both sections, or the upgrade alone where there is no way back. Where the shadow holds the models, what is left alone is added, then it goes down and up; where
/// it holds the live schema, up and down.
///
/// # Errors
/// `AutogenerateError` with the section that failed or did not arrive.
pub fn prove(
    mut at: TrialRun,
    start: Start,
    live: &Catalog,
    target: &Catalog,
    proved: &Proved,
) -> Result<(), AutogenerateError> {
    let down =
        |at: &mut TrialRun| at.verify_reaches(&proved.downgrade, live, "the generated downgrade, tried in a shadow,");
    let up =
        |at: &mut TrialRun| at.verify_reaches(&proved.upgrade, target, "the generated upgrade, tried in a shadow,");
    match start {
        Start::Live => {
            up(&mut at)?;
            if proved.irreversible { Ok(()) } else { down(&mut at) }
        }
        Start::Declared(declared) => {
            at.turn(declared, target, "adding unmanaged objects to the models in a shadow")?;
            down(&mut at)?;
            up(&mut at)
        }
    }
}
