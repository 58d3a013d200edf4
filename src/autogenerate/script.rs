//! A plan as the text of a section.

use crate::database::Dialect;
use crate::schema::plan::{Passage, Plan, Risk};
use crate::sql::split::leading_words;
use crate::sql::{Statement, Syntax};

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

/// Returns the section that runs `before`, then the plan, then `after`.
pub fn script(before: &[Statement], plan: &Plan, after: &[Statement], dialect: &Dialect) -> Script {
    let plain = |statement: &Statement| Passage { statement: statement.clone(), risks: Vec::new() };
    let passages: Vec<Passage> =
        before.iter().map(plain).chain(plan.passages()).chain(after.iter().map(plain)).collect();
    let transactional = passages.iter().all(|passage| passage.statement.transactional);
    let stands_outside =
        |passage: &Passage| transactional && (dialect.scripting.outside_transaction)(&passage.statement.text);
    let (settings, passages): (Vec<Passage>, Vec<Passage>) = passages.into_iter().partition(stands_outside);
    let mut outside: Vec<String> = settings.into_iter().map(|passage| passage.statement.text).collect();
    outside.sort();
    outside.dedup();
    let mut paragraphs: Vec<String> = outside.iter().map(|setting| format!("{setting};")).collect();
    let mut statements = Vec::new();
    if dialect.syntax == Syntax::Postgres && passages.iter().any(|passage| makes_a_routine(&passage.statement.text)) {
        // Bodies may name what comes later in the section, and an overloaded or recursive one always may.
        let local = if transactional { "LOCAL " } else { "" };
        let setting = format!("SET {local}check_function_bodies = off");
        paragraphs.push(format!("{setting};"));
        statements.push(setting);
    }
    for passage in passages {
        let mut paragraph = String::new();
        for risk in &passage.risks {
            paragraph.push_str(&format!("-- {}\n", on_one_line(&risk.sentence())));
        }
        let text = passage.statement.text.trim_end();
        paragraph.push_str(text);
        // A comment at the end would swallow the semicolon.
        let last_line = text.lines().next_back().unwrap_or_default();
        paragraph.push_str(if last_line.contains("--") { "\n;" } else { ";" });
        paragraphs.push(paragraph);
        statements.push(text.to_owned());
    }
    Script { text: paragraphs.join("\n\n"), transactional, outside, statements }
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

/// Returns a line for each way in which the plan puts data at risk.
pub fn warnings(plan: &Plan) -> Vec<String> {
    plan.risks().map(Risk::sentence).collect()
}
