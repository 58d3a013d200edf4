//! Propagates drops and rewrites to dependents.

use std::collections::HashSet;

use super::{Planner, Refusal};
use crate::schema::Id;
use crate::schema::change::Impact;

impl<'a> Planner<'a> {
    /// Propagates each drop, rewrite and rebuild to the object's dependents.
    pub(super) fn spread(&mut self) {
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        enum Cause {
            Goes,
            Resized,
            Rewritten,
            Rebuilt,
        }
        // The object, the impact on it, and the object whose change causes that.
        let mut queue: Vec<(usize, Cause, usize)> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if node.goes {
                queue.push((at, Cause::Goes, at));
            }
            let causes: &[Cause] = match node.change.as_ref().map(|change| change.impact) {
                Some(Impact::Resized) => &[Cause::Resized],
                Some(Impact::Rewritten) => &[Cause::Rewritten],
                Some(Impact::ChildrenLost) => &[Cause::Rebuilt],
                Some(Impact::Recreated) => &[Cause::Rewritten, Cause::Rebuilt],
                Some(Impact::None) | None => &[],
            };
            queue.extend(causes.iter().map(|&cause| (at, cause, at)));
        }
        let mut seen: HashSet<(usize, Cause, usize)> = queue.iter().copied().collect();
        while let Some((at, cause, source)) = queue.pop() {
            for user in self.nodes[at].users.clone() {
                let (Some(before), Some(after)) = (self.nodes[user].before, self.nodes[user].after) else { continue };
                let kind = self.nodes[user].kind;
                let child = self.nodes[user].parent_before == Some(at);
                let holds_data = (kind.holds_data)(before, self.from);
                let must_go = match cause {
                    // It was to move elsewhere unchanged, but is dropped here all the same.
                    Cause::Goes if child => {
                        self.nodes[user].parent_after == Some(at) || self.nodes[user].change.is_none()
                    }
                    // It still needs what is dropped, or is unchanged although what it needed now has another kind or name.
                    Cause::Goes => {
                        self.nodes[user].needs.contains(&at) || (self.nodes[user].change.is_none() && !holds_data)
                    }
                    Cause::Resized => (kind.drop_during_rewrite)(before) && !(kind.survives_resize)(before),
                    Cause::Rewritten => (kind.drop_during_rewrite)(before),
                    // Its parts are rebuilt with it.
                    Cause::Rebuilt => child && self.nodes[user].parent_after == Some(at) && !kind.altered_by_parent,
                };
                // A type that is replaced anyway is out of the way too.
                let is_gone = self.nodes[user].goes && (kind.propagates_rewrite)(before);
                if (must_go || is_gone) && matches!(cause, Cause::Resized | Cause::Rewritten) {
                    self.aside.push((user, source));
                }
                let with_old_form = cause == Cause::Goes && self.old_form(at).is_some();
                let is_link = kind.part_of.is_some();
                if self.nodes[user].goes && !(with_old_form && is_link) {
                    continue;
                }
                if must_go {
                    if with_old_form && !child && (holds_data || is_link || (kind.propagates_rewrite)(before)) {
                        let wholes = self.recreate(user);
                        let new = wholes.iter().map(|&whole| (whole, Cause::Goes, whole));
                        queue.extend(new.filter(|&cause| seen.insert(cause)));
                        if !wholes.is_empty() {
                            continue;
                        }
                    }
                    let dies_with_parent = child && (cause == Cause::Rebuilt || with_old_form);
                    if holds_data && !dies_with_parent {
                        self.refused.push(Refusal {
                            id: self.nodes[at].id.clone(),
                            reason: format!("it would have to be dropped and recreated, and {} uses it", after.id),
                        });
                        continue;
                    }
                    self.nodes[user].goes = true;
                    self.nodes[user].comes = true;
                    if let Some(change) = self.nodes[user].change.take() {
                        self.nodes[user].risks = change.risks;
                    }
                    if seen.insert((user, Cause::Goes, user)) {
                        queue.push((user, Cause::Goes, user));
                    }
                } else if matches!(cause, Cause::Resized | Cause::Rewritten)
                    && (holds_data || (kind.propagates_rewrite)(before))
                    && seen.insert((user, cause, source))
                {
                    queue.push((user, cause, source));
                }
            }
        }
        self.leave_out_what_is_made();
        self.take_along();
        self.refuse_what_stays_without_its_needs();
    }

    fn leave_out_what_is_made(&mut self) {
        let changes = self.nodes.iter().filter_map(|node| node.change.as_ref());
        let made: Vec<Id> = changes.flat_map(|change| change.made.iter().cloned()).collect();
        for id in made {
            if let Ok(at) = self.nodes.binary_search_by(|node| node.id.cmp(&id)) {
                (self.nodes[at].comes, self.nodes[at].change) = (false, None);
            }
        }
    }

    /// An object that stays (left alone, or declared so) may not need what is dropped for good.
    fn refuse_what_stays_without_its_needs(&mut self) {
        for node in &self.nodes {
            let Some(after) = node.after else { continue };
            for &need in &node.needs {
                let needed = &self.nodes[need];
                if needed.after.is_none() {
                    let reason = format!("it would be dropped, and {} needs it", after.id);
                    self.refused.push(Refusal { id: needed.id.clone(), reason });
                }
            }
        }
    }
}
