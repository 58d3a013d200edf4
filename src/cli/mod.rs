//! Everything that talks to the user: the only list of commands.
//!
//! A command is one file: `Arguments`, whose doc comments are the help, and `run`. `Session` holds what commands share and
//! opens it when it is first asked for.

mod asking;
mod autogenerate;
mod commands;
mod comparison;
mod dialects;
mod draft;
pub mod failure;
mod graph_drawing;
mod listing;
pub mod output;
mod progress;
mod prove;
mod schema_source;
mod scripts;
mod session;
pub mod signals;
mod visible;

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::database::interruption;
use failure::Failure;
use output::{ColorChoice, Output};
pub use session::Session;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, or there was nothing to do.
    Done,
    /// 1: the answer is no, and the command has said so.
    CheckFailed,
}

/// Makes each command's variant of `Command`, the call of its `run`, and its place in the help.
macro_rules! commands {
    ($($group:literal: $($variant:ident($module:ident)),*;)*) => {
        /// The groups of commands in the help, each with its commands.
        const GROUPS: &[(&str, &[&str])] = &[$(($group, &[$(stringify!($module)),*])),*];

        #[derive(Subcommand)]
        enum Command {
            $($($variant(commands::$module::Arguments)),*),*
        }

        impl Command {
            fn name(&self) -> &'static str {
                match self {
                    $($(Command::$variant(_) => stringify!($module)),*),*
                }
            }

            fn run(self, session: &mut Session) -> Result<Exit, Failure> {
                match self {
                    $($(Command::$variant(arguments) => commands::$module::run(arguments, session)),*),*
                }
            }
        }
    };
}

commands! {
    "Begin": Init(init), Import(import), Database(database);
    "Write revisions": Revision(revision), Merge(merge), Edit(edit);
    "Run": Upgrade(upgrade), Downgrade(downgrade), Stamp(stamp), Sql(sql);
    "Inspect revisions": Current(current), History(history), Heads(heads), Branches(branches), Show(show);
    "Compare": Check(check), Diff(diff), Inspect(inspect), Verify(verify), Repair(repair);
    "Set up": Completions(completions), Man(man);
}

/// Schema migrations in plain SQL, for PostgreSQL and SQLite.
#[derive(Parser)]
#[command(name = "migrate", version, max_term_width = 80, subcommand_required = true, arg_required_else_help = true)]
#[command(
    after_help = "A target is head, heads, base, current, an id or id prefix, a label, label@…, +2, -1, ID+1, ID-1.
`migrate COMMAND --help` explains a command, with examples."
)]
struct Line {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Returns the grammar of the command line, with the commands in groups.
fn grammar() -> clap::Command {
    let grammar = Line::command();
    let width = GROUPS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or(0);
    let mut commands = String::new();
    for (group, names) in GROUPS {
        commands.push_str(&format!("\n {group}\n"));
        for name in *names {
            let about = grammar.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            commands.push_str(&format!("  {name:width$}  {about}\n"));
        }
    }
    grammar.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n\nCommands:\n{commands}\nOptions:\n{{options}}{{after-help}}"
    ))
}

/// Options that every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The project's migrate.toml, or its folder [default: in the current folder or above]
    #[arg(short, long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Use environment NAME: settings in [env.NAME] override the defaults
    #[arg(short, long, value_name = "NAME", global = true)]
    pub environment: Option<String>,
    /// The database URL, instead of the one in migrate.toml; relative files start beside migrate.toml
    #[arg(long, global = true)]
    pub url: Option<String>,
    /// Show more detail, such as every statement of a run; twice: a log as well
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// Print only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print the result as one JSON document; scripts stay SQL
    #[arg(long, global = true)]
    pub json: bool,
    /// Use colours: always, never, or only on a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: ColorChoice,
}

/// Words of other tools for what this one has, or does, under another name.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("up", "`migrate upgrade` runs revisions"),
    ("migrate", "`migrate upgrade` runs revisions"),
    ("down", "`migrate downgrade` undoes revisions"),
    ("rollback", "`migrate downgrade -1` undoes the last revision"),
    ("status", "`migrate current` shows what is applied, `migrate history -i` every revision"),
    ("new", "`migrate revision -m TEXT` writes a new revision"),
    ("create", "`migrate revision -m TEXT` writes a new revision, `migrate database create` creates the database"),
    ("log", "`migrate history` lists the revisions"),
    ("validate", "`migrate verify` checks the files against what ran"),
    ("ensure_version", "the first `migrate upgrade` or `migrate stamp` creates the version table"),
    ("list_templates", "`template` in migrate.toml names the one template of revision files"),
    ("--tag", "migrate has no tags"),
    ("-x", "migrate takes no arguments for a program; migrate.toml has ${VARIABLES} and environments (-e)"),
    ("-n", "environments in migrate.toml replace Alembic's names: -e NAME"),
    ("--name", "environments in migrate.toml replace Alembic's names: -e NAME"),
];

/// Prints why the command line can't be understood, and what may have been meant.
fn misread(error: &clap::Error) {
    use clap::error::{ContextKind, ContextValue};
    let text = error.render().ansi().to_string().replace("tip:", "hint:");
    let wrong = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg].iter().find_map(|kind| error.get(*kind));
    let hint = match wrong {
        Some(ContextValue::String(wrong)) => OTHER_WORDS.iter().find(|(word, _)| word == wrong).map(|(_, hint)| hint),
        _ => None,
    };
    let text = match hint {
        Some(hint) => format!("{}\n  hint: {hint}\n", text.trim_end()),
        None => text,
    };
    let _ = write!(anstream::stderr(), "{text}");
}

/// Runs the command line `arguments` (the program's name first) and returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> i32 {
    let line = match grammar().try_get_matches_from(arguments).and_then(|matches| Line::from_arg_matches(&matches)) {
        Ok(line) => line,
        Err(error) => {
            // Help and version are results; everything else is a command line that can't be understood.
            let code = if error.use_stderr() { failure::COULD_NOT } else { 0 };
            match error.use_stderr() {
                true => misread(&error),
                false => _ = error.print(),
            }
            return code;
        }
    };
    let output = Output::new(&line.global);
    output.start_log(line.global.verbose);
    let mut session = Session::new(line.global, output, line.command.name());
    let code = match line.command.run(&mut session) {
        Ok(Exit::Done) => 0,
        Ok(Exit::CheckFailed) => failure::NO,
        Err(mut failure) => {
            if interruption::requested() {
                failure.exit_code = failure::interrupted(interruption::signal());
            }
            session.output.failure(&failure);
            failure.exit_code
        }
    };
    session.output.exit_code(code)
}
