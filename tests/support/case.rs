//! The format of a case: one small .sql file under tests/cases/<database>/<kind>/, named for what it shows.
//!
//! ```sql
//! -- Why this case is here, in a sentence (optional).
//! -- needs 15                     (PostgreSQL's major version; optional)
//! -- rename t.a=t.b               (given to `revision --rename`; optional, several)
//! -- spelled otherwise            (optional: old and new are written in other words, and nothing is to be done)
//! -- unseen                       (optional: the judge sees no difference between old and new; otherwise that is a fault)
//! -- old
//! create table t (n int);
//! -- rows                         (optional: what the tables hold before the change)
//! insert into t values (1);
//! -- same                         (optional: queries, one a line, that answer the same before and after the change)
//! select n from t
//! -- new
//! create table t (n bigint);
//! -- plan                         (optional: the differences that are reported, one a line)
//! alter column public.t.n: type integer → bigint
//! -- refused                      (optional: words of the refusal; then nothing is run)
//! ```

use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// From tests/cases: `postgres/column/retyped_under_a_view`.
    pub name: String,
    pub needs: Option<u32>,
    pub renames: Vec<String>,
    pub spelled_otherwise: bool,
    pub unseen: bool,
    pub old: String,
    pub rows: String,
    pub same: Vec<String>,
    pub new: String,
    pub plan: Option<Vec<String>>,
    pub refused: Option<String>,
}

/// Reads a case; a fault is a sentence with its line.
pub fn parse(name: &str, text: &str) -> Result<Case, String> {
    let mut case = Case { name: name.to_owned(), ..Case::default() };
    let mut parts: Vec<(&str, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let directive = line.strip_prefix("-- ").map(str::trim_end);
        match directive.map(|words| words.split_once(' ').unwrap_or((words, ""))) {
            Some((part @ ("old" | "rows" | "same" | "new" | "plan" | "refused"), "")) => {
                if parts.iter().any(|(known, _)| *known == part) {
                    return Err(format!("line {}: a second `-- {part}`", number + 1));
                }
                parts.push((part, String::new()));
            }
            Some(("needs", version)) if version.parse::<u32>().is_ok() => case.needs = version.parse().ok(),
            Some(("spelled", "otherwise")) => case.spelled_otherwise = true,
            Some(("unseen", "")) => case.unseen = true,
            Some(("rename", pair)) if pair.contains('=') => case.renames.push(pair.to_owned()),
            _ => match parts.last_mut() {
                Some((_, content)) => {
                    content.push_str(line);
                    content.push('\n');
                }
                None if line.trim().is_empty() || line.starts_with("--") => {}
                None => return Err(format!("line {}: SQL before `-- old`", number + 1)),
            },
        }
    }
    let mut take = |wanted: &str| {
        let at = parts.iter().position(|(part, _)| *part == wanted)?;
        Some(parts.remove(at).1)
    };
    let lines = |text: String| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    case.old = take("old").ok_or("there is no `-- old`")?;
    case.new = take("new").ok_or("there is no `-- new`")?;
    case.rows = take("rows").unwrap_or_default();
    case.same = take("same").map(lines).unwrap_or_default();
    case.plan = take("plan").map(lines);
    case.refused = take("refused").map(|words| words.trim().to_owned());
    Ok(case)
}

/// Reads all cases of a database, sorted by name; MIGRATE_TEST_CASE keeps those whose name has one of its words.
pub fn all(database: &str) -> Vec<Case> {
    let root = super::repository().join("tests/cases");
    let wanted = std::env::var("MIGRATE_TEST_CASE").unwrap_or_default();
    let mut files = Vec::new();
    find(&root.join(database), &mut files);
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&root).unwrap_or(path).with_extension("").display().to_string();
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        parse(&name, &text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
    };
    let is_wanted =
        |case: &Case| wanted.trim().is_empty() || wanted.split_whitespace().any(|word| case.name.contains(word));
    files.iter().map(read).filter(is_wanted).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => find(&path, files),
            path if path.extension().is_some_and(|extension| extension == "sql") => files.push(path),
            _ => {}
        }
    }
}

mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_case_are_read() {
        let text = "-- why\n-- needs 15\n\n-- old\na;\n-- a comment\n-- rows\nr;\n-- same\nselect 1\n-- new\nb;\n-- rename x=y\n-- plan\n\nalter x\n";
        let case = parse("n", text).unwrap();
        let wanted = Case {
            name: "n".to_owned(),
            needs: Some(15),
            renames: vec!["x=y".to_owned()],
            spelled_otherwise: false,
            unseen: false,
            old: "a;\n-- a comment\n".to_owned(),
            rows: "r;\n".to_owned(),
            same: vec!["select 1".to_owned()],
            new: "b;\n".to_owned(),
            plan: Some(vec!["alter x".to_owned()]),
            refused: None,
        };
        assert_eq!(case, wanted);
        assert_eq!(parse("n", "-- old\n").unwrap_err(), "there is no `-- new`");
        assert_eq!(parse("n", "a;\n-- old\n").unwrap_err(), "line 1: SQL before `-- old`");
        assert_eq!(parse("n", "-- old\n-- old\n").unwrap_err(), "line 2: a second `-- old`");
    }
}
