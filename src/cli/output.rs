//! Results on stdout, messages and progress on stderr, colour, JSON.

use std::cell::Cell;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};

use super::Global;
use super::failure::Failure;
use crate::database::interruption;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

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
        Output { json: global.json, quiet: global.quiet, verbose: global.verbose > 0, ended: Cell::new(None) }
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

    /// Writes a part of the result to stdout as it is.
    pub fn write(&self, text: impl Display) {
        if self.ended.get().is_some() {
            return;
        }
        let mut stdout = anstream::stdout().lock();
        if let Err(error) = write!(stdout, "{text}").and_then(|()| stdout.flush()) {
            self.end(&error);
        }
    }

    /// A reader that has seen enough (`| head`) is no failure, any other fault of stdout is; the work itself goes on.
    fn end(&self, error: &std::io::Error) {
        let seen_enough = error.kind() == std::io::ErrorKind::BrokenPipe;
        if !seen_enough {
            let _ = writeln!(anstream::stderr(), "{ERROR}error{ERROR:#}: cannot write the result: {error}");
        }
        self.ended.set(Some(if seen_enough { 0 } else { super::failure::NO }));
    }

    /// Returns the exit code, given the one that the command ended with.
    pub fn exit_code(&self, code: i32) -> i32 {
        code.max(self.ended.get().unwrap_or(0))
    }

    /// Standard output itself, for a script that is written piece by piece.
    pub fn stdout(&self) -> std::io::Stdout {
        std::io::stdout()
    }

    /// Writes the one JSON document that a command reports.
    pub fn json(&self, document: &serde_json::Value) {
        self.result(format_args!("{document:#}"));
    }

    /// Says something that is no result, on stderr.
    pub fn say(&self, message: impl Display) {
        if !self.quiet {
            let _ = writeln!(anstream::stderr(), "{message}");
        }
    }

    /// Says something that only `-v` asks for, on stderr.
    pub fn detail(&self, message: impl Display) {
        if self.verbose {
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
        let _ = write!(anstream::stderr(), "{}", render(failure));
    }

    /// Can a person be asked a question?
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks a question on the terminal and returns the trimmed answer; None where nobody can answer.
    pub fn ask(&self, question: impl Display) -> Option<String> {
        if !self.is_interactive() {
            return None;
        }
        let mut stderr = anstream::stderr();
        write!(stderr, "{STRONG}{question}{STRONG:#} ").and_then(|()| stderr.flush()).ok()?;
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut answer = String::new();
            let read = std::io::stdin().read_line(&mut answer).ok().filter(|&length| length > 0);
            let _ = sender.send(read.map(|_| answer));
        });
        // Reading goes on through a signal; who asks does not.
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
            let caret = format!("{}{}", " ".repeat(place.column.saturating_sub(1)), "^".repeat(place.width.max(1)));
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
