//! The outside judge: what `pg_dump` and SQLite themselves say about a schema, in a form that compares.
//!
//! It shares no code with the tool. Two schemas are the same when their normal forms are; the order of statements and
//! of columns does not matter, because ALTER TABLE can't place a column.

use std::fmt::Write;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::sqlite::rows_of;

/// Returns the entries of a `pg_dump --schema-only`, sorted, with the columns of every table sorted.
pub fn postgres(dump: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut is_head = false;
    for line in dump.lines() {
        // pg_dump writes `--`, `-- Name: …; Type: …`, `--` before each entry; since 15.14 \restrict with a random word.
        if line.starts_with("-- Name: ") {
            entries.push(std::mem::take(&mut current));
            let kind = line.split("; ").find_map(|part| part.strip_prefix("Type: ")).unwrap_or_default();
            let _ = writeln!(current, "{kind}");
            is_head = false;
        } else if line.starts_with("-- PostgreSQL database dump complete") {
            break;
        } else if entries.is_empty() && current.is_empty() {
            is_head = true;
        }
        let noise = is_head || line.starts_with("--") || line.starts_with('\\') || line.trim().is_empty();
        if !noise && !line.starts_with("SET default_t") {
            let _ = writeln!(current, "{line}");
        }
    }
    entries.push(current);
    let mut entries: Vec<String> =
        entries.iter().filter(|entry| !entry.is_empty()).map(|entry| sorted(entry)).collect();
    entries.sort();
    entries
}

/// Sorts what has no order: the lines between a CREATE TABLE's parentheses, the grants of one object.
fn sorted(entry: &str) -> String {
    let mut lines: Vec<&str> = entry.lines().collect();
    let bare = |line: &str| line.trim_end_matches(',').to_owned();
    match lines.first().copied() {
        Some("TABLE" | "FOREIGN TABLE" | "TYPE") => {
            let open = lines.iter().position(|line| line.starts_with("CREATE ") && line.ends_with('('));
            let close = lines.iter().position(|line| line.starts_with(')'));
            if let (Some(open), Some(close)) = (open, close)
                && open < close
                && !lines[open].contains(" AS ENUM ")
            {
                let mut inside: Vec<String> = lines[open + 1..close].iter().map(|line| bare(line)).collect();
                inside.sort();
                let rest = lines.split_off(close);
                let head = lines[..=open].iter().map(|line| (*line).to_owned());
                let mut all: Vec<String> = head.chain(inside).collect();
                // ALTER TABLE … SET STORAGE, SET STATISTICS: one line for each column, in the columns' order.
                let (first, after) = rest.split_first().map_or(("", &[][..]), |(first, after)| (*first, after));
                let mut after: Vec<&str> = after.to_vec();
                after.sort_unstable();
                all.push(first.to_owned());
                all.extend(after.into_iter().map(str::to_owned));
                return all.join("\n");
            }
            entry.to_owned()
        }
        Some("ACL" | "DEFAULT ACL") => {
            lines.sort_unstable();
            lines.join("\n")
        }
        _ => {
            // What an object goes with is a set.
            let goes_with = |line: &&str| line.starts_with("ALTER ") && line.contains(" DEPENDS ON EXTENSION ");
            if let Some(from) = lines.iter().position(goes_with) {
                lines[from..].sort_unstable();
            }
            lines.join("\n")
        }
    }
}

/// Returns what a SQLite file says about its schema, object by object, sorted: by PRAGMA what they tell, else by text.
pub fn sqlite(file: &Path) -> Vec<String> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .unwrap_or_else(|error| panic!("cannot open {}: {error}", file.display()));
    let ask = |sql: &str| -> Vec<String> {
        let rows = rows_of(&connection, sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
        rows.into_iter()
            .map(|row| row.into_iter().map(|value| value.unwrap_or("∅".to_owned())).collect::<Vec<_>>().join(" | "))
            .collect()
    };
    let objects = rows_of(
        &connection,
        "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         AND tbl_name NOT LIKE 'migrate\\_revision%' ESCAPE '\\'",
    )
    .expect("sqlite_schema can be read");
    let mut entries = Vec::new();
    for object in objects {
        let [kind, name, sql] = object.map_or_empty();
        let quoted = name.replace('\'', "''");
        let mut entry = format!("{kind} {name}\n");
        if kind == "table" && !normal(&sql).starts_with("create virtual") {
            let facts = [
                format!("SELECT type, wr, strict FROM pragma_table_list('{quoted}') WHERE schema = 'main'"),
                format!("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo('{quoted}')"),
                format!(
                    "SELECT lower(\"table\"), lower(\"from\"), lower(\"to\"), on_update, on_delete, seq FROM pragma_foreign_key_list('{quoted}')"
                ),
                // An INTEGER PRIMARY KEY that is the rowid has no index.
                format!("SELECT origin, \"unique\" FROM pragma_index_list('{quoted}') WHERE origin <> 'c'"),
            ];
            for (fact, sql) in ["table", "column", "foreign key", "key"].iter().zip(facts) {
                let mut rows = ask(&sql);
                rows.sort();
                rows.iter().for_each(|row| _ = writeln!(entry, "  {fact}: {row}"));
            }
            let mut items = items(&sql);
            items.sort();
            items.iter().for_each(|item| _ = writeln!(entry, "  text: {item}"));
        } else {
            let _ = writeln!(entry, "  {}", normal(&sql));
        }
        entries.push(entry);
    }
    entries.sort();
    entries
}

