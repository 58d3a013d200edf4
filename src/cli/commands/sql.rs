//! `migrate sql`: the script from one revision to another, in either direction.

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::progress::{self, Transaction};
use crate::cli::scripts::{self, Script, Way};
use crate::cli::{Exit, Session};
use crate::revision::target::Spec;

/// Write the script from one revision to another
///
/// Needs no database. The script updates the version table like an online run, and refuses a database that is not
/// where the script begins.
#[derive(Args)]
#[command(after_help = "Examples:
  migrate sql head -o schema.sql
  migrate sql 1975ea83b712:head
  migrate sql head:1975ea83b712 --dialect sqlite")]
pub struct Arguments {
    /// TO, from base; or FROM:TO, upwards or downwards
    #[arg(value_name = "[FROM:]TO", allow_negative_numbers = true)]
    range: String,
    /// How to wrap revisions in transactions [default: as in migrate.toml, else per-revision]
    #[arg(long, value_name = "MODE")]
    transaction: Option<Transaction>,
    #[command(flatten)]
    script: Script,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let options = progress::options(session, arguments.transaction)?;
    let spec = Spec::parse(&arguments.range)?;
    scripts::write(session, &spec, Way::Either, &options, &arguments.script)
}
