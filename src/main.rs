//! Arguments in, exit code out.

fn main() {
    std::process::exit(migrate::cli::run(std::env::args_os()));
}
