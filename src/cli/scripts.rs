//! What the commands share that write a script instead of running it.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::Failure;
use super::{Exit, Session};
use crate::apply::offline::{self, OfflineError, Start};
use crate::apply::{Options, Step, plan};
use crate::database::{self, Dialect};
use crate::revision::fault::GraphError;
use crate::revision::folder::without_place;
use crate::revision::graph::Graph;
use crate::revision::route::Applied;
use crate::revision::target::{Range, Spec, Target};
use crate::revision::{Direction, RevisionId};
use crate::words::counted;

/// Where a script goes, and for which database it is.
#[derive(Args, Clone, Debug, Default)]
pub struct Script {
    /// The database that the script is for: postgresql or sqlite [default: as the project's URL]
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// Write the script to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Script {
    /// Refuses the options of a script where none is asked for: the command would run instead of writing it.
    ///
    /// # Errors
    /// A usage error that names the option.
    pub fn refuse_without_sql(&self, sql: bool) -> Result<(), Failure> {
        let given = [("--output", self.output.is_some()), ("--dialect", self.dialect.is_some())];
        match given.into_iter().find(|(_, given)| *given && !sql) {
            Some((option, _)) => Err(Failure::usage(format!("{option} requires --sql"))
                .hint("add --sql to write the script; without it the command runs on the database")),
            None => Ok(()),
        }
    }
}

/// Returns the dialect that was named, else the one of the project's database.
///
/// # Errors
/// A `Failure` for an unknown dialect, or if none is given and the URL names none.
pub fn dialect(session: &mut Session, script: &Script) -> Result<&'static Dialect, Failure> {
    match &script.dialect {
        Some(name) => database::dialect_named(name).ok_or_else(|| {
            Failure::usage(format!("unknown database `{name}`")).hint("--dialect is postgresql or sqlite")
        }),
        None => session.dialect(),
    }
}

/// Which way a script goes: as its command says, or from the older end of its range to the newer one or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
    Either,
}

/// Writes the script from one target to another; `from` is base where it is not said.
///
/// # Errors
/// A `Failure` for a target that can't be reached, or a section that no script can run.
pub fn write(
    session: &mut Session,
    spec: &Spec,
    way: Way,
    options: &Options,
    script: &Script,
) -> Result<Exit, Failure> {
    let dialect = dialect(session, script)?;
    let graph = session.graph()?;
    let (from, to) = ends(spec, way)?;
    let start = graph.applied_at(std::slice::from_ref(&from))?;
    let way = match way {
        Way::Either => way_between(&graph, &start, &to)?,
        way => way,
    };
    let steps: Vec<Step> = match way {
        Way::Down => plan::steps(&graph, start.clone(), graph.downgrade_route(&start, &to)?, Direction::Downgrade),
        _ => {
            let route = graph.upgrade_route(&start, &to)?;
            if route.is_empty() && way_between(&graph, &start, &to)? == Way::Down {
                let (from, to) = (&from.text, &to.text);
                return Err(Failure::usage(format!("{from}:{to} goes down, and an upgrade goes up"))
                    .hint(format!("`migrate downgrade {from}:{to} --sql` writes the way down; `migrate upgrade {to}:{from} --sql` the way up")));
            }
            plan::steps(&graph, start.clone(), route, Direction::Upgrade)
        }
    };
    let verb = if way == Way::Down { "downgrade" } else { "upgrade" };
    let count = counted(steps.len(), "revision");
    let title = format!(
        "migrate {}: {verb} from {from} to {to}, {count}, for {}",
        env!("CARGO_PKG_VERSION"),
        dialect.name,
        from = from.text,
        to = to.text
    );
    let start = position(&graph, &start, &from, &steps);
    let note = options_note(session, dialect);
    if let Some(note) = &note {
        session.output.warn(note);
    }
    to_file(session, script.output.as_deref(), |out| {
        if let Some(note) = &note {
            writeln!(out, "-- WARNING: {note}")?;
        }
        offline::script(out, &title, &start, &steps, options, dialect)
    })
}

