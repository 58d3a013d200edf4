//! What a statement takes away by its own words: tables, columns, rows.
//!
//! Nothing is asked of a database here. Code that a statement calls (a function, a DO block) is not looked into.

use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// What is gone after a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The table, by its path as written.
    Table(Vec<String>),
    Column {
        table: Vec<String>,
        column: String,
    },
    /// Every row of the table.
    Rows(Vec<String>),
    /// Some of the table's rows.
    SomeRows(Vec<String>),
    /// Something without a name that could be counted, in a sentence.
    Other(String),
}

/// What a statement does to the names of tables and columns, for reading a script as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    pub losses: Vec<Loss>,
    /// Is what it takes away passed over if it is missing (`IF EXISTS`)?
    pub if_there: bool,
    /// The table that it creates, with the columns that it names.
    pub created: Option<(Vec<String>, Vec<String>)>,
    /// The columns that it adds, each with its table.
    pub added: Vec<(Vec<String>, String)>,
    /// The old path and the new name of a table.
    pub renamed: Option<(Vec<String>, String)>,
}

/// Returns what one statement takes away, creates and renames.
pub fn effects(statement: &str, syntax: Syntax) -> Effects {
    let mut words = Words::of(statement, syntax);
    let mut effects = Effects::default();
    if words.takes("DROP") {
        dropped(&mut words, &mut effects);
    } else if words.takes("TRUNCATE") {
        let _ = words.takes("TABLE");
        while let Some(table) = words.table() {
            effects.losses.push(Loss::Rows(table));
            let _ = words.mark('*');
            if !words.mark(',') {
                break;
            }
        }
    } else if words.takes("DELETE") {
        if words.takes("FROM")
            && let Some(table) = words.table()
        {
            let all = !words.rest_has("WHERE") && !words.rest_has("USING");
            effects.losses.push(if all { Loss::Rows(table) } else { Loss::SomeRows(table) });
        }
    } else if words.takes("ALTER") {
        altered(&mut words, &mut effects);
    } else if words.takes("CREATE") {
        created(&mut words, &mut effects);
    } else if words.takes("WITH") && words.rest_has("DELETE") {
        effects.losses.push(Loss::Other(format!("rows are deleted by {}", shortened(statement))));
    }
    effects
}

/// Returns the statement on one line, cut where it is long.
pub fn shortened(statement: &str) -> String {
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(70) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(&line)),
        None => line,
    }
}

fn dropped(words: &mut Words, effects: &mut Effects) {
    let cascades = words.rest_has("CASCADE");
    if words.takes("TABLE") {
        effects.if_there = words.skip_if_exists();
        while let Some(table) = words.table() {
            effects.losses.push(Loss::Table(table));
            if !words.mark(',') {
                break;
            }
        }
    } else if words.takes("SCHEMA") {
        // Without CASCADE only an empty one can be dropped.
        if cascades {
            let what = shortened(words.text);
            effects.losses.push(Loss::Other(format!("everything in the schema is dropped by {what}")));
        }
    } else if words.takes("DATABASE") || words.takes("OWNED") {
        effects.losses.push(Loss::Other(format!("everything in it is dropped by {}", shortened(words.text))));
    } else if cascades && ["TYPE", "DOMAIN", "EXTENSION"].iter().any(|word| words.takes(word)) {
        effects.losses.push(Loss::Other(format!("columns that use it are dropped by {}", shortened(words.text))));
    }
}

fn altered(words: &mut Words, effects: &mut Effects) {
    if words.takes("TYPE") {
        if words.rest_has("ATTRIBUTE") && words.rest_has("DROP") {
            effects.losses.push(Loss::Other(format!("an attribute is dropped by {}", shortened(words.text))));
        }
        return;
    }
    let _ = words.takes("FOREIGN");
    if !words.takes("TABLE") {
        return;
    }
    effects.if_there = words.skip_if_exists();
    let Some(table) = words.table() else { return };
    let _ = words.mark('*');
    loop {
        if words.takes("DROP") {
            if !words.takes("CONSTRAINT") {
                let _ = words.takes("COLUMN");
                effects.if_there |= words.skip_if_exists();
                if let Some(column) = words.name() {
                    effects.losses.push(Loss::Column { table: table.clone(), column });
                }
            }
        } else if words.takes("RENAME") {
            if words.takes("TO")
                && let Some(name) = words.name()
            {
                effects.renamed = Some((table.clone(), name));
            }
        } else if words.takes("ADD") {
            let _ = words.takes("COLUMN");
            if words.takes("IF") {
                let _ = words.takes("NOT") && words.takes("EXISTS");
            }
            if !words.begins_a_constraint()
                && let Some(column) = words.name()
            {
                effects.added.push((table.clone(), column));
            }
        }
        if !words.skip_past_comma() {
            return;
        }
    }
}

fn created(words: &mut Words, effects: &mut Effects) {
    while ["TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL", "VIRTUAL"].iter().any(|word| words.takes(word)) {}
    if !words.takes("TABLE") {
        return;
    }
    if words.takes("IF") {
        let _ = words.takes("NOT") && words.takes("EXISTS");
    }
    let Some(table) = words.table() else { return };
    let mut columns = Vec::new();
    if words.mark('(') {
        loop {
            if !words.begins_a_constraint() {
                columns.extend(words.name());
            }
            if !words.skip_past_comma() {
                break;
            }
        }
    }
    effects.created = Some((table, columns));
}

