//! A project on disk for an application that runs its own migrations, at its start for example.

use std::path::{Path, PathBuf};

use crate::apply::{self, ApplyError, Event, Options, Route, Summary};
use crate::config::{self, Config, ConfigError};
use crate::database::{self, Database, Purpose};
use crate::revision::fault::{Fault, GraphError};
use crate::revision::graph::Graph;
use crate::revision::target::Target;
use crate::revision::{Direction, RevisionId, folder};

/// An open project: its settings, and the graph of its revisions as the files were when it was opened.
///
/// An application that must stop while a run continues calls `database::interruption::request` from another thread: the
/// running statement is cancelled, and its revision rolled back.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let folder = tempfile::tempdir()?;
/// std::fs::create_dir(folder.path().join("migrations"))?;
/// std::fs::write(folder.path().join("migrate.toml"), "[database]\nurl = \"sqlite:///app.db\"\n")?;
/// std::fs::write(
///     folder.path().join("migrations/1975ea83b712_users.sql"),
///     "-- revision: 1975ea83b712\n-- message: users\n\n\
///      -- migrate:upgrade\nCREATE TABLE users (id integer PRIMARY KEY);\n\n\
///      -- migrate:downgrade\nDROP TABLE users;\n",
/// )?;
///
/// let project = migrate::Project::open(folder.path())?;
/// assert_eq!(project.pending()?, ["1975ea83b712"]);
/// assert_eq!(project.upgrade("head")?.done, 1);
/// assert_eq!(project.current()?, ["1975ea83b712"]);
/// assert_eq!(project.upgrade("head")?.done, 0);
/// assert_eq!(project.downgrade("base")?.done, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Project {
    config: Config,
    graph: Graph,
}

/// Why a project could not be opened or brought to a target.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

impl From<GraphError> for ProjectError {
    fn from(error: GraphError) -> Self {
        ApplyError::from(error).into()
    }
}

impl From<database::DatabaseError> for ProjectError {
    fn from(error: database::DatabaseError) -> Self {
        ApplyError::from(error).into()
    }
}

impl Project {
    /// Opens the project at `path`: a migrate.toml, or the folder that holds one.
    ///
    /// # Errors
    /// `Config`. A revision file that can't be read is not an error yet: it fails only what needs it.
    pub fn open(path: impl AsRef<Path>) -> Result<Project, ProjectError> {
        Project::with(&config::Options { file: Some(path.as_ref().to_owned()), ..config::Options::default() })
    }

    /// Opens the project that `options` name, with an environment or a URL laid over its settings.
    ///
    /// # Errors
    /// `Config`.
    pub fn with(options: &config::Options) -> Result<Project, ProjectError> {
        let config = config::load(options)?;
        let graph = Graph::from(folder::load(&config.revisions, &PathBuf::new()));
        Ok(Project { config, graph })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Returns what is wrong with the revision files; what does not need those parts works all the same.
    pub fn faults(&self) -> &[Fault] {
        self.graph.faults()
    }

    /// Runs the revisions that are missing up to `target`, as `migrate upgrade` does.
    ///
    /// # Errors
    /// `Apply`: nothing, or only whole revisions, have run then; see `ApplyError`.
    pub fn upgrade(&self, target: &str) -> Result<Summary, ProjectError> {
        self.upgrade_telling(target, &mut |_| {})
    }

    /// As `upgrade`, and tells what happens as it happens.
    ///
    /// # Errors
    /// `Apply`.
    pub fn upgrade_telling<'p>(
        &'p self,
        target: &str,
        tell: &mut dyn FnMut(Event<'p>),
    ) -> Result<Summary, ProjectError> {
        let mut database = self.writer("migrate upgrade")?;
        let route = Route { direction: Direction::Upgrade, target: &Target::parse(target)? };
        Ok(apply::run_route(&mut *database, &self.graph, route, &self.options(), tell)?)
    }

    /// Undoes the revisions above `target`, as `migrate downgrade --yes` does.
    ///
    /// # Errors
    /// `Apply`; `NoWayBack` before anything runs.
    pub fn downgrade(&self, target: &str) -> Result<Summary, ProjectError> {
        let mut database = self.writer("migrate downgrade")?;
        let route = Route { direction: Direction::Downgrade, target: &Target::parse(target)? };
        Ok(apply::run_route(&mut *database, &self.graph, route, &self.options(), &mut |_| {})?)
    }

    /// Returns the last applied revision of each branch.
    ///
    /// # Errors
    /// `Apply`, when the database can't be read.
    pub fn current(&self) -> Result<Vec<RevisionId>, ProjectError> {
        let mut database = self.reader()?;
        let rows = database.applied(&self.config.database.version_table)?.unwrap_or_default();
        let heads = self.graph.heads_of(&apply::plan::applied(&rows));
        Ok(heads.into_iter().map(|head| head.id.clone()).collect())
    }

    /// Returns the revisions that `upgrade heads` would run, parents first.
    ///
    /// # Errors
    /// `Apply`, as for `upgrade`.
    pub fn pending(&self) -> Result<Vec<RevisionId>, ProjectError> {
        let mut database = self.reader()?;
        let plan = apply::plan_upgrade(&mut *database, &self.graph, &Target::parse("heads")?, &self.options())?;
        Ok(plan.steps.into_iter().map(|step| step.revision.id.clone()).collect())
    }

    fn options(&self) -> Options {
        Options::of(&self.config)
    }

    fn reader(&self) -> Result<Box<dyn Database>, ProjectError> {
        self.connect(&Purpose::reading("migrate"))
    }

    fn writer(&self, application: &str) -> Result<Box<dyn Database>, ProjectError> {
        self.connect(&Purpose::writing(application, self.config.run.lock_wait))
    }

    fn connect(&self, purpose: &Purpose) -> Result<Box<dyn Database>, ProjectError> {
        Ok(database::connect(self.config.database.url()?, &self.config.root, purpose)?)
    }
}
