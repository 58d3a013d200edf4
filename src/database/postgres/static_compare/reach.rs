//! What a declared statement that is not about one plain table may do to the others: a closed list.
//!
//! Each form that stands here makes or changes what it names and nothing else, but for what `Beside` collects of it. What
//! does not stand here may do anything.

use std::collections::BTreeSet;

use crate::sql::Syntax;
use crate::sql::token::{Token, TokenKind, name_of, tokens};

/// What there is beside the plain tables, as far as it may matter to one of them.
#[derive(Debug, Default)]
pub struct Beside {
    /// The names in statements that change what is there already: an ALTER, a trigger, a comment, a privilege.
    pub named: BTreeSet<String>,
    /// The names in all of these statements, in lower case, those within strings (a routine's body) as well: they may
    /// mean a table's columns in their order (`SELECT *`).
    pub read: BTreeSet<String>,
    /// Routines, and the types that are called like one.
    pub routines: BTreeSet<String>,
    /// Are there operators or casts, which may change what an expression means?
    pub overloads: bool,
    /// Is the search path emptied, so that a name without a schema is found in pg_catalog alone?
    pub without_path: bool,
    schemas: BTreeSet<String>,
    /// Does a routine run statements that the server does not know yet, or change more than rows?
    commands: bool,
    /// Does anything run routines while it is made?
    runs: bool,
}

/// Extensions that bring functions of their own names, and no operators, casts or triggers on events.
const OF_FUNCTIONS: [&str; 10] = [
    "plpgsql",
    "pgcrypto",
    "uuid-ossp",
    "pg_stat_statements",
    "tablefunc",
    "fuzzystrmatch",
    "unaccent",
    "postgres_fdw",
    "file_fdw",
    "pgstattuple",
];
/// Extensions that bring types, operators and casts, and no triggers on events.
const OF_OPERATORS: [&str; 14] = [
    "citext",
    "hstore",
    "ltree",
    "pg_trgm",
    "btree_gin",
    "btree_gist",
    "intarray",
    "cube",
    "earthdistance",
    "isn",
    "seg",
    "postgis",
    "vector",
    "bloom",
];
/// In a routine's body: what may change a schema or a setting.
const COMMANDS: [&str; 17] = [
    "CREATE",
    "ALTER",
    "DROP",
    "GRANT",
    "REVOKE",
    "COMMENT",
    "EXECUTE",
    "SECURITY",
    "REASSIGN",
    "IMPORT",
    "REFRESH",
    "SET_CONFIG",
    "DBLINK",
    "QUERY_TO_XML",
    "QUERY_TO_XMLSCHEMA",
    "QUERY_TO_XML_AND_XMLSCHEMA",
    "CURSOR_TO_XML",
];
/// Settings that don't change what a statement means, whatever they are.
const HARMLESS: [&str; 8] = [
    "STATEMENT_TIMEOUT",
    "LOCK_TIMEOUT",
    "IDLE_IN_TRANSACTION_SESSION_TIMEOUT",
    "TRANSACTION_TIMEOUT",
    "CLIENT_MIN_MESSAGES",
    "CHECK_FUNCTION_BODIES",
    "ROW_SECURITY",
    "SYNCHRONOUS_COMMIT",
];
/// Settings that a dump begins with, at the values that they have anyway.
const AS_USUAL: [(&str, &str); 6] = [
    ("CLIENT_ENCODING", "UTF8"),
    ("STANDARD_CONFORMING_STRINGS", "ON"),
    ("XMLOPTION", "CONTENT"),
    ("DEFAULT_TABLESPACE", ""),
    ("DEFAULT_TABLE_ACCESS_METHOD", "HEAP"),
    ("SEARCH_PATH", "PUBLIC"),
];

impl Beside {
    /// Adds what the statement may do; None if it may do anything to any table.
    pub fn add(&mut self, statement: &str) -> Option<()> {
        let solid: Vec<Token> = tokens(statement, Syntax::Postgres).filter(Token::is_solid).collect();
        let words: Vec<String> = solid
            .iter()
            .map(|token| match token.kind {
                TokenKind::Word => token.text(statement).to_ascii_uppercase(),
                _ => String::new(),
            })
            .collect();
        let names = solid.iter().map(|token| name(token.text(statement), token.kind)).collect::<Result<Vec<_>, ()>>();
        let said = Said { text: statement, solid, words, names: names.ok()? };
        self.read.extend(said.names.iter().flatten().map(|name| name.to_lowercase()));
        self.read.extend(said.within_strings().map(str::to_lowercase));
        match said.word(0) {
            "CREATE" => self.create(&said),
            "ALTER" => self.alter(&said),
            "COMMENT" => self.change(&said),
            "GRANT" | "REVOKE" => self.grant(&said),
            "SET" | "SELECT" => self.set(&said),
            _ => None,
        }
    }