/// The solid tokens of a statement, read from left to right.
struct Words<'a> {
    text: &'a str,
    syntax: Syntax,
    tokens: Vec<Token>,
    at: usize,
}

impl<'a> Words<'a> {
    fn of(text: &'a str, syntax: Syntax) -> Self {
        Words { text, syntax, tokens: tokens(text, syntax).filter(Token::is_solid).collect(), at: 0 }
    }

    fn now(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// Passes over the word if it comes next.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.now().is_some_and(|token| token.is_word(self.text, word));
        self.at += usize::from(is_next);
        is_next
    }

    fn mark(&mut self, mark: char) -> bool {
        let is_next = self.now().is_some_and(|token| token.is_mark(self.text, mark));
        self.at += usize::from(is_next);
        is_next
    }

    fn rest_has(&self, word: &str) -> bool {
        self.tokens.iter().skip(self.at).any(|token| token.is_word(self.text, word))
    }

    fn skip_if_exists(&mut self) -> bool {
        self.takes("IF") && self.takes("EXISTS")
    }

    fn name(&mut self) -> Option<String> {
        let token = *self.now()?;
        let is_name = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
            // SQLite takes a string for a name where one must stand.
            || self.syntax == Syntax::Sqlite && token.kind == TokenKind::String;
        if !is_name {
            return None;
        }
        self.at += 1;
        Some(name_of(token.text(self.text), self.syntax))
    }

    /// A table's path, `ONLY` before it passed over.
    fn table(&mut self) -> Option<Vec<String>> {
        let _ = self.takes("ONLY");
        let mut path = vec![self.name()?];
        while self.mark('.') {
            path.push(self.name()?);
        }
        Some(path)
    }

    fn begins_a_constraint(&self) -> bool {
        ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "LIKE"]
            .iter()
            .any(|word| self.now().is_some_and(|token| token.is_word(self.text, word)))
    }

    /// Goes behind the next comma that no parenthesis encloses; false if there is none before the end.
    fn skip_past_comma(&mut self) -> bool {
        let mut depth = 0;
        while let Some(token) = self.now().copied() {
            self.at += 1;
            if token.is_mark(self.text, '(') {
                depth += 1;
            } else if token.is_mark(self.text, ')') {
                if depth == 0 {
                    return false;
                }
                depth -= 1;
            } else if depth == 0 && token.is_mark(self.text, ',') {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(path: &str) -> Vec<String> {
        path.split('.').map(str::to_owned).collect()
    }

    fn column(path: &str, name: &str) -> Loss {
        Loss::Column { table: table(path), column: name.to_owned() }
    }

    #[test]
    fn every_clause_of_an_alter_is_looked_at() {
        let found = effects(
            "ALTER TABLE ONLY public.t DROP CONSTRAINT k, DROP COLUMN o, ALTER c DROP DEFAULT, DROP \"N\" CASCADE, ADD x numeric(1, 2)",
            Syntax::Postgres,
        );
        assert_eq!(found.losses, [column("public.t", "o"), column("public.t", "N")]);
        assert_eq!(found.added, [(table("public.t"), "x".to_owned())]);
    }

    #[test]
    fn what_loses_no_data_is_no_loss() {
        for statement in [
            "ALTER TABLE t ALTER c DROP NOT NULL, ADD CONSTRAINT d CHECK (a > 1)",
            "DROP INDEX i",
            "DROP VIEW v CASCADE",
            "DROP SCHEMA s",
            "DROP TYPE mood",
            "UPDATE t SET a = 1",
        ] {
            assert_eq!(effects(statement, Syntax::Postgres).losses, [], "{statement}");
        }
    }

    #[test]
    fn tables_and_rows_are_named() {
        for (statement, losses) in [
            ("DROP TABLE IF EXISTS a, b.\"C d\" CASCADE", vec![Loss::Table(table("a")), Loss::Table(table("b.C d"))]),
            ("TRUNCATE ONLY a, b", vec![Loss::Rows(table("a")), Loss::Rows(table("b"))]),
            ("DELETE FROM a", vec![Loss::Rows(table("a"))]),
            ("DELETE FROM a WHERE b", vec![Loss::SomeRows(table("a"))]),
        ] {
            assert_eq!(effects(statement, Syntax::Postgres).losses, losses, "{statement}");
        }
    }

    #[test]
    fn a_rebuild_is_told_by_what_it_creates_and_renames() {
        let made = effects("CREATE TABLE u2 (id int, [a b] text, CHECK (id > 0, 1))", Syntax::Sqlite);
        assert_eq!(made.created, Some((table("u2"), vec!["id".to_owned(), "a b".to_owned()])));
        let renamed = effects("ALTER TABLE u2 RENAME TO users", Syntax::Sqlite);
        assert_eq!(renamed.renamed, Some((table("u2"), "users".to_owned())));
    }
}
