//! A plan in words, for people and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::plan::{Action, Difference, Plan, Risk};
use super::{Catalog, Id, Value};

impl Action {
    pub fn verb(self) -> &'static str {
        match self {
            Action::Drop => "drop",
            Action::Alter => "alter",
            Action::Create => "create",
            Action::Replace => "replace",
        }
    }
}

impl Risk {
    /// The risk in words, as it stands in a revision file and on the terminal.
    pub fn sentence(&self) -> String {
        match self {
            Risk::DestroysData(what) => format!("destroys data: {what}"),
            Risk::RewritesTable(what) => format!("rewrites the table: {what}"),
            Risk::MayFail(what) => format!("may fail: {what}"),
        }
    }
}

/// Returns one line for a difference: `alter column t.n: type integer → bigint`.
pub fn line(difference: &Difference) -> String {
    let mut text = format!("{} {}", difference.action.verb(), difference.id);
    for (number, (name, old, new)) in difference.properties.iter().enumerate() {
        let _ = write!(text, "{} {name} {} → {}", if number == 0 { ":" } else { "," }, word(old), word(new));
    }
    text
}

/// Returns a line for each difference of a plan, but for what only comes or goes with what it lives inside of.
pub fn lines(plan: &Plan, from: &Catalog, to: &Catalog) -> Vec<String> {
    let whole: BTreeSet<(Action, &Id)> =
        plan.differences.iter().map(|difference| (difference.action, &difference.id)).collect();
    let with_its_parent = |difference: &Difference| {
        let side = match difference.action {
            Action::Drop => from,
            Action::Create => to,
            _ => return false,
        };
        let parent = side.get(&difference.id).and_then(|object| object.parent.as_ref());
        parent.is_some_and(|parent| whole.contains(&(difference.action, parent)))
    };
    plan.differences.iter().filter(|difference| !with_its_parent(difference)).map(line).collect()
}

/// Returns the plan's differences, refusals and risks as JSON.
pub fn as_json(plan: &Plan) -> serde_json::Value {
    let differences: Vec<_> = plan.differences.iter().map(difference_as_json).collect();
    json!({
        "differences": differences,
        "refused": plan.refused.iter().map(|refusal| json!({ "object": refusal.id.to_string(), "reason": refusal.reason })).collect::<Vec<_>>(),
        "risks": plan.risks().map(Risk::sentence).collect::<Vec<_>>(),
    })
}

fn difference_as_json(difference: &Difference) -> serde_json::Value {
    let properties: serde_json::Map<String, serde_json::Value> = difference
        .properties
        .iter()
        .map(|(name, old, new)| (name.clone(), json!({ "before": old, "after": new })))
        .collect();
    json!({
        "action": difference.action.verb(),
        "kind": difference.id.kind,
        "path": difference.id.path,
        "properties": properties,
    })
}

fn word(value: &Option<Value>) -> String {
    match value {
        None => "none".to_owned(),
        Some(value) => {
            let text = value.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            match text.char_indices().nth(60) {
                Some((cut, _)) => format!("{}…", &text[..cut]),
                None => text,
            }
        }
    }
}
