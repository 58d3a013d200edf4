//! `migrate database`: whole databases come and go.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde_json::json;

use super::failure::Failure;
use super::{Exit, Session};
use crate::database::{self, Made, interruption};

/// Create, drop, or wait for the project's database
#[derive(Args)]
#[command(after_help = "Examples:
  migrate database wait --timeout 30
  migrate database create --grant-to app_user
  migrate -e staging database drop --yes")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Create the database where it is missing; its owner is the user of the URL
    Create {
        /// Let this role read and write everything in it, now and what is made there later (may be repeated)
        #[arg(long, value_name = "ROLE")]
        grant_to: Vec<String>,
    },
    /// Drop the database and everything in it
    Drop {
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Wait until the database's server answers
    Wait {
        /// Give up after this many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        timeout: u64,
    },
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let config = session.config()?.clone();
    let url = config.database.url()?;
    let dialect = database::dialect_of(url)?;
    let place = dialect.administration.place;
    let place = place(url, &config.root)?;
    let output = &session.output;
    match arguments.action {
        Action::Create { grant_to } => {
            let made = (dialect.administration.create)(url, &config.root, &grant_to, &config.database.schemas)?;
            let done = if made == Made::Now { "created" } else { "is there already:" };
            if output.json {
                output.json(&json!({ "database": place, "created": made == Made::Now, "granted_to": grant_to }));
            } else {
                output.result(format_args!("{done} {place}"));
                grant_to.iter().for_each(|role| output.result(format_args!("granted to {role}: reading and writing")));
            }
        }
        Action::Drop { yes } => {
            if !yes {
                let answer = output.ask(format_args!("Drop {place} and everything in it? Type yes:"));
                match answer.as_deref() {
                    Some("yes") => {}
                    Some(_) => return Err(Failure::new("nothing was dropped")),
                    None => {
                        return Err(Failure::usage(format!("{place} would be dropped"))
                            .hint("say --yes where nobody can be asked"));
                    }
                }
            }
            let dropped = (dialect.administration.drop)(url, &config.root)?;
            if output.json {
                output.json(&json!({ "database": place, "dropped": dropped }));
            } else {
                output.result(format_args!("{} {place}", if dropped { "dropped" } else { "there is no" }));
            }
        }
        Action::Wait { timeout } => {
            let waited = wait(session, Duration::from_secs(timeout))?;
            let seconds = waited.as_secs_f64();
            if session.output.json {
                session.output.json(&json!({ "database": place, "waited_seconds": seconds }));
            } else {
                session.output.result(format_args!("{place} answers"));
            }
        }
    }
    Ok(Exit::Done)
}

/// Tries to connect until it works; a database that is missing on a server that answers is an answer.
fn wait(session: &mut Session, limit: Duration) -> Result<Duration, Failure> {
    let config = session.config()?.clone();
    let url = config.database.url()?;
    let answers = database::dialect_of(url)?.administration.answers;
    let start = Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        match answers(url, &config.root) {
            Ok(()) => return Ok(start.elapsed()),
            Err(error) if interruption::requested() => return Err(error.into()),
            Err(error) if start.elapsed() + pause > limit => {
                return Err(Failure::from(error).note(format!("gave up after {} s", limit.as_secs())));
            }
            Err(_) => interruption::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}