    /// May all of it together do anything to any table? `user` is the role's name, in whose schema the server looks first
    /// for names without one.
    pub fn may_do_anything(&self, user: &str) -> bool {
        self.commands && self.runs || self.schemas.contains(user)
    }

    /// Something that is there already, or that belongs to a table, is changed: all that is named.
    fn change(&mut self, said: &Said) -> Option<()> {
        self.named.extend(said.names.iter().flatten().cloned());
        Some(())
    }

    fn create(&mut self, said: &Said) -> Option<()> {
        let at = if said.has(1, &["OR", "REPLACE"]) { 3 } else { 1 };
        match (said.word(at), said.word(at + 1)) {
            ("TABLE", _) | ("UNLOGGED" | "FOREIGN", "TABLE") => {
                // The query of CREATE TABLE AS runs.
                (!said.outside_parentheses("AS")).then_some(())?;
                // A partition's bounds are computed.
                self.runs |= said.words.iter().any(|word| word == "VALUES");
                self.change(said)?;
            }
            ("UNIQUE", "INDEX")
            | ("CONSTRAINT", "TRIGGER")
            | ("INDEX" | "TRIGGER" | "POLICY" | "STATISTICS" | "SEQUENCE" | "RULE" | "PUBLICATION" | "SERVER", _) => {
                self.change(said)?;
            }
            ("VIEW", _) | ("RECURSIVE" | "MATERIALIZED", "VIEW") => {
                self.runs |= said.word(at) == "MATERIALIZED";
                self.commands |= said.commands();
            }
            ("FUNCTION" | "PROCEDURE" | "AGGREGATE", _) => {
                let language = said.words.iter().position(|word| word == "LANGUAGE").and_then(|at| said.name(at + 1));
                let language = language.map(str::to_ascii_lowercase);
                let known = language.is_none_or(|language| language == "sql" || language == "plpgsql");
                self.commands |= !known || said.commands();
                self.routines.insert(said.last_of_path(at + 1)?.to_owned());
            }
            // A type may be called like a function, and a range brings functions of its name.
            ("TYPE" | "DOMAIN", _) => self.routines.extend(said.names.iter().flatten().cloned()),
            ("COLLATION", _) | ("TEXT", "SEARCH") => {}
            ("SCHEMA", _) => {
                let at = if said.has(2, &["IF", "NOT", "EXISTS"]) { 5 } else { 2 };
                let (schema, end) = match (said.word(at), said.word(at + 1)) {
                    ("AUTHORIZATION", _) => (said.name(at + 1)?, at + 2),
                    (_, "AUTHORIZATION") => (said.name(at)?, at + 3),
                    _ => (said.name(at)?, at + 1),
                };
                self.schemas.insert(schema.to_owned());
                // What is made with it is anything.
                (end == said.solid.len()).then_some(())?;
            }
            ("EXTENSION", _) => {
                let at = if said.has(2, &["IF", "NOT", "EXISTS"]) { 5 } else { 2 };
                let extension = said.name(at)?;
                self.overloads |= OF_OPERATORS.contains(&extension);
                (OF_FUNCTIONS.contains(&extension) || OF_OPERATORS.contains(&extension)).then_some(())?;
            }
            ("OPERATOR", "CLASS" | "FAMILY") => return None,
            ("OPERATOR" | "CAST", _) => self.overloads = true,
            _ => return None,
        }
        Some(())
    }

