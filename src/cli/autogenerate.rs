//! What `migrate revision --autogenerate`, `--baseline` and `--empty` put into a new file.

use std::collections::HashSet;

use clap::Args;

use super::comparison::Shadow;
use super::failure::Failure;
use super::{Session, comparison, dialects, progress};
use crate::apply::lock_budget;
use crate::autogenerate::script::{self, Script, Style};
use crate::autogenerate::{self, Proved, RenameRequest};
use crate::config::Config;
use crate::database::{self, Database};
use crate::revision::target::Target;
use crate::revision::{Revision, Section, directive};
use crate::sql::Syntax;
use crate::words::counted;

/// The options of `revision` that write its sections.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "What the file does")]
pub struct Options {
    /// Write the SQL that takes the database to the models, and back; it is tried before it is written
    #[arg(long)]
    pub autogenerate: bool,
    /// Write the first revision for an existing database: the SQL that creates it as it is
    #[arg(long, conflicts_with = "autogenerate")]
    pub baseline: bool,
    /// With --autogenerate or --baseline: create only what is missing when it runs, drop only what exists
    #[arg(long)]
    pub conditional: bool,
    /// With --autogenerate: treat OLD in the database as renamed to NEW in the models (may be repeated)
    #[arg(long, value_name = "OLD=NEW", value_parser = wish)]
    pub rename: Vec<RenameRequest>,
    /// With --autogenerate: the databases to write sections for [default: all that the project uses] (may be repeated)
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = dialect)]
    pub dialect: Vec<&'static str>,
    /// Plan only objects whose names match PATTERN (* matches any characters), and what they need (may be repeated)
    #[arg(long, value_name = "PATTERN")]
    pub only: Vec<String>,
    /// Exclude objects whose names match PATTERN (may be repeated)
    #[arg(long, value_name = "PATTERN")]
    pub except: Vec<String>,
    /// Write the file even if a part is refused or fails verification; it runs only once its `-- migrate:draft` line is removed
    #[arg(long)]
    pub draft: bool,
    /// With --autogenerate: write a file even if there is nothing to do
    #[arg(long)]
    pub empty: bool,
    /// With --autogenerate or --baseline: let the code of ROLE run in a shadow with your rights; without ROLE, that of every role (may be repeated)
    #[arg(long, value_name = "ROLE", num_args = 0..=1, require_equals = true, default_missing_value = "*")]
    pub trust: Vec<String>,
    #[command(flatten)]
    pub shadow: Shadow,
}

/// What was written for the sections of a new revision.
#[derive(Default)]
pub struct Sections {
    pub upgrade: Vec<Section>,
    pub downgrade: Vec<Section>,
    /// Why the sections are a draft.
    pub unfinished: Option<String>,
}

fn dialect(text: &str) -> Result<&'static str, String> {
    database::dialect_named(text).map(|dialect| dialect.name).ok_or_else(|| {
        format!("the databases are {}", database::DIALECTS.iter().map(|it| it.name).collect::<Vec<_>>().join(" and "))
    })
}

fn wish(text: &str) -> Result<RenameRequest, String> {
    match text.split_once('=') {
        Some((old, new)) if !old.trim().is_empty() && !new.trim().is_empty() => {
            Ok(RenameRequest { old: old.trim().to_owned(), new: new.trim().to_owned() })
        }
        _ => Err("write OLD=NEW: users.name=users.full_name".to_owned()),
    }
}

/// Returns the sections that the options ask for; None when there is nothing to do, which has been said.
///
/// # Errors
/// The database is not at the heads; the models do not load; a step would lose data or does not stand the proof.
pub fn sections(options: &Options, session: &mut Session) -> Result<Option<Sections>, Failure> {
    if !options.autogenerate && !options.baseline {
        refuse_without(options)?;
        return Ok(Some(Sections::default()));
    }
    options.shadow.set(session);
    let mut config = session.config()?.clone();
    config.database.trust.extend(options.trust.iter().cloned());
    choose(&mut config, options);
    let style = Style { conditional: options.conditional };
    let mut database = session.reader()?;
    if options.autogenerate {
        at_heads(session, database.as_mut())?;
        return by_dialects(options, session, database, &config, style);
    }
    let graph = session.graph()?;
    if !graph.is_empty() {
        return Err(Failure::new(
            "--baseline writes the first revision of a project, and this project already has revisions",
        )
        .hint("`migrate revision --autogenerate` writes what the database lacks"));
    }
    let (proved, unfinished) = autogenerate::baseline(database.as_mut(), &config, style, options.draft)?;
    session.output.say(format_args!("the database already has all of it: run `migrate stamp head`"));
    let mut sections = Sections { unfinished, ..Sections::default() };
    sections.add(proved, false, database.dialect().syntax);
    Ok(Some(sections))
}

fn choose(config: &mut Config, options: &Options) {
    config.autogenerate.only = options.only.clone();
    config.autogenerate.except = options.except.clone();
}