trait ThreeTexts {
    fn map_or_empty(self) -> [String; 3];
}

impl ThreeTexts for Vec<Option<String>> {
    fn map_or_empty(self) -> [String; 3] {
        let mut values = self.into_iter().map(Option::unwrap_or_default);
        std::array::from_fn(|_| values.next().unwrap_or_default())
    }
}

/// The columns and constraints between the parentheses of a CREATE TABLE, each in normal form, and what follows them.
fn items(sql: &str) -> Vec<String> {
    let words = words(sql);
    let Some(open) = words.iter().position(|word| word == "(") else { return vec![words.join(" ")] };
    let mut depth = 0usize;
    let mut items = vec![Vec::new()];
    for word in &words[open..] {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        match (word.as_str(), depth) {
            ("(", 1) | (",", 1) | (")", 0) => items.push(Vec::new()),
            _ => items.last_mut().expect("never empty").push(word.as_str()),
        }
    }
    items.into_iter().filter(|item| !item.is_empty()).flat_map(|item| clauses(&item)).collect()
}

/// One item as its clauses: a constraint is the same in its column as beside the columns, in whatever order they are.
fn clauses(item: &[&str]) -> Vec<String> {
    const BEGINS: [&str; 12] = [
        "constraint",
        "primary",
        "unique",
        "check",
        "references",
        "foreign",
        "not",
        "null",
        "default",
        "collate",
        "generated",
        "as",
    ];
    let mut clauses: Vec<Vec<&str>> = Vec::new();
    let mut depth = 0usize;
    for (at, word) in item.iter().enumerate() {
        let previous = at.checked_sub(1).map_or("", |at| item[at]);
        let inside = matches!(
            (previous, *word),
            ("set", "null" | "default") | ("always", "as") | ("constraint", _) | ("default", _) | ("key", _)
        ) || item.get(at + 1) == Some(&"deferrable")
            || (*word == "references" && clauses.last().is_some_and(|clause| clause.contains(&"foreign")))
            || !previous.is_empty()
                && clauses.last().is_some_and(|clause| clause.len() == 2 && clause[0] == "constraint");
        if at == 0 || depth == 0 && BEGINS.contains(word) && !inside {
            clauses.push(Vec::new());
        }
        match *word {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        clauses.last_mut().expect("never empty").push(word);
    }
    let column = if BEGINS.contains(&item[0]) { "" } else { item[0] };
    clauses.iter().map(|clause| clause_in_one_form(clause, column)).collect()
}

fn clause_in_one_form(clause: &[&str], column: &str) -> String {
    let (name, clause) = match clause {
        ["constraint", name, rest @ ..] => (format!("constraint {name} "), rest),
        rest => (String::new(), rest),
    };
    let text = clause.join(" ").replace(" not deferrable", "").replace(" on update no action", "");
    let text = text.replace(" on delete no action", "");
    let text = match clause {
        [_, ..] if column.is_empty() && !matches!(clause[0], "check") => text,
        ["primary", "key", "desc", ..] => format!("primary key ( {column} desc ){}", &text["primary key desc".len()..]),
        ["primary", "key", ..] => format!("primary key ( {column} ){}", &text["primary key".len()..]),
        ["unique", ..] => format!("unique ( {column} ){}", &text["unique".len()..]),
        ["references", ..] => format!("foreign key ( {column} ) {text}"),
        ["check", inside @ ..] => {
            let mut inside = inside;
            while let ["(", rest @ .., ")"] = inside {
                let mut open = 1usize;
                let closes_early = rest.iter().any(|word| {
                    open = open + usize::from(*word == "(") - usize::from(*word == ")");
                    open == 0
                });
                if closes_early {
                    break;
                }
                inside = rest;
            }
            format!("check {}", inside.join(" "))
        }
        ["not" | "null" | "default" | "collate" | "generated" | "as", ..] => format!("{column} {text}"),
        _ => text,
    };
    format!("{name}{text}")
}

/// SQL text without comments, with one blank between its words, key words and names in lower case, names unquoted.
fn normal(sql: &str) -> String {
    words(sql).join(" ")
}

fn words(sql: &str) -> Vec<String> {
    let chars: Vec<char> = sql.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let char = chars[at];
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        at += 1;
        match char {
            _ if char.is_whitespace() => {}
            '-' if next == '-' => at = until(&chars, at, |c| c == '\n'),
            '/' if next == '*' => {
                while at < chars.len() && !(chars[at - 1] == '*' && chars[at] == '/' && at > start + 2) {
                    at += 1;
                }
                at += 1;
            }
            '\'' | '"' | '`' | '[' => {
                let close = if char == '[' { ']' } else { char };
                loop {
                    at = until(&chars, at, |c| c == close) + 1;
                    if chars.get(at) != Some(&close) || close == ']' {
                        break;
                    }
                    at += 1;
                }
                let text: String = chars[start..at.min(chars.len())].iter().collect();
                let inner: String = chars[start + 1..(at - 1).min(chars.len())].iter().collect();
                words.push(if char == '\'' { text } else { inner.to_lowercase() });
            }
            _ if char.is_alphanumeric() || char == '_' => {
                at = until(&chars, at, |c| !(c.is_alphanumeric() || c == '_' || c == '.' && char.is_ascii_digit()));
                words.push(chars[start..at].iter().collect::<String>().to_lowercase());
            }
            _ => {
                if matches!(
                    (char, next),
                    ('<', '=' | '>' | '<') | ('>', '=' | '>') | ('|', '|') | ('!', '=') | ('=', '=') | ('-', '>')
                ) {
                    at += 1;
                }
                let operator: String = chars[start..at].iter().collect();
                words.push(match operator.as_str() {
                    "!=" => "<>".to_owned(),
                    "==" => "=".to_owned(),
                    _ => operator,
                });
            }
        }
    }
    words
}

