//! A plan as the text of a section.

use crate::database::Dialect;
use crate::revision::directive;
use crate::revision::guard::{self, IRREVERSIBLE, KEEPS_ROWS};
use crate::schema::Id;
use crate::schema::plan::{Action, Plan, PlannedStatement, Refusal, Risk};
use crate::sql::quote::{identifier, qualified, without_carriage_returns};
use crate::sql::split::{leading_words, split};
use crate::sql::token::{Token, name_of, tokens};
use crate::sql::{Setting, Statement, Syntax};

/// The text of one section, and how it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// One paragraph a statement, each ended by `;`, risks in comments before it.
    pub text: String,
    /// False when a statement in it refuses a transaction.
    pub transactional: bool,
    /// Settings at the beginning of the text that take effect only before the transaction begins.
    pub outside: Vec<String>,
    /// The other statements, as they stand in the text.
    pub statements: Vec<String>,
}

/// How a section is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Each creation is guarded, so that it is done only where the object is not there, and each drop where it is.
    pub conditional: bool,
}

/// One statement on its way into a section.
struct Paragraph {
    statement: Statement,
    comments: Vec<String>,
    /// `unless table jobs`.
    guard: Option<String>,
}

/// Returns the section that runs `before`, then the plan, then `after`.
pub fn script(before: &[Statement], plan: &Plan, after: &[Statement], dialect: &Dialect, style: Style) -> Script {
    let plain = |statement: &Statement| Paragraph { statement: statement.clone(), comments: Vec::new(), guard: None };
    let planned = |planned_statement: PlannedStatement| Paragraph {
        guard: if style.conditional { guard_of(&planned_statement) } else { None },
        comments: planned_statement.risks.iter().map(|risk| on_one_line(&risk.sentence())).collect(),
        statement: planned_statement.statement,
    };
    let planned_statements = if style.conditional { plan.passages_apart() } else { plan.planned_statements() };
    let middle = planned_statements.into_iter().map(planned);
    let middle = middle.map(|mut paragraph| {
        paragraph.statement.text = rows_kept_under_renames(paragraph.statement.text, before, after, dialect.syntax);
        paragraph
    });
    let mut all: Vec<Paragraph> = before.iter().map(plain).chain(middle).chain(after.iter().map(plain)).collect();
    for paragraph in &mut all {
        let text = std::mem::take(&mut paragraph.statement.text);
        paragraph.statement.text = fit_for_a_file(text, dialect.syntax);
    }
    let transactional = all.iter().all(|paragraph| paragraph.statement.transactional);
    let stands_outside =
        |paragraph: &Paragraph| transactional && (dialect.scripting.outside_transaction)(&paragraph.statement.text);
    let (settings, paragraphs): (Vec<Paragraph>, Vec<Paragraph>) = all.into_iter().partition(stands_outside);
    let mut outside: Vec<String> = settings.into_iter().map(|paragraph| paragraph.statement.text).collect();
    let around = Settings::of(&paragraphs);
    outside.extend(around.outside.iter().map(|setting| (*setting).to_owned()));
    outside.sort();
    outside.dedup();
    let mut texts: Vec<String> = outside.iter().map(|setting| format!("{setting};")).collect();
    let mut statements = Vec::new();
    let makes_a_routine = paragraphs.iter().any(|paragraph| makes_a_routine(&paragraph.statement.text));
    if dialect.syntax == Syntax::Postgres && makes_a_routine {
        // Bodies may name what comes later in the section, and an overloaded or recursive one always may.
        let local = if transactional { "LOCAL " } else { "" };
        let setting = format!("SET {local}check_function_bodies = off");
        texts.push(format!("{setting};"));
        statements.push(setting);
    }
    for (at, paragraph) in paragraphs.iter().enumerate() {
        let (before, after) = (around.before(at), around.after(at));
        statements.extend(before.map(str::to_owned));
        statements.push(paragraph.statement.text.trim_end().to_owned());
        statements.extend(after.map(str::to_owned));
        texts.extend(around.before(at).map(|setting| format!("{setting};")));
        texts.push(written(paragraph));
        texts.extend(around.after(at).map(|setting| format!("{setting};")));
    }
    Script { text: together(&texts), transactional, outside, statements }
}