/// Compares the models with the project's database, and for every other database that the project runs on with what the
/// revisions build there.
fn by_dialects(
    options: &Options,
    session: &mut Session,
    mut database: Box<dyn Database>,
    config: &Config,
    style: Style,
) -> Result<Option<Sections>, Failure> {
    let own = database.dialect();
    let wanted = dialects::wanted(session, own, &options.dialect)?;
    let labelled = wanted.len() > 1 || !options.dialect.is_empty() || dialects::are_told_apart(session);
    let mut sections = Sections::default();
    let mut agree = Vec::new();
    for dialect in wanted {
        let is_own = std::ptr::eq(dialect, own);
        let mut other = if is_own { None } else { Some(dialects::replayed(session, dialect)?) };
        if let Some(other) = &mut other {
            choose(&mut other.config, options);
        }
        let (database, config) = match &mut other {
            Some(other) => (other.shadow.as_mut(), &other.config),
            None => (database.as_mut(), config),
        };
        let place = if is_own { database.place() } else { format!("what the revisions build on {}", dialect.name) };
        let comparison = comparison::compare(session, config, database, &options.rename, is_own)?;
        comparison::say_left_alone(&session.output, &comparison);
        if comparison.is_empty() {
            agree.push(place);
            continue;
        }
        let renames = if session.output.is_interactive() { None } else { comparison::rename_hint(&comparison) };
        let (lines, mut warnings) = (comparison.lines(), script::warnings(&comparison.upgrade));
        let secrets = comparison.secrets_to_give();
        warnings.extend(secrets.iter().map(|secret| format!("left out of the revision, set it by hand: the {secret}")));
        let refused = comparison.downgrade.refused.iter();
        warnings.extend(refused.map(|refusal| format!("it can't be undone: {}: {}", refusal.id, refusal.reason)));
        let (proved, unfinished) = autogenerate::write(database, comparison, config, style, options.draft)?;
        if let Some(reason) = unfinished {
            session.output.warn(&reason);
            sections.unfinished.get_or_insert(reason);
        }
        if !is_own {
            session.output.say(format_args!("{}:", dialect.name));
        }
        if proved.upgrade.transactional {
            let locks = proved.upgrade.statements.iter().map(|statement| (dialect.scripting.locks)(statement)).sum();
            let lock_shortage = lock_budget::lock_shortage(database, locks);
            warnings.extend(lock_shortage.map(|lock_shortage| {
                progress::lock_shortage_warning(&lock_shortage, "declare, and autogenerate, it part by part")
            }));
        }
        // Two objects may be told of in the same words.
        let mut said = HashSet::new();
        warnings.retain(|warning| said.insert(warning.clone()));
        lines.iter().for_each(|line| session.output.say(line));
        warnings.iter().for_each(|warning| session.output.warn(warning));
        if let Some(options) = renames {
            session.output.say(format_args!("hint: if that is a rename, run the command again with {options}"));
        }
        sections.add(proved, labelled, dialect.syntax);
    }
    if sections.upgrade.is_empty() {
        let part = if options.only.is_empty() && options.except.is_empty() { "" } else { " in this part" };
        session.output.say(format_args!("nothing to do: {} matches the models{part}", agree.join(" and ")));
        return Ok(options.empty.then_some(sections));
    }
    Ok(Some(sections))
}

fn refuse_without(options: &Options) -> Result<(), Failure> {
    let given = [
        ("--conditional", options.conditional),
        ("--rename", !options.rename.is_empty()),
        ("--dialect", !options.dialect.is_empty()),
        ("--trust", !options.trust.is_empty()),
        ("--empty", options.empty),
        ("--only", !options.only.is_empty()),
        ("--except", !options.except.is_empty()),
        ("--draft", options.draft),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::usage(format!("{option} requires --autogenerate"))),
        None => Ok(()),
    }
}

impl Sections {
    /// Adds the sections of one database: with its name where there are several, or where another one would see other
    /// directives in them.
    fn add(&mut self, proved: Proved, labelled: bool, syntax: Syntax) {
        let texts = [&proved.upgrade.text, &proved.downgrade.text];
        let alike = texts.into_iter().all(|text| directive::reads_alike(text));
        let dialect = (labelled || !alike).then_some(syntax);
        let section =
            |script: Script| Section { dialect, transactional: script.transactional, text: script.text, first_line: 1 };
        self.upgrade.push(section(proved.upgrade));
        self.downgrade.push(section(proved.downgrade));
    }
}

/// Autogenerate compares with what the revisions built, so all of them must have run.
fn at_heads(session: &mut Session, database: &mut dyn Database) -> Result<(), Failure> {
    let graph = session.graph()?;
    let table = session.config()?.database.version_table.clone();
    let applied = database.applied(&table)?.unwrap_or_default().into_iter().map(|row| row.revision).collect();
    let pending: Vec<&Revision> = graph.upgrade_route(&applied, &Target::parse("heads")?)?;
    let Some(first) = pending.first() else { return Ok(()) };
    let mut failure = Failure::new(format!(
        "the database is not at the head: {} {} not been applied, and autogenerate would write {} again",
        match pending.len() {
            1 => format!("revision {}", first.id),
            count => counted(count, "revision"),
        },
        if pending.len() == 1 { "has" } else { "have" },
        if pending.len() == 1 { "it" } else { "them" },
    ));
    failure.notes =
        pending.iter().take(10).map(|revision| format!("{} {}", revision.id, first_line(&revision.message))).collect();
    Err(failure.hint("run `migrate upgrade head` first, or `migrate stamp head` if the database already has all of it"))
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}
