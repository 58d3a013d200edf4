//! Results on stdout, messages and progress on stderr, colour, JSON.

use std::cell::Cell;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anstream::AutoStream;
use indicatif::{ProgressBar, ProgressStyle};

use super::Global;
use super::failure::Failure;
use super::visible::{self, Rendering, Style, rendered};
use crate::database::interruption;

const ERROR: Style = Style::Error;
const WARNING: Style = Style::Warning;
const FAINT: Style = Style::Faint;
const STRONG: Style = Style::Strong;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// Where a command says things.
#[derive(Debug)]
pub struct Output {
    pub json: bool,
    pub quiet: bool,
    pub verbose: bool,
    /// Was colour asked for whatever stdout is? Then it comes to a terminal in the end.
    always_color: bool,
    /// How the program is to end because stdout took no more: 0 when its reader has seen enough.
    ended: Cell<Option<i32>>,
}

impl Output {
    pub fn new(global: &Global) -> Self {
        match global.color {
            ColorChoice::Auto => {}
            ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
            ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
        }
        Output {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose > 0,
            always_color: global.color == ColorChoice::Always,
            ended: Cell::new(None),
        }
    }

    /// Starts the log on stderr when `MIGRATE_LOG` or `-vv` asks for one; nothing is set up otherwise.
    pub fn start_log(&self, verbose: u8) {
        let asked = std::env::var("MIGRATE_LOG").ok().filter(|filter| !filter.is_empty());
        let filter = match (asked, verbose) {
            (Some(filter), _) => filter,
            (None, 0 | 1) => return,
            (None, 2) => "migrate=debug".to_owned(),
            (None, _) => "migrate=trace".to_owned(),
        };
        let log = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        // A program that embeds the tool may have a log of its own already.
        let _ = log.try_init();
    }

    /// Writes one line of the result to stdout.
    pub fn result(&self, line: impl Display) {
        self.write(format_args!("{line}\n"));
    }

    /// Writes a part of the result to stdout: byte for byte into a file or a pipe, without control characters to a terminal.
    pub fn write(&self, text: impl Display) {
        if self.ended.get().is_some() {
            return;
        }
        let stdout = io::stdout().lock();
        let (choice, terminal) = (AutoStream::choice(&stdout), stdout.is_terminal());
        let rendering =
            Rendering { color: choice != anstream::ColorChoice::Never, escape: terminal || self.always_color };
        let text = rendered(&text.to_string(), rendering);
        let written = match terminal {
            true => put(AutoStream::new(stdout, choice), &text),
            false => put(stdout, &text),
        };
        if let Err(error) = written {
            self.end(&error);
        }
    }

    /// A reader that has seen enough (`| head`) is not a failure, any other fault of stdout is; the work itself continues.
    fn end(&self, error: &std::io::Error) {
        let seen_enough = error.kind() == std::io::ErrorKind::BrokenPipe;
        if !seen_enough {
            to_stderr(format_args!("{ERROR}error{ERROR:#}: cannot write the result: {error}\n"));
        }
        self.ended.set(Some(if seen_enough { 0 } else { super::failure::NO }));
    }

    /// Returns the exit code, given the one that the command ended with.
    pub fn exit_code(&self, code: i32) -> i32 {
        code.max(self.ended.get().unwrap_or(0))
    }

    /// Writes a script to stdout.
    pub fn script(&self, script: &[u8]) {
        self.write(String::from_utf8_lossy(script));
    }

    /// Writes the one JSON document that a command reports.
    pub fn json(&self, document: &serde_json::Value) {
        self.json_text(&format!("{document:#}"));
    }

    /// Writes a JSON document that is a text already.
    pub fn json_text(&self, document: &str) {
        self.result(visible::json(document));
    }

    /// Says something that is not a result, on stderr.
    pub fn say(&self, message: impl Display) {
        if !self.quiet {
            to_stderr(format_args!("{message}\n"));
        }
    }