/// Catalogs hold what anybody wrote, comments and carriage returns included: nothing of it may be read as a directive, and a
/// file that git or an editor touches must stay the same script.
fn fit_for_a_file(text: String, syntax: Syntax) -> String {
    let (directive, sql) = match text.starts_with(KEEPS_ROWS).then(|| text.split_once('\n')).flatten() {
        Some((directive, sql)) => (format!("{directive}\n"), sql),
        None => (String::new(), text.as_str()),
    };
    let sql = directive::disarmed(sql, syntax);
    let sql = directive::line_ends(&sql, Some(syntax));
    format!("{directive}{}", without_carriage_returns(&sql, syntax))
}

impl Script {
    /// Returns the first statement that the text, read as a section is read, does not have in the place where it belongs.
    pub fn misread(&self, syntax: Syntax) -> Option<String> {
        let pieces = |text: &str| match split(text, syntax) {
            Ok(pieces) => pieces.iter().map(|piece| piece.text(text).to_owned()).collect(),
            Err(_) => vec![text.to_owned()],
        };
        let mut planned = self.outside.iter().chain(&self.statements).flat_map(|statement| pieces(statement));
        let mut read = pieces(&self.text).into_iter();
        loop {
            match (planned.next(), read.next()) {
                (None, None) => return None,
                (Some(planned), Some(read)) if planned == read => {}
                (Some(statement), _) | (None, Some(statement)) => return Some(statement),
            }
        }
    }
}

/// Joins paragraphs: lines that do the same follow each other, everything else stands apart.
fn together(texts: &[String]) -> String {
    let mut section = String::new();
    for (at, text) in texts.iter().enumerate() {
        let unchanged_tables =
            at.checked_sub(1).and_then(|before| texts.get(before)).is_some_and(|before| are_alike(before, text));
        section.push_str(if at == 0 {
            ""
        } else if unchanged_tables {
            "\n"
        } else {
            "\n\n"
        });
        section.push_str(text);
    }
    section
}

/// Are these two statements of one line that drop something, or that begin with the same two words?
fn are_alike(one: &str, two: &str) -> bool {
    let words = |text: &str| {
        let mut words = text.split(' ').map(str::to_owned);
        (words.next(), words.next())
    };
    let is_plain = |text: &str| !text.contains('\n') && !text.starts_with("--");
    let (one_words, two_words) = (words(one), words(two));
    let drop = one_words.0.as_deref() == Some("DROP") && one_words.0 == two_words.0;
    is_plain(one) && is_plain(two) && (drop || one_words == two_words)
}

fn written(paragraph: &Paragraph) -> String {
    let mut lines: Vec<String> = paragraph.comments.iter().map(|comment| format!("-- {comment}")).collect();
    for line in &mut lines {
        *line = directive::disarmed(line, Syntax::Sqlite).into_owned();
    }
    lines.extend(paragraph.guard.as_ref().map(|guard| format!("-- migrate:{guard}")));
    let text = paragraph.statement.text.trim_end();
    // A comment at the end would swallow the semicolon.
    let last_line = text.lines().next_back().unwrap_or_default();
    lines.push(format!("{text}{}", if last_line.contains("--") { "\n;" } else { ";" }));
    lines.extend(paragraph.guard.as_ref().map(|_| "-- migrate:end".to_owned()));
    lines.join("\n")
}

/// Returns the guard for a creation or a drop; None for what no guard can ask for.
fn guard_of(planned_statement: &PlannedStatement) -> Option<String> {
    let word = match planned_statement.action {
        Action::Create => "unless",
        Action::Drop => "if",
        _ => return None,
    };
    let Id { kind, path } = &planned_statement.id;
    let (subject, path) = match *kind {
        "table" | "foreign table" => ("table", path.to_vec()),
        "column" => ("column", path.to_vec()),
        "constraint" | "foreign check" => ("constraint", path.to_vec()),
        "view" | "materialized view" => ("view", path.to_vec()),
        "trigger" => ("trigger", path.to_vec()),
        "schema" => ("schema", path.to_vec()),
        "enum" | "domain" | "composite" | "range" | "composite type" | "range type" => ("type", path.to_vec()),
        // Known by its schema and its own name alone.
        "index" => {
            let outer = path.len().saturating_sub(1).min(1);
            ("index", [&path[..outer], &path[path.len() - 1..]].concat())
        }
        "function" | "procedure" | "aggregate" => ("function", path.to_vec()),
        _ => return None,
    };
    let name = match path.split_last() {
        // A routine's name ends with the types of its arguments, which are no part of the name.
        Some((last, outer)) if subject == "function" => match last.split_once('(') {
            Some((name, arguments)) => {
                format!("{}({arguments}", qualified(&[outer, &[name.to_owned()]].concat()))
            }
            None => qualified(&path),
        },
        _ => qualified(&path),
    };
    // A comment ends with its line, so a name that has two can't be in one.
    (!name.contains(['\n', '\r'])).then(|| format!("{word} {subject} {name}"))
}