fn until(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|&at| stop(chars[at])).unwrap_or(chars.len())
}

/// Returns what only one of two normal forms has, `-` for the wanted and `+` for the found; empty when they are equal.
pub fn difference(wanted: &[String], found: &[String]) -> String {
    if wanted == found {
        return String::new();
    }
    let (wanted, found) = (wanted.join("\n"), found.join("\n"));
    similar::TextDiff::from_lines(&wanted, &found)
        .unified_diff()
        .context_radius(4)
        .header("wanted", "found")
        .to_string()
}

mod tests {
    use super::*;

    #[test]
    fn the_order_of_columns_and_statements_is_no_difference() {
        let one = "\
-- PostgreSQL database dump
SET x = 1;
--
-- Name: a; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.a (
    x integer,
    y text NOT NULL
);


--
-- Name: v; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.v AS
 SELECT a.x
   FROM public.a;
\\unrestrict abc
";
        let view = one.find("--\n-- Name: v").unwrap();
        let table = one.find("--\n-- Name: a").unwrap();
        let other = format!("{}{}{}", &one[..table], &one[view..], &one[table..view])
            .replace("    x integer,\n    y text NOT NULL\n", "    y text NOT NULL,\n    x integer\n");
        assert_ne!(one, other);
        assert_eq!(difference(&postgres(one), &postgres(&other)), "");
        assert_eq!(postgres(one).len(), 2);
        assert_ne!(postgres(one), postgres(&one.replace(" NOT NULL", "")));
        assert_ne!(postgres(one), postgres(&one.replace("a.x", "a.y")));
    }

    #[test]
    fn sqlite_is_compared_by_what_its_tables_are() {
        let folder = tempfile::tempdir().unwrap();
        let form = |name: &str, sql: &str| {
            let file = folder.path().join(name);
            super::super::sqlite::execute(&file, sql);
            sqlite(&file)
        };
        let one = form(
            "1",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT CHECK (b <> 'X'), UNIQUE (b)); CREATE INDEX i ON t(b)",
        );
        let same = form(
            "2",
            "create table \"t\" (b text /* c */ check(b<>'X'), a integer primary key, unique(b)); create index [i] on t (b)",
        );
        assert_eq!(difference(&one, &same), "");
        for other in [
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT CHECK (b <> 'x'), UNIQUE (b)); CREATE INDEX i ON t(b)",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT CHECK (b <> 'X'), UNIQUE (b)); CREATE INDEX i ON t(b DESC)",
            "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT CHECK (b <> 'X'), UNIQUE (b))",
            "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT CHECK (b <> 'X'), UNIQUE (b)); CREATE INDEX i ON t(b)",
        ] {
            let name = format!("{}", other.len() * 31 + other.matches('x').count());
            assert_ne!(one, form(&name, other), "{other}");
        }
    }
}
