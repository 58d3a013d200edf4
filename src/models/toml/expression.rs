//! Expressions that are written once, in PostgreSQL's spelling, and used in both databases.

use crate::sql::Syntax;
use crate::sql::quote::identifier;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// A random UUID (RFC 9562, version 4) as SQLite makes one.
const SQLITE_UUID: &str = "(lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || \
    substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (abs(random()) % 4), 1) || \
    substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))";

/// Returns a column's default; an array's is JSON in SQLite.
pub fn default(written: &str, syntax: Syntax, is_array: bool) -> String {
    let written = written.trim();
    if syntax == Syntax::Postgres {
        return written.to_owned();
    }
    let plain = without_casts(written);
    let folded: String = plain.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    match folded.as_str() {
        "now()" | "current_timestamp" | "localtimestamp" | "statement_timestamp()" | "clock_timestamp()" => {
            return "CURRENT_TIMESTAMP".to_owned();
        }
        "gen_random_uuid()" | "uuid_generate_v4()" => return SQLITE_UUID.to_owned(),
        "'{}'" | "array[]" if is_array => return "'[]'".to_owned(),
        _ => {}
    }
    let mut solid = tokens(&plain, syntax).filter(Token::is_solid);
    let (first, second) = (solid.next(), solid.next());
    let literal = match (first, second) {
        (Some(token), None) => matches!(token.kind, TokenKind::String | TokenKind::Number | TokenKind::Word),
        (Some(sign), Some(number)) => {
            number.kind == TokenKind::Number && number.end == plain.len() && matches!(sign.text(&plain), "-" | "+")
        }
        _ => false,
    };
    // SQLite takes anything but a literal only in parentheses (its manual, "CREATE TABLE", 3.2).
    if literal || plain.starts_with('(') && plain.ends_with(')') { plain } else { format!("({plain})") }
}

/// Returns a check, a predicate or the expression of an index or a generated column.
pub fn any(written: &str, syntax: Syntax) -> String {
    match syntax {
        Syntax::Postgres => written.trim().to_owned(),
        Syntax::Sqlite => without_casts(written.trim()),
    }
}

/// Takes `::type` out, which SQLite does not know.
fn without_casts(written: &str) -> String {
    if !written.contains("::") {
        return written.to_owned();
    }
    let all: Vec<Token> = tokens(written, Syntax::Postgres).collect();
    let mut plain = String::new();
    let mut at = 0;
    while let Some(token) = all.get(at) {
        if token.text(written) != "::" {
            plain.push_str(token.text(written));
            at += 1;
            continue;
        }
        at += 1;
        at = after_type(written, &all, at);
    }
    plain.trim().to_owned()
}

/// Returns the index of the token after the type's name that begins at `at`.
fn after_type(written: &str, all: &[Token], mut at: usize) -> usize {
    let is = |at: usize, text: &str| all.get(at).is_some_and(|token| token.text(written).eq_ignore_ascii_case(text));
    at += 1;
    while is(at, ".") {
        at += 2;
    }
    for words in [["double", "precision"], ["character", "varying"], ["bit", "varying"]] {
        if is(at - 1, words[0]) && is(at + 1, words[1]) {
            at += 2;
        }
    }
    if is(at, "(") {
        while at < all.len() && !is(at, ")") {
            at += 1;
        }
        at += 1;
    }
    for zone in ["with", "without"] {
        if is(at + 1, zone) && is(at + 3, "time") && is(at + 5, "zone") {
            at += 6;
        }
    }
    while is(at, "[") {
        at += if is(at + 1, "]") { 2 } else { 3 };
    }
    at
}

