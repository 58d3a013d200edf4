//! What `diff` and `inspect` take: the live database, the models, the revisions, a URL, a file.

use std::path::{Path, PathBuf};

use super::Session;
use super::failure::Failure;
use crate::config::{self, Config};
use crate::database::{self, Database, Purpose, Reading};
use crate::models;
use crate::models::managed_kinds::{self, ManagedKinds};
use crate::revision::target::Target;
use crate::source;

/// Where a schema comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    Live,
    Models,
    /// The revisions up to a target, replayed.
    Revisions(String),
    Url(String),
    /// `.sql`, `.toml`, a folder of them, or `.json`.
    File(PathBuf),
}

impl std::str::FromStr for Side {
    type Err = String;

    fn from_str(text: &str) -> Result<Side, String> {
        let file = Path::new(text);
        let known = matches!(file.extension().and_then(|it| it.to_str()), Some("sql" | "toml" | "json"));
        Ok(match text {
            "live" => Side::Live,
            "models" => Side::Models,
            "revisions" => Side::Revisions("heads".to_owned()),
            _ if text.starts_with("revisions@") => Side::Revisions(text["revisions@".len()..].to_owned()),
            _ if text.contains("://") => Side::Url(text.to_owned()),
            _ if known || file.is_dir() => Side::File(file.to_owned()),
            _ => {
                return Err("it is live, models, revisions, revisions@TARGET, a database URL, or a .sql, .toml or \
                            .json file"
                    .to_owned());
            }
        })
    }
}

/// One side, read.
pub struct LoadedSide {
    pub reading: Reading,
    /// What it manages: everything, unless it is the models.
    pub managed_kinds: ManagedKinds,
}

/// Opens the database by which the sides are read: the first URL among them, else the project's.
///
/// # Errors
/// A `Failure` if no side names a database, or it can't be reached.
pub fn home(session: &mut Session, sides: &[Side]) -> Result<(Box<dyn Database>, Config), Failure> {
    let url = sides.iter().find_map(|side| match side {
        Side::Url(url) => Some(url.clone()),
        _ => None,
    });
    let needs_project = sides.iter().any(|side| matches!(side, Side::Live | Side::Models | Side::Revisions(_)));
    let Some(url) = url.filter(|_| !sides.contains(&Side::Live)) else {
        return Ok((session.reader()?, session.config()?.clone()));
    };
    let config = match session.config() {
        Ok(config) => config.clone(),
        Err(failure) if needs_project => return Err(failure),
        Err(_) => config::without_file(&config::Options {
            url: Some(url.clone()),
            shadow: session.shadow(),
            ..config::Options::default()
        })?,
    };
    let purpose = Purpose::reading(session.application.clone());
    Ok((database::connect(&url, &config.root, &purpose)?, config))
}

/// Reads one side; `home` says how its engine spells what is only declared.
///
/// # Errors
/// A `Failure` if the side can't be read or loaded into a shadow.
pub fn read(
    session: &mut Session,
    side: &Side,
    home: &mut dyn Database,
    config: &Config,
) -> Result<LoadedSide, Failure> {
    let scope = source::scope(config);
    let everything = |reading: Reading| LoadedSide { reading, managed_kinds: ManagedKinds::All };
    match side {
        Side::Live => {
            let mut live = session.reader()?;
            same_dialect(live.as_ref(), home)?;
            Ok(everything(live.reflect(&scope)?))
        }
        Side::Url(url) => {
            let purpose = Purpose::reading(session.application.clone());
            let mut database = database::connect(url, &config.root, &purpose)?;
            same_dialect(database.as_ref(), home)?;
            Ok(everything(database.reflect(&scope)?))
        }
        Side::Revisions(target) => {
            let graph = session.graph()?;
            let (_, reading) = source::replayed(home, &graph, &[Target::parse(target)?], config)?;
            Ok(everything(reading))
        }
        Side::Models => declared(&config.models, home, config, config.autogenerate.manage.as_deref()),
        Side::File(path) if !path.exists() => Err(Failure::usage(format!("there is no file {}", path.display()))),
        Side::File(path) if path.extension().is_some_and(|extension| extension == "json") => {
            let catalog = source::stored(path, home.dialect())?;
            Ok(everything(Reading { catalog, unmanaged: Vec::new() }))
        }
        Side::File(path) => {
            let here = std::env::current_dir().unwrap_or_default();
            let models = config::Models { paths: vec![here.join(path)], ..config::Models::default() };
            let all = ["*".to_owned()];
            declared(&models, home, config, Some(&all))
        }
    }
}

fn declared(
    models: &config::Models,
    home: &mut dyn Database,
    config: &Config,
    manage: Option<&[String]>,
) -> Result<LoadedSide, Failure> {
    let version = home.version()?;
    let declared = models::read(models, home.dialect(), &version, &config.root)?;
    let reading = source::declared_in_shadow(home, &declared, config)?.reading;
    let managed_kinds = managed_kinds::managed_kinds(manage, declared.sources, &reading.catalog, home.dialect())
        .map_err(Failure::new)?;
    Ok(LoadedSide { reading, managed_kinds })
}

fn same_dialect(one: &dyn Database, other: &dyn Database) -> Result<(), Failure> {
    match std::ptr::eq(one.dialect(), other.dialect()) {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "{} and {} are different databases, which spell their schemas differently; compare each with the models",
            one.place(),
            other.place()
        ))),
    }
}
