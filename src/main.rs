//! Arguments in, exit code out.

use migrate::cli;

fn main() {
    cli::signals::listen(|signal| std::process::exit(cli::failure::interrupted(Some(signal))));
    std::process::exit(cli::run(std::env::args_os()));
}
