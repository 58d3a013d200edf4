//! `migrate check`: do the models and the database agree?

use clap::Args;

use super::compared::Shadow;
use super::failure::Failure;
use super::{Exit, Session, compared};

/// Tell whether the database is what the models declare: exit code 0 if so, otherwise the differences and 1
#[derive(Args)]
#[command(after_help = "Examples:
  migrate check
  migrate check --shadow full
  migrate -e staging check --json")]
pub struct Arguments {
    #[command(flatten)]
    shadow: Shadow,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    arguments.shadow.set(session);
    let config = session.config()?.clone();
    let mut database = session.reader()?;
    let comparison = compared::compare(session, &config, database.as_mut(), &[], false)?;
    let output = &session.output;
    if output.json {
        output.json(&compared::as_json(&comparison));
    } else {
        comparison.lines().iter().for_each(|line| output.result(line));
        if comparison.is_empty() {
            output.say(format_args!("the models and {} agree", database.place()));
        }
        compared::say_left_alone(output, &comparison);
    }
    Ok(if comparison.is_empty() { Exit::Done } else { Exit::No })
}
