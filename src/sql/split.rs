//! A script into its statements.

use super::Syntax;
use super::token::{Token, TokenKind, tokens};

/// One statement of a script: its bytes `start..end`, from its first word to before its semicolon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub start: usize,
    pub end: usize,
}

impl Piece {
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.start..self.end]
    }
}

/// What makes a script impossible to split; `at` is a byte offset in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    #[error("the quote, dollar quote or comment that opens here is never closed")]
    Unterminated { at: usize },
    #[error("this is a psql command, not SQL; migrate sends a revision to the server itself")]
    MetaCommand { at: usize },
}

impl SplitError {
    pub fn at(&self) -> usize {
        match self {
            SplitError::Unterminated { at } | SplitError::MetaCommand { at } => *at,
        }
    }
}

/// Returns the statements of `sql`, without their semicolons and without the comments around them.
///
/// A semicolon ends a statement unless it is in parentheses (PostgreSQL: a rule's actions), in the body of a
/// PostgreSQL routine written `BEGIN ATOMIC … END` (CREATE FUNCTION), or in that of an SQLite trigger
/// (`BEGIN … END`, as in `sqlite3_complete()`). Empty statements are left out.
///
/// # Errors
/// `Unterminated` for an open quote or comment; `MetaCommand` for a psql backslash command.
pub fn split(sql: &str, syntax: Syntax) -> Result<Vec<Piece>, SplitError> {
    let mut pieces = Vec::new();
    let mut current: Option<Open> = None;
    for token in tokens(sql, syntax) {
        if token.kind == TokenKind::Unterminated {
            return Err(SplitError::Unterminated { at: token.start });
        }
        if !token.is_solid() {
            continue;
        }
        if token.is_mark(sql, ';') && current.as_ref().is_none_or(Open::may_end) {
            if let Some(open) = current.take() {
                pieces.push(open.piece);
            }
            continue;
        }
        if current.is_none() && syntax == Syntax::Postgres && token.is_mark(sql, '\\') {
            return Err(SplitError::MetaCommand { at: token.start });
        }
        current.get_or_insert_with(|| Open::at(token.start)).take(sql, token, syntax);
    }
    pieces.extend(current.map(|open| open.piece));
    Ok(pieces)
}

/// Does this statement begin, end or set a savepoint in a transaction of its own?
///
/// Such a statement would take the transaction out of the tool's hands. Savepoints are harmless and not counted.
pub fn controls_transaction(statement: &str, syntax: Syntax) -> bool {
    let words = leading_words(statement, syntax, 3);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["BEGIN" | "COMMIT" | "END" | "ABORT", ..] | ["START", "TRANSACTION", ..] => true,
        ["PREPARE", "TRANSACTION", ..] => true,
        ["ROLLBACK", "TO", ..] | ["ROLLBACK", "TRANSACTION" | "WORK", "TO"] => false,
        ["ROLLBACK", ..] => true,
        _ => false,
    }
}

/// Returns up to `count` bare words with which the statement begins, in upper case.
pub fn leading_words(statement: &str, syntax: Syntax, count: usize) -> Vec<String> {
    tokens(statement, syntax)
        .filter(Token::is_solid)
        .take(count)
        .take_while(|token| token.kind == TokenKind::Word)
        .map(|token| token.text(statement).to_ascii_uppercase())
        .collect()
}

/// A statement whose end has not been seen.
struct Open {
    piece: Piece,
    parentheses: usize,
    /// How many `BEGIN`/`CASE` of a body wait for their `END`.
    blocks: usize,
    words: Vec<String>,
    /// A routine or trigger, whose body may hold statements.
    has_body: bool,
    last_word: String,
}

impl Open {
    fn at(start: usize) -> Self {
        let piece = Piece { start, end: start };
        Open { piece, parentheses: 0, blocks: 0, words: Vec::new(), has_body: false, last_word: String::new() }
    }

    fn may_end(&self) -> bool {
        self.parentheses == 0 && self.blocks == 0
    }

    fn take(&mut self, sql: &str, token: Token, syntax: Syntax) {
        self.piece.end = token.end;
        if token.is_mark(sql, '(') {
            self.parentheses += 1;
        } else if token.is_mark(sql, ')') {
            self.parentheses = self.parentheses.saturating_sub(1);
        } else if token.kind == TokenKind::Word {
            let word = token.text(sql).to_ascii_uppercase();
            if self.words.len() < 5 {
                self.words.push(word.clone());
                self.has_body = match syntax {
                    Syntax::Postgres => self.creates(&["FUNCTION", "PROCEDURE"]),
                    Syntax::Sqlite => self.creates(&["TRIGGER"]),
                };
            }
            if self.has_body {
                self.follow_block(&word, syntax);
            }
            self.last_word = word;
        } else {
            self.last_word.clear();
        }
    }

    fn creates(&self, kinds: &[&str]) -> bool {
        self.words.first().is_some_and(|word| word == "CREATE")
            && self.words.iter().any(|word| kinds.contains(&word.as_str()))
    }

    fn follow_block(&mut self, word: &str, syntax: Syntax) {
        match word {
            "ATOMIC" if syntax == Syntax::Postgres && self.last_word == "BEGIN" => self.blocks += 1,
            "BEGIN" if syntax == Syntax::Sqlite && self.blocks == 0 => self.blocks += 1,
            "CASE" if self.blocks > 0 => self.blocks += 1,
            "END" if self.blocks > 0 => self.blocks -= 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str, syntax: Syntax) -> Vec<&str> {
        split(sql, syntax).unwrap().iter().map(|piece| piece.text(sql)).collect()
    }

    #[test]
    fn semicolons_in_literals_bodies_and_parentheses_do_not_split() {
        let sql = "-- a;\nselect ';';; create function f() returns int language sql begin atomic select case when true then 1 else 2 end; select 2; end; \
                   create rule r as on insert to t do (select 1; select 2); do $$ begin; end $$";
        let parts = texts(sql, Syntax::Postgres);
        assert_eq!(parts.len(), 4, "{parts:?}");
        assert_eq!(parts[0], "select ';'");
        assert!(parts[1].ends_with("end"));
    }

    #[test]
    fn an_sqlite_trigger_is_one_statement() {
        let sql =
            "create trigger t after insert on a begin update a set x = case when 1 then 2 end; select 1; end; select 2";
        assert_eq!(texts(sql, Syntax::Sqlite).len(), 2);
    }

    #[test]
    fn open_quotes_and_psql_commands_are_errors() {
        assert_eq!(split("select 'x", Syntax::Postgres), Err(SplitError::Unterminated { at: 7 }));
        assert_eq!(split("select 1;\n\\i x", Syntax::Postgres), Err(SplitError::MetaCommand { at: 10 }));
    }

    #[test]
    fn transaction_control_is_recognised() {
        for statement in ["COMMIT", "begin immediate", "/* x */ rollback", "END", "start transaction"] {
            assert!(controls_transaction(statement, Syntax::Postgres), "{statement}");
        }
        for statement in ["rollback to s", "savepoint s", "select 1", "do $$begin commit; end$$"] {
            assert!(!controls_transaction(statement, Syntax::Postgres), "{statement}");
        }
    }
}
