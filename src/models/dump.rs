//! What a dump has beside the schema: psql's commands, rows, and the database that holds it all.

use crate::sql::Syntax;
use crate::sql::split::leading_words;
use crate::sql::token::{Token, TokenKind, tokens};

/// The psql commands that only say where and how a script runs; `\restrict` has guarded dumps since PostgreSQL 17.6.
const HARMLESS: &[&str] = &["restrict", "unrestrict", "connect", "c", "encoding", "echo"];

/// Returns the text with spaces in the place of psql's harmless commands and of `COPY … FROM stdin` with its rows, so
/// that every line keeps its number.
pub fn without_psql(text: &str, syntax: Syntax) -> String {
    let mut left = text.to_owned();
    let mut from = 0;
    while syntax == Syntax::Postgres && left.contains('\\') {
        let Some((start, end)) = next_to_leave_out(&left, from, syntax) else { break };
        let blank: String = left[start..end].chars().map(|c| if matches!(c, '\n' | '\r') { c } else { ' ' }).collect();
        from = start + blank.len();
        left.replace_range(start..end, &blank);
    }
    left
}

/// Is this statement about the whole database, which the models live in and do not make?
pub fn is_about_the_database(statement: &str, syntax: Syntax) -> bool {
    if syntax != Syntax::Postgres {
        return false;
    }
    let words = leading_words(statement, syntax, 3);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["CREATE" | "ALTER" | "DROP", "DATABASE", ..] | ["COMMENT", "ON", "DATABASE"] => true,
        ["GRANT" | "REVOKE", ..] => {
            let solid: Vec<Token> = tokens(statement, syntax).filter(Token::is_solid).collect();
            let on_database =
                |pair: &[Token]| pair[0].is_word(statement, "ON") && pair[1].is_word(statement, "DATABASE");
            solid.windows(2).any(on_database)
        }
        _ => false,
    }
}

/// Is this statement about the server's roles, or who is a member of which? A shadow would make them for all databases.
///
/// Membership in a role is granted on nothing.
pub fn is_about_roles(statement: &str) -> bool {
    let words = leading_words(statement, Syntax::Postgres, 3);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["CREATE" | "ALTER" | "DROP", "USER", "MAPPING"] => false,
        ["CREATE" | "ALTER" | "DROP", "ROLE" | "USER" | "GROUP", ..] | ["COMMENT", "ON", "ROLE"] => true,
        ["GRANT" | "REVOKE", ..] => {
            !tokens(statement, Syntax::Postgres).any(|token| token.is_solid() && token.is_word(statement, "ON"))
        }
        _ => false,
    }
}

/// Returns the bytes of the first harmless command, or COPY with its rows, after `from`, where a statement begins.
fn next_to_leave_out(text: &str, from: usize, syntax: Syntax) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let mut statement: Option<usize> = None;
    for token in tokens(rest, syntax).filter(Token::is_solid) {
        let Some(start) = statement else {
            if token.is_mark(rest, '\\') {
                let line = rest.get(token.start..)?.lines().next()?;
                let command = line.trim_start_matches('\\').split_whitespace().next().unwrap_or_default();
                let start = from + token.start;
                return HARMLESS.contains(&command).then_some((start, start + line.len()));
            }
            statement = (!token.is_mark(rest, ';')).then_some(token.start);
            continue;
        };
        if token.is_mark(rest, ';') {
            if reads_rows(rest.get(start..token.start)?, syntax) {
                let rows = rest.get(token.end..)?;
                let end = rows.find("\n\\.").map_or(rest.len(), |at| token.end + at + "\n\\.".len());
                return Some((from + start, from + end));
            }
            statement = None;
        }
    }
    None
}

fn reads_rows(statement: &str, syntax: Syntax) -> bool {
    let solid: Vec<Token> = tokens(statement, syntax).filter(Token::is_solid).collect();
    let is_copy = solid.first().is_some_and(|first| first.kind == TokenKind::Word && first.is_word(statement, "COPY"));
    is_copy && solid.windows(2).any(|pair| pair[0].is_word(statement, "FROM") && pair[1].is_word(statement, "STDIN"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_rows_leave_their_lines_behind() {
        let dump = "\\restrict x\nCREATE TABLE t (a text);\n\\connect app\nCOPY public.t (a) FROM stdin;\nit's; \"x\n\\\\.\n\\.\n\nSELECT 1;\n";
        let left = without_psql(dump, Syntax::Postgres);
        let lines: Vec<&str> = left.lines().map(str::trim_end).collect();
        assert_eq!(lines, ["", "CREATE TABLE t (a text);", "", "", "", "", "", "", "SELECT 1;"]);
    }

    #[test]
    fn what_does_something_stays() {
        for text in ["\\i other.sql\n", "CREATE FUNCTION f() AS $$\n\\connect app\n$$;", "SELECT E'\\connect'"] {
            assert_eq!(without_psql(text, Syntax::Postgres), text);
        }
    }

    #[test]
    fn the_database_is_not_part_of_the_models() {
        for (statement, wanted) in [
            ("CREATE DATABASE app", true),
            ("COMMENT ON DATABASE app IS 'x'", true),
            ("GRANT CONNECT ON DATABASE app TO web", true),
            ("GRANT SELECT ON t TO web", false),
            ("CREATE ROLE web LOGIN", true),
            ("CREATE USER MAPPING FOR web SERVER s", false),
            ("GRANT readers TO web", true),
            ("CREATE TABLE database (a int)", false),
        ] {
            let left_out = is_about_the_database(statement, Syntax::Postgres) || is_about_roles(statement);
            assert_eq!(left_out, wanted, "{statement}");
        }
    }
}
