//! Runs the tests as libtest does, with two things that it lacks: a test may find out that it has to be skipped, and is
//! then reported as ignored; and what is in a folder can be a test for each file.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::support::Skipped;

/// A function under `#[test]`.
pub struct Test {
    pub module: &'static str,
    pub name: &'static str,
    pub run: fn(),
}

inventory::collect!(Test);

thread_local! {
    /// What a panic of the test that runs in this thread said, and where.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static IS_TEST: RefCell<bool> = const { RefCell::new(false) };
}

/// Runs all tests that the arguments of the command line name, and these `more`.
pub fn run(more: Vec<Trial>) -> ExitCode {
    let mut trials: Vec<Trial> = inventory::iter::<Test>().map(trial_of).chain(more).collect();
    trials.sort_by(|one, other| one.name().cmp(other.name()));
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| match IS_TEST.with_borrow(|is_test| *is_test) {
        false => others(panic),
        true => {
            let trace = std::backtrace::Backtrace::capture();
            let trace = match trace.status() {
                std::backtrace::BacktraceStatus::Captured => format!("\n{trace}"),
                _ => String::new(),
            };
            SAID.set(Some(format!("{panic}{trace}")));
        }
    }));
    let (options, filters) = arguments(std::env::args());
    let arguments = Arguments::from_iter(options);
    if !filters.is_empty() {
        trials.retain(|trial| {
            let is_named = |filter: &String| match arguments.exact {
                true => trial.name() == filter,
                false => trial.name().contains(filter.as_str()),
            };
            filters.iter().any(is_named)
        });
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The command line without its filters, and the filters: libtest takes several, and libtest-mimic one.
fn arguments(line: impl Iterator<Item = String>) -> (Vec<String>, Vec<String>) {
    const WITH_VALUE: [&str; 6] = ["--test-threads", "--skip", "--format", "--color", "--logfile", "-Z"];
    let (mut options, mut filters) = (Vec::new(), Vec::new());
    for word in line {
        let is_value = options.last().is_some_and(|before: &String| WITH_VALUE.contains(&before.as_str()));
        match options.is_empty() || is_value || word.starts_with('-') {
            true => options.push(word),
            false => filters.push(word),
        }
    }
    (options, filters)
}

fn trial_of(test: &Test) -> Trial {
    let module = test.module.split_once("::").map(|(_, module)| format!("{module}::")).unwrap_or_default();
    trial(format!("{module}{}", test.name), test.run)
}

/// A test of this name, which fails by a panic, and is ignored after `support::skip`.
pub fn trial(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::ignorable_test(name, move || {
        IS_TEST.set(true);
        let ended = catch_unwind(AssertUnwindSafe(test));
        IS_TEST.set(false);
        match ended {
            Ok(()) => Ok(Completion::Completed),
            Err(end) => match end.downcast::<Skipped>() {
                Ok(skipped) => Ok(Completion::ignored_with(skipped.0)),
                Err(panic) => Err(Failed::from(SAID.take().unwrap_or_else(|| message(panic.as_ref())))),
            },
        }
    })
}

/// The words of a panic that passed no hook: one that was caught elsewhere and goes on here.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}
