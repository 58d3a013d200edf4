//! Models as SQL files in the database's own DDL, and their `-- migrate:renamed-from old` comments.

use std::path::Path;

use super::{Declaration, Declared, DeclaredRename, ModelError, dump};
use crate::database::Dialect;
use crate::revision::guard;
use crate::sql::split::{self, Piece, SplitError};
use crate::sql::token::{Token, TokenKind, name_of, tokens};
use crate::sql::{Origin, Statement, Syntax};

/// What a comment says that declares a rename, after `-- migrate:`.
const RENAMED_FROM: &str = "renamed-from";

/// Adds the statements of `text`, the content of `path`, to `declared`.
///
/// Statements that begin or end a transaction are left out, and so is what a dump has beside the schema: it can be a
/// model as it is.
///
/// # Errors
/// A text that can't be split; a rename that names nothing.
pub fn read(path: &Path, text: &str, dialect: &'static Dialect, declared: &mut Declared) -> Result<(), ModelError> {
    let text = dump::without_psql(text, dialect.syntax);
    let pieces = split::split(&text, dialect.syntax).map_err(|error| {
        let meta = matches!(error, SplitError::MetaCommand { .. });
        let fault = match meta {
            true => ModelError::new("the models can't be read: this is a command of psql, not SQL")
                .hint("leave out what only psql understands"),
            false => ModelError::new(format!("the models can't be read: {error}")),
        };
        fault.at(path, &text, error.at(), error.at() + 1)
    })?;
    let newlines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line_of = |at: usize| newlines.partition_point(|&newline| newline < at) + 1;
    for piece in &pieces {
        let statement = piece.text(&text);
        if split::controls_transaction(statement, dialect.syntax)
            || dump::is_about_the_database(statement, dialect.syntax)
        {
            continue;
        }
        if dialect.syntax == Syntax::Postgres && dump::is_about_roles(statement) {
            declared.about_roles += 1;
            continue;
        }
        declared.declarations.push(Declaration {
            statement: Statement {
                text: without_directives(statement, dialect.syntax),
                origin: Origin::File { path: path.to_owned(), line: line_of(piece.start) },
                transactional: !(dialect.scripting.refuses_transaction)(statement),
                action_at: None,
                setting: None,
            },
            lines: Vec::new(),
        });
    }
    renames(path, &text, dialect.syntax, &pieces, &line_of, declared)
}

/// Returns the schema that a CREATE SCHEMA makes.
pub fn schema_made(statement: &str) -> Option<String> {
    if split::leading_words(statement, Syntax::Postgres, 2) != ["CREATE", "SCHEMA"] {
        return None;
    }
    let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
    let (_, name, _) = created(statement, Syntax::Postgres, &solid)?;
    // CREATE SCHEMA AUTHORIZATION names a role.
    name.into_iter().next().filter(|name| name != "authorization")
}

/// Returns the path of what a CREATE makes.
pub fn made(statement: &str) -> Option<Vec<String>> {
    let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
    created(statement, Syntax::Postgres, &solid).map(|(_, path, _)| path)
}

/// Takes `-- migrate:` comments out of a statement: SQLite would keep them in its schema.
fn without_directives(statement: &str, syntax: Syntax) -> String {
    if !statement.contains("migrate:") {
        return statement.to_owned();
    }
    let mut text = String::with_capacity(statement.len());
    for token in tokens(statement, syntax) {
        let piece = token.text(statement);
        if token.kind == TokenKind::Comment && renamed_from(piece).is_some() {
            text.truncate(text.trim_end_matches([' ', '\t']).len());
        } else {
            text.push_str(piece);
        }
    }
    text
}

fn renames(
    path: &Path,
    text: &str,
    syntax: Syntax,
    pieces: &[Piece],
    line_of: &dyn Fn(usize) -> usize,
    declared: &mut Declared,
) -> Result<(), ModelError> {
    if !text.contains(RENAMED_FROM) {
        return Ok(());
    }
    for comment in tokens(text, syntax).filter(|token| token.kind == TokenKind::Comment) {
        let Some(old) = renamed_from(comment.text(text)) else { continue };
        let fault = |message: String| Err(ModelError::new(message).at(path, text, comment.start, comment.end));
        let mut names = guard::path(old, syntax);
        let (Some(old), true) = (names.pop(), names.is_empty()) else {
            return fault(format!("`{old}` is not one name; write `-- migrate:renamed-from old_name`"));
        };
        let line = line_of(comment.start);
        let Some((kind, new)) = renamed(text, syntax, pieces, comment, &|at| line_of(at) == line) else {
            return fault(
                "there is nothing here that could have been renamed; write it before a CREATE, or beside a column in \
                 CREATE TABLE"
                    .to_owned(),
            );
        };
        declared.renames.push(DeclaredRename { kind, path: new, old, path_of_file: path.to_owned(), line });
    }
    Ok(())
}

fn renamed_from(comment: &str) -> Option<&str> {
    let directive = comment.strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
    Some(directive.strip_prefix(RENAMED_FROM)?.trim().trim_end_matches(';'))
}

