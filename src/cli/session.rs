//! What commands share, opened when it is first asked for.

use std::time::Duration;

use super::Global;
use super::failure::Failure;
use super::output::Output;
use crate::config::{self, Config, Options};
use crate::database::{self, Database, Purpose};

/// One run of the program.
pub struct Session {
    pub global: Global,
    pub output: Output,
    /// The command's name, as the database's other users see it: `migrate upgrade`.
    pub application: String,
    config: Option<Config>,
}

impl Session {
    pub fn new(global: Global, output: Output, command: &str) -> Self {
        Session { global, output, application: format!("migrate {command}"), config: None }
    }

    /// Returns the project's settings; reads migrate.toml the first time.
    pub fn config(&mut self) -> Result<&Config, Failure> {
        if self.config.is_none() {
            let options = Options {
                file: self.global.config.clone(),
                environment: self.global.environment.clone(),
                url: self.global.url.clone(),
            };
            self.config = Some(config::load(&options)?);
        }
        self.config.as_ref().ok_or_else(|| Failure::new("the settings could not be read"))
    }

    /// Opens the project's database to look at it: no file is made.
    pub fn reader(&mut self) -> Result<Box<dyn Database>, Failure> {
        let application = self.application.clone();
        self.connect(Purpose::reading(application))
    }

    /// Opens the project's database to change it.
    pub fn writer(&mut self) -> Result<Box<dyn Database>, Failure> {
        let wait = self.config()?.run.lock_wait;
        let purpose = Purpose::writing(self.application.clone(), wait.max(Duration::from_secs(1)));
        self.connect(purpose)
    }

    fn connect(&mut self, purpose: Purpose) -> Result<Box<dyn Database>, Failure> {
        let config = self.config()?;
        Ok(database::connect(config.database.url()?, &config.root, &purpose)?)
    }
}