    /// Says something that only `-v` asks for, on stderr.
    pub fn detail(&self, message: impl Display) {
        if self.verbose {
            self.say(format_args!("{FAINT}{message}{FAINT:#}"));
        }
    }

    /// Says that something takes its time, where somebody may look on: on a terminal, or with `-v`.
    pub fn patience(&self, message: impl Display) {
        if self.verbose || std::io::stderr().is_terminal() {
            self.say(format_args!("{FAINT}{message}{FAINT:#}"));
        }
    }

    pub fn warn(&self, message: impl Display) {
        self.say(format_args!("{WARNING}warning{WARNING:#}: {message}"));
    }

    pub fn failure(&self, failure: &Failure) {
        if self.json {
            self.json(&failure.as_json());
        }
        to_stderr(render(failure));
    }

    /// Can the user be asked a question?
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a question on the terminal and returns the trimmed answer; None where nobody can answer.
    pub fn ask(&self, question: impl Display) -> Option<String> {
        if !self.is_interactive() {
            return None;
        }
        to_stderr(format_args!("{STRONG}{question}{STRONG:#} "));
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer).ok().filter(|&length| length > 0);
            let _ = sender.send(read.map(|_| answer));
        });
        // Reading continues through a signal; the command that reads stops.
        loop {
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(answer) => return Some(answer?.trim().to_owned()),
                Err(RecvTimeoutError::Timeout) if !interruption::requested() => {}
                Err(_) => return None,
            }
        }
    }

    /// A bar for `steps` steps, drawn on a terminal only, and only when the work takes longer than a moment.
    pub fn progress(&self, steps: usize) -> ProgressBar {
        if self.quiet || self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

/// Prints a line on stderr from any thread.
pub fn report(line: &str) {
    to_stderr(format_args!("{line}\n"));
}

/// Writes to stderr, for which there is never a reason to be exact: without control characters.
fn to_stderr(text: impl Display) {
    let choice = AutoStream::choice(&io::stderr());
    let rendering = Rendering { color: choice != anstream::ColorChoice::Never, escape: true };
    let _ = put(AutoStream::new(io::stderr().lock(), choice), &rendered(&text.to_string(), rendering));
}

fn put(mut out: impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Lays a failure out: the message, its place with the line and a caret, notes, the hint.
fn render(failure: &Failure) -> String {
    let mut text = format!("{ERROR}error{ERROR:#}: {}\n", failure.message);
    if let Some(place) = &failure.place {
        let margin = " ".repeat(place.line.to_string().len().max(2));
        text.push_str(&format!(
            "{margin}{FAINT}-->{FAINT:#} {}:{}:{}\n",
            place.path.display(),
            place.line,
            place.column
        ));
        if !place.line_text.trim().is_empty() {
            let shown = place.line_text.replace('\t', " ");
            // What is made visible is wider than it was.
            let width = |from: usize, count: usize| {
                let part: String = shown.chars().skip(from).take(count).collect();
                visible::visible(&part).chars().count()
            };
            let before = place.column.saturating_sub(1);
            let under = width(before, place.width).max(1);
            let caret = format!("{}{}", " ".repeat(width(0, before)), "^".repeat(under));
            text.push_str(&format!("{margin}{FAINT}|{FAINT:#}\n"));
            text.push_str(&format!("{FAINT}{:>width$} |{FAINT:#} {shown}\n", place.line, width = margin.len() - 1));
            text.push_str(&format!("{margin}{FAINT}|{FAINT:#} {ERROR}{caret}{ERROR:#}\n"));
        }
    }
    for note in &failure.notes {
        let indented: Vec<String> = note.lines().map(|line| format!("  {line}")).collect();
        text.push_str(&format!("{}\n", indented.join("\n")));
    }
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("  {STRONG}hint{STRONG:#}: {hint}\n"));
    }
    text
}