/// Returns one part of an index: a column's name, or an expression, with what may stand behind it (`DESC`, a collation,
/// an operator class).
pub fn index_part(written: &str, columns: &[&str], syntax: Syntax) -> String {
    let written = written.trim();
    if columns.contains(&written) {
        return identifier(written);
    }
    let text = any(written, syntax);
    let solid: Vec<Token> = tokens(&text, syntax).filter(Token::is_solid).collect();
    let Some(first) = solid.first() else { return text };
    let named = matches!(first.kind, TokenKind::Word | TokenKind::QuotedName)
        && columns.contains(&name_of(first.text(&text), syntax).as_str());
    let next = solid.get(1);
    if named && next.is_some_and(|next| matches!(next.kind, TokenKind::Word | TokenKind::QuotedName)) {
        let name = name_of(first.text(&text), syntax);
        return format!("{} {}", identifier(&name), behind(&text[next.map_or(0, |next| next.start)..], syntax));
    }
    // Where the expression ends and ASC, DESC or NULLS begins.
    let end = solid
        .iter()
        .position(|token| ["ASC", "DESC", "NULLS"].iter().any(|word| token.is_word(&text, word)))
        .and_then(|at| solid.get(at))
        .map_or(text.len(), |token| token.start);
    let (expression, order) = text.split_at(end);
    let expression = expression.trim();
    let order = behind(order, syntax);
    let order = if order.is_empty() { order } else { format!(" {order}") };
    if is_call(expression, syntax) || expression.starts_with('(') && closes_at_end(expression, syntax) {
        format!("{expression}{order}")
    } else {
        format!("({expression}){order}")
    }
}

/// What follows an index's column; SQLite has no operator classes.
fn behind(text: &str, syntax: Syntax) -> String {
    let text = text.trim();
    if syntax == Syntax::Postgres {
        return text.to_owned();
    }
    let mut kept = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match word.to_ascii_uppercase().as_str() {
            "ASC" | "DESC" => kept.push(word),
            "COLLATE" => {
                kept.push(word);
                kept.extend(words.next());
            }
            // SQLite reads them, but refuses them in an index.
            "NULLS" => drop(words.next()),
            _ => {}
        }
    }
    kept.join(" ")
}

/// Is it one call of a function, `lower(email)`?
fn is_call(expression: &str, syntax: Syntax) -> bool {
    let solid: Vec<Token> = tokens(expression, syntax).filter(Token::is_solid).collect();
    let open = solid.iter().position(|token| token.is_mark(expression, '('));
    open.is_some_and(|open| {
        open > 0
            && solid[..open].iter().all(|token| {
                matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) || token.is_mark(expression, '.')
            })
            && open % 2 == 1
            && closes_at_end(&expression[solid[open].start..], syntax)
    })
}

/// Does the parenthesis with which the text begins close at its end?
pub fn closes_at_end(text: &str, syntax: Syntax) -> bool {
    let mut depth = 0usize;
    for token in tokens(text, syntax) {
        if token.is_mark(text, '(') {
            depth += 1;
        } else if token.is_mark(text, ')') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return text[token.end..].trim().is_empty();
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_mean_the_same_in_sqlite() {
        for (written, wanted) in [
            ("now()", "CURRENT_TIMESTAMP"),
            ("'{}'::jsonb", "'{}'"),
            ("0", "0"),
            ("-1.5", "-1.5"),
            ("true", "true"),
            ("'a'::character varying(20)", "'a'"),
            ("1 + 2", "(1 + 2)"),
            ("lower('A')", "(lower('A'))"),
        ] {
            assert_eq!(default(written, Syntax::Sqlite, false), wanted, "{written}");
        }
        assert_eq!(default("'{}'", Syntax::Sqlite, true), "'[]'");
    }

    #[test]
    fn parts_of_indexes_are_columns_or_expressions() {
        let part = |written| index_part(written, &["email", "Order", "n"], Syntax::Postgres);
        assert_eq!(
            ["email", "Order", "email desc", "lower(email)", "n + 1", "lower(email) DESC", "email text_pattern_ops"]
                .map(part),
            [
                "email",
                "\"Order\"",
                "email desc",
                "lower(email)",
                "(n + 1)",
                "lower(email) DESC",
                "email text_pattern_ops"
            ]
        );
        assert_eq!(index_part("email text_pattern_ops DESC NULLS LAST", &["email"], Syntax::Sqlite), "email DESC");
    }
}
