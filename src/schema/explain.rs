//! A plan in words, as text and as JSON.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::plan::{Action, Difference, Plan, Risk};
use super::{Catalog, Id, Object, Value};

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
    /// The risk in words, as printed in a revision file and on the terminal.
    pub fn sentence(&self) -> String {
        match self {
            Risk::DestroysData(what) => format!("destroys data: {what}"),
            Risk::RewritesTable(what) => format!("rewrites the table: {what}"),
            Risk::Locks(what) => format!("locks: {what}"),
            Risk::MayFail(what) => format!("may fail: {what}"),
        }
    }
}

/// Returns one line for a difference: `alter column t.n: type integer → bigint`, `alter column t.n: set not null`.
pub fn line(difference: &Difference) -> String {
    let mut text = format!("{} {}", difference.action.verb(), difference.id);
    for (number, (name, old, new)) in difference.properties.iter().enumerate() {
        text.push_str(if number == 0 { ": " } else { ", " });
        let flag = name.replace('_', " ");
        let _ = match (old, new) {
            (None, Some(Value::Flag(true))) => write!(text, "set {flag}"),
            (Some(Value::Flag(true)), None) => write!(text, "drop {flag}"),
            _ => {
                let (old, new) = apart(&words(old), &words(new));
                write!(text, "{name} {old} → {new}")
            }
        };
    }
    text
}

/// Returns a line for each difference of a plan; children that are created or dropped with their parent have none.
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

/// Returns the secrets of a catalog's objects, which are neither read nor compared: `password of user mapping s.joe`.
pub fn secrets(catalog: &Catalog) -> Vec<String> {
    catalog.objects().filter_map(secrets_of).collect()
}

/// Returns the secrets of the objects that the plan creates, which its statements can't set.
pub fn secrets_to_give(plan: &Plan, from: &Catalog, to: &Catalog) -> Vec<String> {
    let made = plan.steps.iter().filter(|step| step.action == Action::Create);
    made.filter_map(|step| [to, from].into_iter().find_map(|catalog| secrets_of(catalog.get(&step.id)?))).collect()
}

fn secrets_of(object: &Object) -> Option<String> {
    let names = object.known_list("secrets");
    (!names.is_empty()).then(|| format!("{} of {}", names.join(", "), object.id))
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

fn words(value: &Option<Value>) -> String {
    let Some(value) = value else { return "none".to_owned() };
    value.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Shortens two long texts to where they differ, with a few words around that.
fn apart(old: &str, new: &str) -> (String, String) {
    const LONG: usize = 60;
    const AROUND: usize = 2;
    if old.chars().count() <= LONG && new.chars().count() <= LONG {
        return (old.to_owned(), new.to_owned());
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split(' ').collect(), new.split(' ').collect());
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(one, two)| one == two).count();
    let before = same(&mut old.iter().zip(&new));
    let after = same(&mut old.iter().rev().zip(new.iter().rev())).min(old.len().min(new.len()) - before);
    let around = |words: &[&str]| {
        let from = before.saturating_sub(AROUND);
        let to = (words.len() - after + AROUND).min(words.len());
        let text = words.get(from..to).unwrap_or_default().join(" ");
        let (text, cut) = match text.char_indices().nth(2 * LONG) {
            Some((cut, _)) => (text[..cut].to_owned(), true),
            None => (text, to < words.len()),
        };
        format!("{}{text}{}", if from > 0 { "… " } else { "" }, if cut { " …" } else { "" })
    };
    (around(&old), around(&new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let key = |action| {
            format!(
                "FOREIGN KEY (manager_id) REFERENCES auth.users(id) ON DELETE {action} DEFERRABLE INITIALLY DEFERRED"
            )
        };
        let (old, new) = apart(&key("SET NULL"), &key("CASCADE"));
        assert_eq!(
            (old.as_str(), new.as_str()),
            ("… ON DELETE SET NULL DEFERRABLE INITIALLY …", "… ON DELETE CASCADE DEFERRABLE INITIALLY …")
        );
        assert_eq!(apart("integer", "bigint"), ("integer".to_owned(), "bigint".to_owned()));
        let many = vec!["word"; 40].join(" ");
        assert_eq!(apart(&many, &format!("{many} more")), ("… word word".to_owned(), "… word word more".to_owned()));
        assert_eq!(apart("none", &many).0, "none");
    }
}
