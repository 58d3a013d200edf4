//! Which databases a project runs on, and what its revisions build on one that is not at hand.

use super::Session;
use super::failure::Failure;
use crate::config::{self, Config, Options};
use crate::database::{self, DIALECTS, Database, Dialect, Purpose};
use crate::revision::target::Target;
use crate::source;

/// A throw-away database of another dialect, in which the revisions have run.
pub struct Replayed {
    pub shadow: Box<dyn Database>,
    pub config: Config,
}

/// Returns the databases to write sections for, the project's own first.
///
/// Those that are `asked` for; else its own, those for which revisions have sections of their own and, while there are no
/// revisions, those that URLs in migrate.toml name.
///
/// # Errors
/// A `Failure` for a dialect that the tool does not know, or a URL that can't be read.
pub fn wanted(
    session: &mut Session,
    own: &'static Dialect,
    asked: &[&'static str],
) -> Result<Vec<&'static Dialect>, Failure> {
    let graph = session.graph()?;
    let told_apart = told_apart(session);
    let named = if graph.is_empty() { named_by_urls(session) } else { Vec::new() };
    let is_wanted = |dialect: &Dialect| match asked.is_empty() {
        true => dialect.name == own.name || told_apart.contains(&dialect.name) || named.contains(&dialect.name),
        false => asked.contains(&dialect.name),
    };
    let others = DIALECTS.iter().copied().filter(|dialect| dialect.name != own.name);
    Ok(std::iter::once(own).chain(others).filter(|dialect| is_wanted(dialect)).collect())
}

/// Do the revisions have sections for one database alone?
pub fn are_told_apart(session: &mut Session) -> bool {
    !told_apart(session).is_empty()
}

fn told_apart(session: &mut Session) -> Vec<&'static str> {
    let Ok(graph) = session.graph() else { return Vec::new() };
    let sections = graph.revisions().flat_map(|revision| revision.upgrade.iter().chain(&revision.downgrade));
    let syntaxes: Vec<_> = sections.filter_map(|section| section.dialect).collect();
    DIALECTS.iter().filter(|dialect| syntaxes.contains(&dialect.syntax)).map(|dialect| dialect.name).collect()
}

/// The names of the environments of migrate.toml, and the URL as it is written in each.
fn urls(session: &mut Session) -> Vec<(Option<String>, String)> {
    let given = session.global.config.clone();
    let Ok(path) = config::find(given.as_deref()) else { return Vec::new() };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let Ok(root) = text.parse::<toml::Table>() else { return Vec::new() };
    let url = |table: &toml::Table| table.get("database")?.get("url")?.as_str().map(str::to_owned);
    let mut found: Vec<(Option<String>, String)> = url(&root).map(|url| (None, url)).into_iter().collect();
    let environments = root.get("env").and_then(toml::Value::as_table);
    for (name, table) in environments.into_iter().flatten() {
        found.extend(table.as_table().and_then(url).map(|url| (Some(name.clone()), url)));
    }
    found
}

/// The configuration of an environment, with its URL where that can be told.
fn settings(session: &Session, environment: Option<String>) -> Option<Config> {
    config::load(&Options { file: session.global.config.clone(), environment, url: None, shadow: session.shadow() })
        .ok()
}

/// The dialect of a URL, by what it comes to, else by how it begins.
fn dialect_of(config: Option<&Config>, written: &str) -> Option<&'static Dialect> {
    let resolved = config.and_then(|config| config.database.url().ok());
    database::dialect_of(resolved.unwrap_or(written)).ok()
}

fn named_by_urls(session: &mut Session) -> Vec<&'static str> {
    let urls = urls(session);
    // `--url` stands in the place of the project's own.
    let replaced = session.global.url.is_some();
    urls.into_iter()
        .filter(|(environment, _)| environment.is_some() || !replaced)
        .filter_map(|(environment, written)| dialect_of(settings(session, environment).as_ref(), &written))
        .map(|dialect| dialect.name)
        .collect()
}

/// Runs the revisions in a throw-away database of `dialect`, by the URL that migrate.toml has for it.
///
/// # Errors
/// No URL leads to a server of it: with what to do.
pub fn replayed(session: &mut Session, dialect: &'static Dialect) -> Result<Replayed, Failure> {
    let graph = session.graph()?;
    let purpose = Purpose::reading(session.application.clone());
    let mut tried = Vec::new();
    for (environment, written) in urls(session) {
        let config = settings(session, environment.clone());
        if dialect_of(config.as_ref(), &written).is_none_or(|it| it.name != dialect.name) {
            continue;
        }
        let section = environment.map_or("[database]".to_owned(), |name| format!("[env.{name}.database]"));
        let Some(config) = config else { continue };
        let opened = match config.database.url() {
            Ok(url) => database::connect(url, &config.root, &purpose).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match opened {
            Ok(mut home) => return in_shadow(home.as_mut(), &graph, config),
            Err(reason) => tried.push(format!("{section}: {reason}")),
        }
    }
    if dialect.needs_no_server {
        let config = session.config()?.clone();
        let mut home = database::connect(&format!("{}://:memory:", dialect.name), &config.root, &purpose)?;
        return in_shadow(home.as_mut(), &graph, config);
    }
    let mut failure = Failure::new(format!(
        "this project also runs on {}, but there is no server of it to write its sections with",
        dialect.name
    ));
    failure.notes = tried;
    Err(failure.hint(format!(
        "a section is tried in a temporary database before it is written: name a server in migrate.toml that may be used \
         for that, or write the sections of one database alone with `--dialect {}`",
        DIALECTS.iter().find(|other| other.name != dialect.name).map_or("", |other| other.name)
    )))
}

fn in_shadow(
    home: &mut dyn Database,
    graph: &crate::revision::graph::Graph,
    config: Config,
) -> Result<Replayed, Failure> {
    let (shadow, _) = source::replayed(home, graph, &[Target::parse("heads")?], &config)?;
    Ok(Replayed { shadow, config })
}