    fn alter(&mut self, said: &Said) -> Option<()> {
        let anything = |at: usize| match said.word(at) {
            "RENAME" | "DROP" | "SCHEMA" | "ALL" | "EXTENSION" => at > 1,
            "CASCADE" => !matches!(said.word(at - 1), "DELETE" | "UPDATE"),
            _ => false,
        };
        if (1..said.solid.len()).any(anything) {
            return None;
        }
        let owner = said.solid.len().checked_sub(3).is_some_and(|at| said.has(at, &["OWNER", "TO"]));
        match said.word(1) {
            "TYPE" | "DOMAIN" | "FUNCTION" | "PROCEDURE" | "ROUTINE" | "AGGREGATE" | "VIEW" | "MATERIALIZED"
            | "SCHEMA"
                if owner =>
            {
                Some(())
            }
            "TABLE" | "INDEX" | "SEQUENCE" | "VIEW" | "MATERIALIZED" | "FUNCTION" | "PROCEDURE" | "ROUTINE"
            | "AGGREGATE" | "TYPE" | "DOMAIN" | "POLICY" | "TRIGGER" | "STATISTICS" | "FOREIGN" | "PUBLICATION"
            | "SERVER" => self.change(said),
            _ => None,
        }
    }

    fn grant(&mut self, said: &Said) -> Option<()> {
        said.words.iter().any(|word| word == "ON").then_some(())?;
        let all = said.words.windows(2).find(|pair| pair[0] == "ALL" && pair[1] != "PRIVILEGES" && pair[1] != "ON");
        match all.map(|pair| pair[1].as_str()) {
            // `ALL (column)` has no word there.
            None | Some("") => self.change(said),
            Some("FUNCTIONS" | "PROCEDURES" | "ROUTINES") => Some(()),
            Some(_) => None,
        }
    }

    fn set(&mut self, said: &Said) -> Option<()> {
        let texts: Vec<&str> = said.solid.iter().map(|token| token.text(said.text)).collect();
        let (setting, value) = match texts.as_slice() {
            [
                "SELECT",
                "pg_catalog",
                ".",
                "set_config",
                "(",
                "'search_path'",
                ",",
                "''",
                ",",
                "false" | "true",
                ")",
            ] => ("SEARCH_PATH", ""),
            [_, _, "=", value] => (said.word(1), *value),
            [_, _, to, value] if to.eq_ignore_ascii_case("TO") => (said.word(1), *value),
            [_, _, _, "=", value] if matches!(said.word(1), "SESSION" | "LOCAL") => (said.word(2), *value),
            _ => return None,
        };
        let value = value.trim_matches('\'').to_ascii_uppercase();
        if setting == "SEARCH_PATH" && value.is_empty() {
            self.without_path = true;
            return Some(());
        }
        let usual = said.word(0) == "SET" && AS_USUAL.contains(&(setting, value.as_str()));
        (usual || said.word(0) == "SET" && HARMLESS.contains(&setting)).then_some(())
    }
}

/// The name that a token stands for, if it is one; an error for one whose escapes are not read here.
fn name(text: &str, kind: TokenKind) -> Result<Option<String>, ()> {
    match kind {
        TokenKind::QuotedName if !text.starts_with('"') => Err(()),
        TokenKind::Word | TokenKind::QuotedName => Ok(Some(name_of(text, Syntax::Postgres))),
        TokenKind::Unterminated => Err(()),
        _ => Ok(None),
    }
}

/// A statement, token by token.
struct Said<'a> {
    text: &'a str,
    solid: Vec<Token>,
    /// In upper case; empty for what is no bare word.
    words: Vec<String>,
    names: Vec<Option<String>>,
}

