//! Defaults that PostgreSQL computes when they are declared: `'now'::timestamptz` is the time at which the models are
//! loaded, another one each time.
//!
//! Source: PostgreSQL manual 8.5.1.4, Special Values, and the tip in 9.9.5.

use std::borrow::Cow;

use super::{Declaration, Declared};
use crate::schema::{Catalog, Id, Object};
use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// What such a literal says, and the expression that is computed for each row.
const SPECIAL: &[(&str, &str)] =
    &[("now", "now()"), ("today", "CURRENT_DATE"), ("tomorrow", "CURRENT_DATE + 1"), ("yesterday", "CURRENT_DATE - 1")];

/// The types of the constants that such literals become, as the server prints them.
const TYPES: &[&str] = &[
    "timestamp with time zone",
    "timestamp without time zone",
    "date",
    "time with time zone",
    "time without time zone",
];

/// The types as models write them.
const WRITTEN: &[&str] = &["timestamp", "timestamptz", "date", "time", "timetz"];

/// A column whose default is the time of loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The table as it is written: `["app", "t"]`.
    table: Vec<String>,
    column: String,
    literal: &'static str,
    instead: &'static str,
    /// The number of the declaration, and the literal's bytes in it.
    at: (usize, Token),
    /// Is the literal the whole default, and of a date or time?
    is_whole: bool,
}

/// Finds the columns in CREATE TABLE and ALTER TABLE whose default has such a literal.
pub fn moments(declared: &Declared) -> Vec<Moment> {
    let all = declared.declarations.iter().enumerate();
    all.flat_map(|(at, declaration)| in_statement(at, &declaration.statement.text)).collect()
}

fn in_statement(number: usize, text: &str) -> Vec<Moment> {
    if !text.contains('\'') {
        return Vec::new();
    }
    let solid: Vec<Token> = tokens(text, Syntax::Postgres).filter(Token::is_solid).collect();
    if !solid.iter().any(|token| special(token.text(text)).is_some()) {
        return Vec::new();
    }
    let Some(start) = solid.iter().position(|token| token.is_word(text, "TABLE")) else { return Vec::new() };
    let alters = solid.first().is_some_and(|first| first.is_word(text, "ALTER"));
    let mut rest = without_words(text, solid.get(start + 1..).unwrap_or_default(), &["IF", "NOT", "EXISTS", "ONLY"]);
    let mut table = Vec::new();
    while let [name, after @ ..] = rest {
        table.push(name_of(name.text(text), Syntax::Postgres));
        rest = after;
        match rest {
            [dot, after @ ..] if dot.is_mark(text, '.') => rest = after,
            _ => break,
        }
    }
    let mut found = Vec::new();
    for item in items(text, rest, if alters { 0 } else { 1 }) {
        let item =
            if alters { without_words(text, item, &["ADD", "ALTER", "COLUMN", "IF", "NOT", "EXISTS"]) } else { item };
        let default = item.iter().position(|token| token.is_word(text, "DEFAULT"));
        let (Some(default), Some(column)) = (default, item.first()) else { continue };
        // The literal of a CHECK behind the default makes no moment: what the server made of the default decides.
        let found_at =
            item.iter().enumerate().skip(default).find_map(|(at, token)| Some((at, special(token.text(text))?)));
        if let Some((at, (literal, instead))) = found_at {
            let column = name_of(column.text(text), Syntax::Postgres);
            let is_whole = is_whole(text, item, default, at);
            let token = item[at];
            found.push(Moment { table: table.clone(), column, literal, instead, at: (number, token), is_whole });
        }
    }
    found
}

