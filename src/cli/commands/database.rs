//! `migrate database`: whole databases come and go.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, asking};
use crate::config;
use crate::database::{DatabaseError, Made, interruption};

/// Create, drop, or wait for the project's database
#[derive(Args)]
#[command(after_help = "Examples:
  migrate database wait --timeout 30s
  migrate database wait --server && migrate database create
  migrate database create --grant-to app_user
  migrate -e staging database drop --yes")]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Create the database if it does not exist, owned by the URL's user
    Create {
        /// Let this role read and write everything in it, now and in the future (may be repeated)
        #[arg(long, value_name = "ROLE")]
        grant_to: Vec<String>,
    },
    /// Drop the database and everything in it
    Drop {
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Wait until the database accepts connections
    Wait {
        /// Give up after this time: 2s, 500ms, 1m, or a number of seconds
        #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time)]
        timeout: Duration,
        /// Wait for the server only, whether or not the database exists
        #[arg(long)]
        server: bool,
    },
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let config = session.config()?.clone();
    let url = config.database.url()?;
    let dialect = session.dialect()?;
    let place = (dialect.administration.place)(url, &config.root).map_err(|error| session.in_url(error))?;
    let output = &session.output;
    match arguments.action {
        Action::Create { grant_to } => {
            let made = (dialect.administration.create)(url, &config.root, &grant_to, &config.database.schemas)?;
            let (done, not_done) = if made == Made::Now { ("created ", "") } else { ("", " already exists") };
            if output.json {
                output.json(&json!({ "database": place, "created": made == Made::Now, "granted_to": grant_to }));
            } else {
                output.result(format_args!("{done}{place}{not_done}"));
                grant_to.iter().for_each(|role| output.result(format_args!("granted {role} read and write access")));
            }
        }
        Action::Drop { yes } => {
            if !yes {
                output.say(format_args!("This drops {place} and everything in it."));
                asking::confirm(output, || Failure::usage(format!("refusing to drop {place} without confirmation")))?;
            }
            let dropped = (dialect.administration.drop)(url, &config.root)?;
            if output.json {
                output.json(&json!({ "database": place, "dropped": dropped }));
            } else {
                output.result(if dropped { format!("dropped {place}") } else { format!("{place} does not exist") });
            }
        }
        Action::Wait { timeout, server } => {
            let waited = wait(session, &place, timeout, server)?;
            let seconds = waited.as_secs_f64();
            if session.output.json {
                session.output.json(&json!({ "database": place, "waited_seconds": seconds }));
            } else if server {
                session.output.result(format_args!("the server of {place} answers"));
            } else {
                session.output.result(format_args!("{place} answers"));
            }
        }
    }
    Ok(Exit::Done)
}

/// How often it is said, on a terminal or with `-v`, that the wait goes on.
const BETWEEN_WORDS: Duration = Duration::from_secs(5);

/// The longest that one try takes, so that a server that comes up meanwhile is found.
const ONE_TRY: Duration = Duration::from_secs(5);

/// Reads a time with its unit, or a number of seconds.
fn time(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
    let time = seconds.or_else(|| config::parse_duration(text));
    time.ok_or_else(|| "write it as 2s, 500ms, 1m, 1h, or as a number of seconds".to_owned())
}

/// Tries to connect until it works.
fn wait(session: &mut Session, place: &str, limit: Duration, server_only: bool) -> Result<Duration, Failure> {
    let config = session.config()?.clone();
    let url = config.database.url()?;
    let answers = session.dialect()?.administration.answers;
    let start = Instant::now();
    let mut said = start;
    let mut pause = Duration::from_millis(50);
    loop {
        let left = limit.saturating_sub(start.elapsed());
        // One try is made however short the time is.
        let error = match answers(url, &config.root, left.clamp(Duration::from_millis(10), ONE_TRY), server_only) {
            Ok(()) => return Ok(start.elapsed()),
            Err(error @ (DatabaseError::Url(_) | DatabaseError::Setting { .. })) => return Err(session.in_url(error)),
            Err(error) => error,
        };
        if interruption::requested() {
            return Err(error.into());
        }
        if start.elapsed() + pause > limit {
            return Err(Failure::from(error).note(format!("gave up after {:.1} s", start.elapsed().as_secs_f64())));
        }
        if said.elapsed() >= BETWEEN_WORDS {
            said = Instant::now();
            session.output.patience(format_args!("waiting for {place}: {error}"));
        }
        interruption::sleep(pause);
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}