impl Said<'_> {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    fn has(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(number, word)| self.word(at + number) == *word)
    }

    fn name(&self, at: usize) -> Option<&str> {
        self.names.get(at)?.as_deref()
    }

    /// The last name of the dotted ones that begin there.
    fn last_of_path(&self, mut at: usize) -> Option<&str> {
        while self.solid.get(at + 1).is_some_and(|token| token.text(self.text) == ".") {
            at += 2;
        }
        self.name(at)
    }

    fn outside_parentheses(&self, word: &str) -> bool {
        let mut depth = 0;
        self.solid.iter().zip(&self.words).any(|(token, text)| {
            match token.text(self.text) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            depth == 0 && text == word
        })
    }

    fn within_strings(&self) -> impl Iterator<Item = &str> {
        let strings = self.solid.iter().filter(|token| token.kind == TokenKind::String);
        strings.flat_map(|token| {
            token
                .text(self.text)
                .split(|char: char| !(char.is_alphanumeric() || char == '_'))
                .filter(|word| !word.is_empty())
        })
    }

    /// Is there anything in it, but for its first word, that may change a schema or a setting when it runs?
    fn commands(&self) -> bool {
        let is = |word: &str| COMMANDS.iter().any(|command| command.eq_ignore_ascii_case(word));
        // A trigger is made with EXECUTE, and a routine with SECURITY: those are no words of a body.
        let outside = |word: &&String| !matches!(word.as_str(), "SECURITY" | "EXECUTE");
        self.within_strings().any(is) || self.words.iter().skip(1).filter(outside).any(|word| is(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaches_all(statements: &[&str]) -> bool {
        let mut beside = Beside::default();
        statements.iter().any(|statement| beside.add(statement).is_none()) || beside.may_do_anything("me")
    }

    #[test]
    fn what_is_not_known_may_do_anything() {
        for statement in [
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO a",
            "REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM a",
            "GRANT a TO b",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO a",
            "SET default_tablespace = fast",
            "SET default_table_access_method = columnar",
            "SET search_path = app, public",
            "SET client_encoding = 'LATIN1'",
            "SET ROLE a",
            "SET SESSION AUTHORIZATION a",
            "SET LOCAL search_path = app",
            "SELECT pg_catalog.set_config('default_tablespace', 'fast', false)",
            "SELECT set_config('search_path', 'app', false)",
            "SELECT setval('s', 3)",
            "RESET search_path",
            "CREATE SCHEMA s CREATE TABLE t (id integer)",
            "CREATE SCHEMA s AUTHORIZATION a GRANT SELECT ON t TO a",
            "CREATE SCHEMA me",
            "CREATE SCHEMA AUTHORIZATION me",
            "ALTER SCHEMA a RENAME TO b",
            "ALTER TYPE a RENAME TO b",
            "ALTER TABLE a SET SCHEMA b",
            "ALTER TABLE a DROP COLUMN b CASCADE",
            "ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b",
            "ALTER EXTENSION a ADD TABLE b",
            "ALTER ROLE a SET search_path = b",
            "ALTER DATABASE a SET search_path = b",
            "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()",
            "CREATE EXTENSION nobody_knows",
            "CREATE TEMP TABLE t (id integer)",
            "CREATE TABLE t AS SELECT f()",
            "CREATE OPERATOR CLASS c DEFAULT FOR TYPE t USING btree AS OPERATOR 1 <",
            "CREATE LANGUAGE l",
            "CREATE ROLE a",
            "SECURITY LABEL ON TABLE t IS 'x'",
            "DO $$BEGIN EXECUTE 'ALTER TABLE t ADD x integer'; END$$",
            "CALL p()",
            "INSERT INTO t VALUES (1)",
            "DROP TABLE t",
            "COMMENT ON TABLE U&\"t\" IS 'x'",
        ] {
            assert!(reaches_all(&[statement]), "{statement}");
        }
        let routine = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN EXECUTE ''x''; RETURN 1; END'";
        assert!(!reaches_all(&[routine]));
        assert!(reaches_all(&[routine, "CREATE MATERIALIZED VIEW m AS SELECT f()"]));
        assert!(reaches_all(&["CREATE MATERIALIZED VIEW m AS SELECT set_config('search_path', 'app', false)"]));
    }

    #[test]
    fn what_is_known_says_what_it_changes() {
        let mut beside = Beside::default();
        for statement in [
            "SELECT pg_catalog.set_config('search_path', '', false)",
            "SET statement_timeout = 0",
            "SET client_encoding = 'UTF8'",
            "SET default_table_access_method = heap",
            "CREATE SCHEMA app",
            "CREATE SCHEMA IF NOT EXISTS more AUTHORIZATION CURRENT_USER",
            "CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public",
            "CREATE VIEW v AS SELECT * FROM seen",
            "CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM told'",
            "CREATE TRIGGER r BEFORE INSERT ON changed EXECUTE FUNCTION f()",
            "ALTER TYPE app.mood OWNER TO somebody",
            "GRANT ALL ON TABLE given TO a",
            "COMMENT ON INDEX noted IS 'x'",
        ] {
            assert!(beside.add(statement).is_some(), "{statement}");
        }
        assert!(!beside.may_do_anything("me") && beside.without_path && beside.overloads);
        assert!(["changed", "given", "noted"].iter().all(|name| beside.named.contains(*name)));
        assert!(["seen", "told", "mood"].iter().all(|name| !beside.named.contains(*name)));
        assert!(["seen", "told"].iter().all(|name| beside.read.contains(*name)));
        assert!(beside.routines.contains("f"));
    }
}
