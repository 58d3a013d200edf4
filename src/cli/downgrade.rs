//! `migrate downgrade`: undoes revisions, or writes how as a script.

use clap::Args;

use super::failure::Failure;
use super::running::{self, Transaction, first_line};
use super::scripts::{self, Script, Way};
use super::{Exit, Session};
use crate::apply::plan::Plan;
use crate::apply::{Route, prepare, prepare_all};
use crate::config::TransactionMode;
use crate::database::{Database, Dialect};
use crate::revision::target::{Spec, Target};
use crate::revision::{Direction, guard};
use crate::sql::token::{Token, tokens};
use crate::sql::{quote, split};

/// Undo revisions down to one
///
/// Runs the downgrade sections, children first, as they were stored when the revisions were applied. On a terminal it says
/// which data would go, and asks.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate downgrade -1
  migrate downgrade base --yes
  migrate downgrade head:1975ea83b712 --sql > downgrade.sql")]
pub struct Arguments {
    /// -N, base, an id or its beginning, ID-N, label@base; with --sql FROM:TO
    #[arg(allow_negative_numbers = true)]
    target: String,
    /// Write the script to stdout instead of running it; no database is needed
    #[arg(long)]
    sql: bool,
    /// Say what would run, and run nothing
    #[arg(long, conflicts_with = "sql")]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Run the downgrade sections of the files, even if others were stored when the revisions were applied
    #[arg(long)]
    from_files: bool,
    /// How revisions and transactions go together [default: as migrate.toml says, else per-revision]
    #[arg(long, value_name = "MODE")]
    transaction: Option<Transaction>,
    #[command(flatten)]
    script: Script,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let mut options = running::options(session, arguments.transaction)?;
    options.from_files = arguments.from_files;
    if arguments.sql {
        let spec = Spec::parse(&arguments.target)?;
        return scripts::write(session, &spec, Way::Down, &options, &arguments.script);
    }
    let target = Target::parse(&arguments.target)?;
    let graph = session.graph()?;
    let mut database = if arguments.dry_run { session.reader()? } else { session.writer()? };
    let route = Route { direction: Direction::Downgrade, target: &target };
    let plan = route.plan(&mut *database, &graph, &options)?;
    prepare_all(&plan.steps, options.transaction, database.dialect())?;
    if arguments.dry_run {
        return running::dry_run(&session.output, &plan, &options, &*database);
    }
    let output = &session.output;
    let asks = !plan.steps.is_empty() && !arguments.yes && output.is_interactive();
    if asks {
        output.say(format_args!("On {}, this would undo:", database.place()));
        for step in &plan.steps {
            output.say(format_args!("  {}  {}", step.revision.id, first_line(&step.revision.message)));
        }
        for loss in losses(&plan, &mut *database) {
            output.say(format_args!("  {loss}"));
        }
        match output.ask("Go on? Type yes:").as_deref() {
            Some("yes" | "y") => {}
            _ => return Err(Failure::new("nothing was run")),
        }
    }
    let there = format!("nothing above {} is applied", target.text);
    running::execute(session, route, &plan, asks, &options, &mut *database, &there)
}

/// Returns what data would go: statements that drop what holds rows or values, with how many there are.
fn losses(plan: &Plan, database: &mut dyn Database) -> Vec<String> {
    let dialect = database.dialect();
    let mut losses = Vec::new();
    for step in &plan.steps {
        let Ok(prepared) = prepare(step, TransactionMode::PerRevision, dialect) else { continue };
        for piece in prepared.statements() {
            let statement = piece.text(prepared.text());
            let Some((words, table)) = loss(statement, dialect) else { continue };
            let count = table.and_then(|table| {
                let query = format!("SELECT {} FROM {}", dialect.scripting.count, quote::qualified(&table));
                database.query(&query).ok()?.into_iter().flatten().next().flatten()
            });
            losses.push(match count {
                Some(count) => format!("{words}: {count} rows"),
                None => words,
            });
        }
    }
    losses
}

/// The statement in a line, and the table whose rows it is about, when it loses data.
fn loss(statement: &str, dialect: &Dialect) -> Option<(String, Option<Vec<String>>)> {
    let words = split::leading_words(statement, dialect.syntax, 3);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let solid: Vec<Token> = tokens(statement, dialect.syntax).filter(Token::is_solid).collect();
    let has = |word: &str| solid.iter().any(|token| token.is_word(statement, word));
    let after = match words.as_slice() {
        ["DROP", "TABLE", ..] | ["ALTER", "TABLE", ..] => 2,
        ["DROP", "SCHEMA" | "DATABASE", ..] | ["DROP", "MATERIALIZED", ..] => {
            return Some((shortened(statement), None));
        }
        ["TRUNCATE", "TABLE", ..] | ["DELETE", "FROM", ..] => 2,
        ["TRUNCATE", ..] => 1,
        _ => return None,
    };
    let drops_column = words.first() == Some(&"ALTER") && has("DROP") && !has("CONSTRAINT") && !has("DEFAULT");
    if words.first() == Some(&"ALTER") && !drops_column {
        return None;
    }
    let mut rest = solid
        .get(after..)?
        .iter()
        .skip_while(|token| ["IF", "EXISTS", "ONLY"].iter().any(|skipped| token.is_word(statement, skipped)));
    let first = rest.next()?;
    let mut end = first.end;
    while rest.next().is_some_and(|token| token.is_mark(statement, '.')) {
        end = rest.next()?.end;
    }
    let path = guard::path(statement.get(first.start..end)?, dialect.syntax);
    Some((shortened(statement), Some(path).filter(|path| !path.is_empty())))
}

fn shortened(statement: &str) -> String {
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(70) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(&line)),
        None => line,
    }
}
