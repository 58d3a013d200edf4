//! What commands share, opened when it is first asked for.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use super::Global;
use super::failure::{self, Failure};
use super::output::Output;
use crate::apply::plan;
use crate::config::{self, Config, Options, ShadowUse};
use crate::database::version_table::AppliedRow;
use crate::database::{self, Database, DatabaseError, Dialect, Purpose};
use crate::revision::folder;
use crate::revision::graph::Graph;
use crate::revision::route::Applied;

/// One run of the program.
pub struct Session {
    pub global: Global,
    pub output: Output,
    /// The command's name, as the database's other users see it: `migrate upgrade`.
    pub application: String,
    shadow: Option<ShadowUse>,
    config: Option<Config>,
    graph: Option<Rc<Graph>>,
    /// The command writes a revision file, and makes its folder if it is missing.
    pub makes_folders: bool,
}

impl Session {
    pub fn new(global: Global, output: Output, command: &str) -> Self {
        Session {
            global,
            output,
            application: format!("migrate {command}"),
            shadow: None,
            config: None,
            graph: None,
            makes_folders: false,
        }
    }

    /// Returns the project's settings; reads migrate.toml the first time.
    ///
    /// # Errors
    /// A `Failure` with the place in migrate.toml.
    pub fn config(&mut self) -> Result<&Config, Failure> {
        if self.config.is_none() {
            let options = Options {
                file: self.global.config.clone(),
                environment: self.global.environment.clone(),
                url: self.global.url.clone(),
                shadow: self.shadow,
            };
            self.config = Some(config::load(&options)?);
        }
        self.config.as_ref().ok_or_else(|| Failure::new("the settings could not be read"))
    }

    /// Takes what `--shadow` says in the place of the setting in migrate.toml.
    pub fn use_shadow(&mut self, shadow: Option<ShadowUse>) {
        self.shadow = shadow;
        self.config = None;
    }

    /// What `--shadow` says.
    pub fn shadow(&self) -> Option<ShadowUse> {
        self.shadow
    }

    /// Returns the graph of all revision files; reads them the first time.
    ///
    /// A file that can't be read, or anything else that is wrong with the graph, fails only what needs that part.
    ///
    /// # Errors
    /// A `Failure` if the configuration or a revision folder can't be read.
    pub fn graph(&mut self) -> Result<Rc<Graph>, Failure> {
        if let Some(graph) = &self.graph {
            return Ok(Rc::clone(graph));
        }
        let here = std::env::current_dir().unwrap_or_default();
        let folders = &self.config()?.revisions;
        let mut loaded = folder::load(folders, &here);
        if self.makes_folders {
            loaded.missing.clear();
        }
        if let Some(missing) = loaded.missing.first() {
            let missing = missing.strip_prefix(&here).unwrap_or(missing);
            return Err(Failure::new(format!("the revisions folder {} does not exist", missing.display()))
                .hint("correct `revisions` in migrate.toml, or create the folder; git drops empty folders, so put a .gitkeep into it"));
        }
        if let Some(unreadable) = loaded.unreadable.first() {
            return Err(unreadable.clone().into());
        }
        let graph = Rc::new(Graph::from(loaded));
        self.graph = Some(Rc::clone(&graph));
        Ok(graph)
    }

    /// As `graph`, from the files as they are now.
    ///
    /// # Errors
    /// What `graph` returns.
    pub fn graph_read_again(&mut self) -> Result<Rc<Graph>, Failure> {
        self.graph = None;
        self.graph()
    }

    /// Says what is wrong with the graph, for a command that continues without that part.
    pub fn warn_of_faults(&self, graph: &Graph) {
        for fault in graph.faults() {
            self.output.warn(failure::in_a_line(fault));
        }
    }

    /// Returns the ids of what is applied, without half-done revisions; none if there is no version table or no
    /// database yet.
    ///
    /// # Errors
    /// A `Failure` if the database can't be read.
    pub fn applied(&mut self) -> Result<Applied, Failure> {
        Ok(self.rows()?.0)
    }

    /// Returns the ids of what is applied, without what is half-way up; all rows; and the database's dialect.
    ///
    /// # Errors
    /// A `Failure` if the database can't be read.
    pub fn rows(&mut self) -> Result<(Applied, Vec<AppliedRow>, &'static Dialect), Failure> {
        let table = self.config()?.database.version_table.clone();
        let mut database = self.reader()?;
        let rows = database.applied(&table)?.unwrap_or_default();
        Ok((plan::applied(&rows), rows, database.dialect()))
    }

    /// Returns a path as it is shown: from the current folder where it lies below it.
    pub fn shown(&self, path: &std::path::Path) -> PathBuf {
        let here = std::env::current_dir().unwrap_or_default();
        path.strip_prefix(&here).unwrap_or(path).to_owned()
    }

    /// Returns the present moment, in whole seconds; `SOURCE_DATE_EPOCH` stands in for the clock.
    ///
    /// Source: reproducible-builds.org, "SOURCE_DATE_EPOCH specification".
    ///
    /// # Errors
    /// A `Failure` if `SOURCE_DATE_EPOCH` is not a Unix timestamp.
    pub fn now(&self) -> Result<Timestamp, Failure> {
        let seconds = match std::env::var("SOURCE_DATE_EPOCH").ok().filter(|text| !text.is_empty()) {
            None => Timestamp::now().as_second(),
            Some(text) => text.parse().map_err(|_| {
                Failure::usage(format!("SOURCE_DATE_EPOCH is `{text}`, not a number of seconds since 1970"))
            })?,
        };
        Timestamp::from_second(seconds)
            .map_err(|_| Failure::usage(format!("SOURCE_DATE_EPOCH is `{seconds}`, which is out of range")))
    }

    /// Opens the project's database to look at it: no file is made.
    ///
    /// # Errors
    /// A `Failure` if the database can't be reached.
    pub fn reader(&mut self) -> Result<Box<dyn Database>, Failure> {
        let application = self.application.clone();
        self.connect(Purpose::reading(application))
    }

    /// Opens the project's database to change it.
    ///
    /// # Errors
    /// A `Failure` if the database can't be reached.
    pub fn writer(&mut self) -> Result<Box<dyn Database>, Failure> {
        let wait = self.config()?.run.lock_wait;
        let purpose = Purpose::writing(self.application.clone(), wait.max(Duration::from_secs(1)));
        self.connect(purpose)
    }

    fn connect(&mut self, purpose: Purpose) -> Result<Box<dyn Database>, Failure> {
        let config = self.config()?;
        let opened = database::connect(config.database.url()?, &config.root, &purpose);
        opened.map_err(|error| self.in_url(error))
    }

    /// Returns the failure of the project's own URL; what is wrong with the URL itself is shown with its line.
    pub fn in_url(&self, error: DatabaseError) -> Failure {
        let is_in_url = matches!(error, DatabaseError::Url(_) | DatabaseError::Setting { in_url: true, .. });
        let place = self.config.as_ref().and_then(|config| config.database.url_place.clone());
        let failure = Failure::from(error);
        match place {
            Some(place) if is_in_url => failure.at(place),
            _ => failure,
        }
    }

    /// Returns the dialect of the project's own URL.
    ///
    /// # Errors
    /// A `Failure` if the configuration has no URL that names a database.
    pub fn dialect(&mut self) -> Result<&'static Dialect, Failure> {
        let dialect = database::dialect_of(self.config()?.database.url()?);
        dialect.map_err(|error| self.in_url(error))
    }
}