/// `-- migrate:keeps-rows u` counts the table as it is called before the section and after it.
fn rows_kept_under_renames(text: String, before: &[Statement], after: &[Statement], syntax: Syntax) -> String {
    let Some((name, rest)) = text.strip_prefix(KEEPS_ROWS).and_then(|text| text.split_once('\n')) else { return text };
    let Some(name) = guard::path(name, syntax).pop() else { return text };
    let renamed = |name: &String, statements: &mut dyn Iterator<Item = &Statement>, back: bool| {
        statements.filter_map(|statement| table_rename(&statement.text, syntax)).fold(
            name.clone(),
            |name, (old, new)| {
                let (from, to) = if back { (new, old) } else { (old, new) };
                if from == name { to } else { name }
            },
        )
    };
    let old = renamed(&name, &mut before.iter().rev(), true);
    let new = renamed(&name, &mut after.iter(), false);
    let names = match old == new {
        true => identifier(&old),
        false => format!("{} = {}", identifier(&old), identifier(&new)),
    };
    // A comment ends with its line, so a name that has two can't be in one.
    if names.contains(['\n', '\r']) { rest.to_owned() } else { format!("{KEEPS_ROWS}{names}\n{rest}") }
}

/// Returns the two names of `ALTER TABLE old RENAME TO new`.
fn table_rename(statement: &str, syntax: Syntax) -> Option<(String, String)> {
    let solid: Vec<Token> = tokens(statement, syntax).filter(Token::is_solid).collect();
    let [alter, table, old, rename, to, new] = solid.as_slice() else { return None };
    let words = [(alter, "ALTER"), (table, "TABLE"), (rename, "RENAME"), (to, "TO")];
    let name = |token: &Token| name_of(token.text(statement), syntax);
    words.iter().all(|(token, word)| token.is_word(statement, word)).then(|| (name(old), name(new)))
}

/// The settings that statements of a section need, each with the first and the last of these.
#[derive(Default)]
struct Settings {
    outside: Vec<&'static str>,
    around: Vec<(&'static Setting, usize, usize)>,
}

impl Settings {
    fn of(paragraphs: &[Paragraph]) -> Settings {
        let mut settings = Settings::default();
        for (at, paragraph) in paragraphs.iter().enumerate() {
            let Some(setting) = paragraph.statement.setting else { continue };
            match settings.around.iter_mut().find(|(known, _, _)| *known == setting) {
                Some((_, _, last)) => *last = at,
                None => {
                    settings.outside.push(setting.outside_transaction);
                    settings.around.push((setting, at, at));
                }
            }
        }
        settings
    }

    fn before(&self, at: usize) -> impl Iterator<Item = &'static str> {
        self.around.iter().filter(move |(_, first, _)| *first == at).map(|(setting, _, _)| setting.on)
    }

    fn after(&self, at: usize) -> impl Iterator<Item = &'static str> {
        self.around.iter().filter(move |(_, _, last)| *last == at).map(|(setting, _, _)| setting.off)
    }
}

fn on_one_line(sentence: &str) -> String {
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn makes_a_routine(statement: &str) -> bool {
    let words = leading_words(statement, Syntax::Postgres, 4);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["CREATE", "FUNCTION" | "PROCEDURE", ..] | ["CREATE", "OR", "REPLACE", "FUNCTION" | "PROCEDURE", ..]
    )
}

/// Returns the downgrade section of a revision that can't be undone, which says why.
pub fn irreversible(refused: &[Refusal]) -> Script {
    let line = |refusal: &Refusal| on_one_line(&format!("{IRREVERSIBLE}{}: {}", refusal.id, refusal.reason));
    let text = refused.iter().map(line).collect::<Vec<_>>().join("\n");
    Script { text, transactional: true, ..Script::default() }
}

/// Returns a line for each way in which the plan puts data at risk.
pub fn warnings(plan: &Plan) -> Vec<String> {
    plan.risks().map(Risk::sentence).collect()
}
