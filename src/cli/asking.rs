//! The one way in which a command asks before it continues.

use super::failure::Failure;
use super::output::Output;

/// Asks `Continue? [y/N]` on the terminal and returns when the answer is yes.
///
/// # Errors
/// `cancelled` (exit code 1) for any other answer; `refusal`, a usage error, where nobody can be asked.
pub fn confirm(output: &Output, refusal: impl FnOnce() -> Failure) -> Result<(), Failure> {
    if !output.is_interactive() {
        return Err(refusal().hint("this is not a terminal, so nobody can be asked: pass --yes"));
    }
    match is_yes(output, "Continue?") {
        true => Ok(()),
        false => Err(Failure::new("cancelled; nothing was changed")),
    }
}

/// Asks a question that is answered with y or n; anything but yes is no.
pub fn is_yes(output: &Output, question: &str) -> bool {
    let answer = output.ask(format_args!("{question} [y/N]"));
    answer.is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}