/// Is the literal at `at` the whole of the default, and of a date or time by its own type or the column's?
fn is_whole(text: &str, item: &[Token], default: usize, at: usize) -> bool {
    let is_type = |token: Option<&Token>| {
        token.is_some_and(|token| WRITTEN.iter().any(|name| name.eq_ignore_ascii_case(token.text(text))))
    };
    let is_colon = |token: Option<&Token>| token.is_some_and(|token| token.text(text).starts_with(':'));
    let before = item.get(default + 1..at).unwrap_or_default();
    let rest = item.get(at + 1..).unwrap_or_default();
    let cast = rest.iter().take_while(|token| is_colon(Some(token))).count();
    let typed = match (before, cast) {
        ([], 0) => is_type(item.get(1)),
        ([], _) => is_type(rest.get(cast)),
        (_, 0) => is_type(before.first()) && before.iter().all(|token| token.kind == TokenKind::Word),
        _ => false,
    };
    let after = rest.get(if cast > 0 { cast + 1 } else { 0 });
    typed && after.is_none_or(|token| token.kind == TokenKind::Word)
}

fn special(text: &str) -> Option<(&'static str, &'static str)> {
    let words = text.strip_prefix('\'')?.strip_suffix('\'')?.trim();
    SPECIAL.iter().copied().find(|(literal, _)| literal.eq_ignore_ascii_case(words))
}

fn without_words<'a>(text: &str, tokens: &'a [Token], words: &[&str]) -> &'a [Token] {
    let is_one = |token: &Token| token.kind == TokenKind::Word && words.iter().any(|word| token.is_word(text, word));
    let end = tokens.iter().position(|token| !is_one(token)).unwrap_or(tokens.len());
    tokens.get(end..).unwrap_or_default()
}

/// Splits at the commas of this depth of brackets.
fn items<'a>(text: &str, tokens: &'a [Token], depth: usize) -> Vec<&'a [Token]> {
    let (mut open, mut start, mut found) = (0usize, 0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        if token.is_mark(text, '(') {
            open += 1;
            start = if open == depth { at + 1 } else { start };
        } else if token.is_mark(text, ')') {
            open = open.saturating_sub(1);
            if open + 1 == depth {
                found.push(tokens.get(start..at).unwrap_or_default());
                return found;
            }
        } else if token.is_mark(text, ',') && open == depth {
            found.push(tokens.get(start..at).unwrap_or_default());
            start = at + 1;
        }
    }
    found.push(tokens.get(start..).unwrap_or_default());
    found
}

/// Puts the time at which such a default was computed in the live database in the place of the literal.
pub fn with_live_times<'a>(declared: &'a Declared, moments: &[Moment], live: &Catalog) -> Cow<'a, Declared> {
    let mut declared = Cow::Borrowed(declared);
    // From behind, so that the places before stay as they are.
    for moment in moments.iter().rev().filter(|moment| moment.is_whole) {
        let there = moment.default_in(live).and_then(|default| constant(default.text("definition")));
        let (number, Token { start, end, .. }) = moment.at;
        let Some((value, _)) = there else { continue };
        let Some(Declaration { statement, lines }) = declared.to_mut().declarations.get_mut(number) else { continue };
        let value = format!("'{value}'");
        for (from, _) in lines.iter_mut().filter(|(from, _)| *from >= end) {
            *from = *from - end + start + value.len();
        }
        statement.text.replace_range(start..end, &value);
    }
    declared
}

/// Returns a sentence for each default that is the time of loading.
pub fn warnings(moments: &[Moment], declared: &Catalog) -> Vec<String> {
    let found = moments.iter().filter_map(|moment| {
        let default = moment.default_in(declared)?;
        constant(default.text("definition"))?;
        Some(format!(
            "the default of {} is the time at which the models were loaded ('{}'); use {}",
            Id::new("column", default.id.path.iter().cloned()),
            moment.literal,
            moment.instead
        ))
    });
    found.collect()
}

impl Moment {
    fn default_in<'a>(&self, catalog: &'a Catalog) -> Option<&'a Object> {
        let written: Vec<String> = self.table.iter().chain([&self.column]).cloned().collect();
        catalog.of_kind("default").find(|default| default.id.path.ends_with(&written))
    }
}

/// Returns the value and the type of a constant that is a date or time.
fn constant(definition: Option<&str>) -> Option<(&str, &str)> {
    let (value, type_name) = definition?.strip_prefix('\'')?.split_once("'::")?;
    (!value.contains('\'') && TYPES.contains(&type_name)).then_some((value, type_name))
}