/// Says what the project's URL sets for its session, and a script doesn't.
pub fn options_note(session: &mut Session, dialect: &Dialect) -> Option<String> {
    let url = session.config().ok()?.database.url().ok()?.to_owned();
    let own = database::dialect_of(&url).ok().filter(|own| own.name == dialect.name)?;
    let options = (own.administration.session_options)(&url)?;
    let line = options.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(format!(
        "the URL in migrate.toml sets options that this script does not: run it with PGOPTIONS={}",
        crate::sql::quote::literal(&line, dialect.syntax)
    ))
}

fn ends(spec: &Spec, way: Way) -> Result<(Target, Target), Failure> {
    let open = |what: &str| {
        Failure::usage(format!("--sql does not connect, so it needs to know where the script {what}"))
            .hint("write FROM:TO")
    };
    match spec {
        Spec::Range(Range { from, to }) => {
            let to = to.clone().ok_or_else(|| open("ends"))?;
            Ok((from.clone().map_or_else(|| Target::parse("base"), Ok)?, to))
        }
        Spec::One(_) if way == Way::Down => Err(open("begins")),
        Spec::One(to) => Ok((Target::parse("base")?, to.clone())),
    }
}

/// A script goes down when where it ends comes before where it begins.
fn way_between(graph: &Graph, start: &Applied, to: &Target) -> Result<Way, GraphError> {
    if to.needs_database(graph) {
        return Ok(if to.text.contains('-') { Way::Down } else { Way::Up });
    }
    let end = graph.applied_at(std::slice::from_ref(to))?;
    Ok(if end.is_subset(start) && end != *start { Way::Down } else { Way::Up })
}

/// Where the database must be: at the last revisions before the first step, and at none of those to come.
fn position(graph: &Graph, start: &Applied, from: &Target, steps: &[Step]) -> Start {
    let heads = graph.heads_of(start);
    let ids = |step: &Step| step.revision.id.clone();
    let down = steps.first().is_some_and(|step| step.direction == Direction::Downgrade);
    let mut present: Vec<RevisionId> = heads.iter().map(|head| head.id.clone()).collect();
    let mut absent: Vec<RevisionId> = Vec::new();
    if down {
        present.extend(steps.iter().map(ids));
        // What stands on the revisions that go must be gone already.
        let above = steps.iter().flat_map(|step| {
            let id = step.revision.id.as_str();
            graph.children(id).into_iter().chain(graph.dependents(id))
        });
        absent.extend(above.map(|above| above.id.clone()).filter(|id| !start.contains(id)));
    } else {
        absent.extend(steps.iter().map(ids));
    }
    for list in [&mut present, &mut absent] {
        list.sort_unstable();
        list.dedup();
    }
    let words = match heads.as_slice() {
        [] => "base".to_owned(),
        heads => {
            let ids: Vec<&str> = heads.iter().map(|head| head.id.as_str()).collect();
            format!("{} {}", if ids.len() == 1 { "revision" } else { "revisions" }, ids.join(" and "))
        }
    };
    let words =
        if from.text == words || words.ends_with(&from.text) { words } else { format!("{words} ({})", from.text) };
    Start { words, present, absent }
}

/// Has a script written to a file or to stdout: when all of it could be made, and not a byte otherwise.
///
/// # Errors
/// A `Failure` if the script can't be made or the file not be written.
pub fn to_file(
    session: &Session,
    file: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> Result<(), OfflineError>,
) -> Result<Exit, Failure> {
    let Some(path) = file else {
        let mut script = Vec::new();
        write(&mut script)?;
        session.output.script(&script);
        return Ok(Exit::Done);
    };
    let failed =
        |error: std::io::Error| Failure::new(format!("cannot write {}: {}", path.display(), without_place(error)));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new().prefix(".migrate-").tempfile_in(folder).map_err(failed)?;
    let mut out = BufWriter::with_capacity(1 << 16, temporary.as_file_mut());
    write(&mut out)?;
    out.flush().map_err(failed)?;
    drop(out);
    temporary.persist(path).map_err(|error| failed(error.error))?;
    session.output.say(format_args!("wrote {}", path.display()));
    Ok(Exit::Done)
}
