//! The parsers of what comes from outside, each as a function of bytes: run by fuzz/ at length, and by the tests for a moment.

use std::path::Path;

use crate::config;
use crate::database::{self, DIALECTS};
use crate::models::{self, toml::Document};
use crate::revision::target::{Spec, Target};
use crate::revision::written::{NotAsPlanned, read_back};
use crate::revision::{Direction, checksum, directive, file, guard};
use crate::sql::Syntax;
use crate::sql::quote::without_carriage_returns;
use crate::sql::split::split;
use crate::sql::token::tokens;

/// Runs a parser; an error is a broken promise of the parser, not a mistake in what it read.
pub type Parser = fn(&[u8]) -> Result<(), String>;

/// Every parser with its name.
pub const PARSERS: &[(&str, Parser)] = &[
    ("revision", revision),
    ("directives", directives),
    ("sql", sql),
    ("target", target),
    ("settings", settings),
    ("env", env),
    ("models_toml", models_toml),
    ("models_sql", models_sql),
    ("url", url),
];

const BOTH: [Syntax; 2] = [Syntax::Postgres, Syntax::Sqlite];

/// A revision file that is read and written again is the same one, or is not written.
///
/// # Errors
/// The rule that was broken.
pub fn revision(bytes: &[u8]) -> Result<(), String> {
    let Ok(read) = file::parse(Path::new("fuzzed.sql"), bytes) else { return Ok(()) };
    for syntax in BOTH {
        for direction in [Direction::Upgrade, Direction::Downgrade] {
            checksum::checksum(read.section(direction, syntax), syntax);
        }
    }
    match read_back(Path::new("again.sql"), &file::write(&read), &read) {
        Ok(_) | Err(NotAsPlanned::Unreadable(_)) => Ok(()),
        // A literal that was open to the end of the file may have another section after it now.
        Err(NotAsPlanned::Section { .. }) => Ok(()),
        Err(error @ NotAsPlanned::Header { .. }) => Err(error.to_string()),
    }
}

/// No text is read as a directive after it was disarmed.
///
/// # Errors
/// The rule that was broken.
pub fn directives(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    for syntax in BOTH {
        let _ = guard::parts(&text, syntax);
        guard::keeps_rows(&text, syntax);
        guard::irreversible(&text, syntax);
        directive::line_ends(&text, Some(syntax));
        let disarmed = directive::disarmed(&text, syntax);
        if let Some(left) = directive::all(&disarmed, syntax).next() {
            return Err(format!("`{}` is left in {disarmed:?}", left.words));
        }
    }
    let _ = directive::rules(&text, None);
    Ok(())
}

/// Tokens cover the text, and statements are parts of it in order.
///
/// # Errors
/// The rule that was broken.
pub fn sql(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    for syntax in BOTH {
        let mut end = 0;
        for token in tokens(&text, syntax) {
            if token.start != end || token.end <= token.start || text.get(token.start..token.end).is_none() {
                return Err(format!("the token {token:?} does not follow byte {end}"));
            }
            end = token.end;
        }
        if end != text.len() {
            return Err(format!("the tokens end at byte {end} of {}", text.len()));
        }
        let mut end = 0;
        for piece in split(&text, syntax).unwrap_or_default() {
            if piece.start < end || text.get(piece.start..piece.end).is_none() {
                return Err(format!("the statement {piece:?} does not follow byte {end}"));
            }
            end = piece.end;
        }
        without_carriage_returns(&text, syntax);
    }
    Ok(())
}

pub fn target(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let (_, _) = (Target::parse(&text), Spec::parse(&text));
    Ok(())
}

pub fn settings(bytes: &[u8]) -> Result<(), String> {
    let (_, _) = config::parse_texts(&String::from_utf8_lossy(bytes), "");
    Ok(())
}

pub fn env(bytes: &[u8]) -> Result<(), String> {
    let (_, _) = config::parse_texts("", &String::from_utf8_lossy(bytes));
    Ok(())
}

pub fn models_toml(bytes: &[u8]) -> Result<(), String> {
    for dialect in DIALECTS {
        let _ = models::toml::read(
            Path::new("fuzzed.toml"),
            &String::from_utf8_lossy(bytes),
            dialect,
            &mut Document::default(),
        );
    }
    Ok(())
}

pub fn models_sql(bytes: &[u8]) -> Result<(), String> {
    for dialect in DIALECTS {
        let mut declared = models::Declared::default();
        let _ = models::sql::read(Path::new("fuzzed.sql"), &String::from_utf8_lossy(bytes), dialect, &mut declared);
    }
    Ok(())
}

pub fn url(bytes: &[u8]) -> Result<(), String> {
    let _ = database::read_url(&String::from_utf8_lossy(bytes));
    Ok(())
}
