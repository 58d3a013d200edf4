//! What differs, and which of it each kind's rule claims.

use std::collections::{BTreeMap, HashSet};

use super::{Action, Difference, Planner, Refusal};
use crate::schema::change::{Change, Part};
use crate::schema::{Object, Value};

impl<'a> Planner<'a> {
    /// Finds what differs, and lets each kind's rule claim what it can change in place.
    pub(super) fn compare(&mut self) {
        let mut parts: BTreeMap<usize, Vec<Part<'a>>> = BTreeMap::new();
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let same = node.before.map(|object| &object.properties) == node.after.map(|object| &object.properties);
            if let Some(parent) = self.whole(at).filter(|_| !same) {
                parts.entry(parent).or_default().push(Part { before: node.before, after: node.after });
            }
        }
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let inside = parts.remove(&at).unwrap_or_default();
            let (action, properties) = match (node.before, node.after) {
                (Some(_), None) => (Action::Drop, Vec::new()),
                (None, Some(_)) => (Action::Create, Vec::new()),
                (Some(before), Some(after)) if before.properties != after.properties => {
                    let by_parent = self.whole(at).is_some();
                    let action = if by_parent { Action::Alter } else { self.alter(at, before, after, inside) };
                    (action, differing(before, after))
                }
                (Some(before), Some(after)) if !inside.is_empty() => {
                    self.alter(at, before, after, inside);
                    continue;
                }
                _ => continue,
            };
            self.differences.push(Difference { action, id: self.nodes[at].id.clone(), properties });
        }
        self.replace_parents();
    }

    /// Has the parent dropped and made again of what can go by no other way.
    fn replace_parents(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let Some((before, parent)) = node.before.filter(|_| node.goes).zip(node.parent_before) else { continue };
            let parent_stays = self.nodes[parent].after.is_some() && !self.nodes[parent].goes;
            if !parent_stays || !(node.kind.only_with_parent)(before, self.to) {
                continue;
            }
            let whole = &mut self.nodes[parent];
            (whole.goes, whole.comes, whole.change) = (true, true, None);
            let id = whole.id.clone();
            match self.differences.iter_mut().find(|difference| difference.id == id) {
                Some(difference) => difference.action = Action::Replace,
                None => self.differences.push(Difference { action: Action::Replace, id, properties: Vec::new() }),
            }
        }
    }

    /// Returns the parent whose rule makes, changes and drops this part of it: one that is there before and after.
    fn whole(&self, at: usize) -> Option<usize> {
        let node = &self.nodes[at];
        let parent = node.parent_before.or(node.parent_after)?;
        let moves = node.before.is_some() && node.after.is_some() && node.parent_before != node.parent_after;
        let stays = self.nodes[parent].before.is_some() && self.nodes[parent].after.is_some();
        (node.kind.altered_by_parent && stays && !moves).then_some(parent)
    }

    fn alter(&mut self, at: usize, before: &'a Object, after: &'a Object, parts: Vec<Part<'a>>) -> Action {
        let mut change = Change::new(before, after, self.from, self.to);
        change.dependents = self.dependents(at);
        change.parts = parts;
        (self.nodes[at].kind.alter)(&mut change);
        if change.recreate && change.refusal.is_none() && self.recreate(at).is_empty() {
            change.refusal = Some(NOT_RECREATED.to_owned());
        }
        if (change.recreate || self.nodes[at].recreate) && change.refusal.is_none() {
            self.nodes[at].risks = change.risks;
            return if change.recreate && self.nodes[at].recreate { Action::Replace } else { Action::Alter };
        }
        if change.unclaimed.is_empty() && change.parts.is_empty() && change.refusal.is_none() {
            self.nodes[at].change = Some(change);
            return Action::Alter;
        }
        let would_lose = (self.nodes[at].kind.holds_data)(before, self.from) && !change.replaced;
        if would_lose || change.refusal.is_some() {
            let parts = change.parts.iter().filter_map(|part| part.before.or(part.after));
            let reason = change.refusal.unwrap_or_else(|| {
                let names: Vec<String> =
                    change.unclaimed.iter().cloned().chain(parts.map(|part| part.id.to_string())).collect();
                format!("its {} can't be changed in place, and replacing it would lose its data", names.join(", "))
            });
            self.refused.push(Refusal { id: before.id.clone(), reason });
            return Action::Alter;
        }
        self.nodes[at].goes = true;
        self.nodes[at].comes = true;
        Action::Replace
    }

    /// Everything in `from` that depends on the node, directly or through others, nearest first.
    pub(super) fn dependents(&self, at: usize) -> Vec<&'a Object> {
        let mut seen = HashSet::from([at]);
        let mut found = vec![at];
        let mut next = 0;
        while next < found.len() {
            for &user in &self.nodes[found[next]].users {
                if seen.insert(user) {
                    found.push(user);
                }
            }
            next += 1;
        }
        found[1..].iter().filter_map(|&user| self.nodes[user].before).collect()
    }
}

const NOT_RECREATED: &str = "it would have to be recreated, and it also becomes part of another object: make the two changes in separate revisions";

fn differing(before: &Object, after: &Object) -> Vec<(String, Option<Value>, Option<Value>)> {
    let mut names: Vec<&str> = before.properties.keys().chain(after.properties.keys()).collect();
    names.sort();
    names.dedup();
    let pairs = names.into_iter().map(|name| (name, before.properties.get(name), after.properties.get(name)));
    pairs
        .filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| (name.to_owned(), old.cloned(), new.cloned()))
        .collect()
}