/// What the comment stands beside: a column when it is inside the parentheses of CREATE TABLE, else what the statement
/// around it, before it on its line, or after it creates.
fn renamed(
    text: &str,
    syntax: Syntax,
    pieces: &[Piece],
    comment: Token,
    same_line: &dyn Fn(usize) -> bool,
) -> Option<(String, Vec<String>)> {
    let after = pieces.partition_point(|piece| piece.end <= comment.start);
    let before = after.checked_sub(1).and_then(|at| pieces.get(at));
    let inside = pieces.get(after).filter(|piece| piece.start < comment.start);
    let piece = match (inside, before) {
        (Some(piece), _) => piece,
        (None, Some(piece)) if same_line(piece.end) => piece,
        _ => pieces.get(after)?,
    };
    let solid: Vec<Token> = tokens(piece.text(text), syntax)
        .filter(Token::is_solid)
        .map(|token| Token { start: token.start + piece.start, end: token.end + piece.start, ..token })
        .collect();
    let (kind, name, rest) = created(text, syntax, &solid)?;
    let open = rest.iter().position(|token| token.is_mark(text, '(')).filter(|_| kind == "table");
    let Some(items) = open.and_then(|open| rest.get(open..)).filter(|items| comment.start > items[0].start) else {
        return Some((kind, name));
    };
    let column = column_at(text, syntax, items, comment.start, same_line)?;
    Some(("column".to_owned(), [name, vec![column]].concat()))
}

/// Returns what a CREATE makes, its name, and the tokens after it.
fn created<'a>(text: &str, syntax: Syntax, solid: &'a [Token]) -> Option<(String, Vec<String>, &'a [Token])> {
    const KINDS: &[&str] = &[
        "table",
        "view",
        "index",
        "sequence",
        "type",
        "domain",
        "function",
        "procedure",
        "trigger",
        "schema",
        "policy",
        "statistics",
        "publication",
        "collation",
        "aggregate",
        "rule",
    ];
    if !solid.first()?.is_word(text, "CREATE") {
        return None;
    }
    let at = solid.iter().take(6).position(|token| {
        token.kind == TokenKind::Word && KINDS.contains(&token.text(text).to_ascii_lowercase().as_str())
    })?;
    let mut kind = solid[at].text(text).to_ascii_lowercase();
    if kind == "view" && at > 0 && solid[at - 1].is_word(text, "MATERIALIZED") {
        kind = "materialized view".to_owned();
    }
    let mut rest = solid.get(at + 1..)?;
    for word in ["CONCURRENTLY", "IF", "NOT", "EXISTS"] {
        if rest.first().is_some_and(|token| token.is_word(text, word)) {
            rest = &rest[1..];
        }
    }
    let mut name = Vec::new();
    loop {
        let (first, after) = rest.split_first()?;
        if !matches!(first.kind, TokenKind::Word | TokenKind::QuotedName) {
            return None;
        }
        name.push(name_of(first.text(text), syntax));
        rest = after;
        match rest.first() {
            Some(token) if token.is_mark(text, '.') => rest = &rest[1..],
            _ => break,
        }
    }
    // What lives in a table is named after it.
    if matches!(kind.as_str(), "trigger" | "policy" | "rule") {
        let on = rest.iter().position(|token| token.is_word(text, if kind == "rule" { "TO" } else { "ON" }))?;
        let table: Vec<String> = rest
            .get(on + 1..)?
            .iter()
            .take_while(|token| {
                matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) || token.is_mark(text, '.')
            })
            .step_by(2)
            .map(|token| name_of(token.text(text), syntax))
            .collect();
        name = [table, name].concat();
    }
    Some((kind, name, rest))
}

/// Returns the name of the column beside a comment: the one that ends on the comment's line before it, else the next.
fn column_at(
    text: &str,
    syntax: Syntax,
    items: &[Token],
    comment: usize,
    same_line: &dyn Fn(usize) -> bool,
) -> Option<String> {
    let mut depth = 0usize;
    // The first token of each item, and whether it has one on the comment's line before the comment.
    let mut starts: Vec<(Token, bool)> = Vec::new();
    let mut expects_item = false;
    for token in items {
        if expects_item && !token.is_mark(text, ')') {
            starts.push((*token, false));
            expects_item = false;
        }
        if token.is_mark(text, '(') {
            depth += 1;
            expects_item = depth == 1;
        } else if token.is_mark(text, ')') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                break;
            }
        } else if token.is_mark(text, ',') && depth == 1 {
            expects_item = true;
        } else if token.start < comment
            && same_line(token.start)
            && let Some(last) = starts.last_mut()
        {
            last.1 = true;
        }
    }
    let beside = starts.iter().rev().find(|(_, beside)| *beside);
    let (start, _) = beside.or_else(|| starts.iter().find(|(start, _)| start.start > comment))?;
    matches!(start.kind, TokenKind::Word | TokenKind::QuotedName).then(|| name_of(start.text(text), syntax))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::postgres;

    fn declared(text: &str) -> Declared {
        let mut declared = Declared::default();
        read(Path::new("m.sql"), text, &postgres::DIALECT, &mut declared).unwrap();
        declared
    }

    #[test]
    fn a_dump_can_be_a_model() {
        let declared = declared("\\restrict abc\nBEGIN;\ncreate table a (n int);\n\nCOMMIT;\n\\unrestrict abc\n");
        assert_eq!(declared.declarations.len(), 1);
        assert_eq!(declared.declarations[0].statement.origin, Origin::File { path: "m.sql".into(), line: 3 });
    }

    #[test]
    fn renames_are_read_from_comments() {
        let text = "-- migrate:renamed-from people\ncreate table app.users (\n  id int,\n  \
                    full_name text, -- migrate:renamed-from name\n  -- migrate:renamed-from mail\n  email text,\n  n numeric(1,2)\n);\n\
                    create view v as select 1; -- migrate:renamed-from w\n\
                    -- migrate:renamed-from q\ncreate policy p on app.users using (true);";
        let found: Vec<_> =
            declared(text).renames.into_iter().map(|r| format!("{} {} {}", r.kind, r.path.join("."), r.old)).collect();
        assert_eq!(
            found,
            [
                "table app.users people",
                "column app.users.full_name name",
                "column app.users.email mail",
                "view v w",
                "policy app.users.p q"
            ]
        );
    }
}
