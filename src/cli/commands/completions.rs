//! `migrate completions`: what a shell needs to complete a command line.

use clap::Args;
use clap_complete::Shell;

use crate::cli::failure::Failure;
use crate::cli::{Exit, Session, grammar};

/// Print completions for a shell
#[derive(Args)]
#[command(after_help = "Examples:
  migrate completions bash > ~/.local/share/bash-completion/completions/migrate
  migrate completions zsh > \"${fpath[1]}/_migrate\"
  migrate completions fish > ~/.config/fish/completions/migrate.fish")]
pub struct Arguments {
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub fn run(arguments: Arguments, session: &mut Session) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut grammar(), "migrate", &mut script);
    session.output.write(String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
