//! Arguments in, exit code out.

use migrate::cli;

fn main() {
    cli::signals::listen(|| std::process::exit(cli::failure::INTERRUPTED));
    std::process::exit(cli::run(std::env::args_os()));
}
