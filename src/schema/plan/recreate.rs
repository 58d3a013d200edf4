//! Recreates objects beside their old form, so that no data is lost.
//!
//! The old form is renamed, with its children and attachments; the new form is created, the data copied, and the old form
//! dropped. As in a dump there are three sections: what the new form needs to take the rows, the rows, and what checks
//! rows (keys, triggers).

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::arrange::{Group, Operation, Phase};
use super::{Action, Difference, Planner, Risk, Step};
use crate::schema::change::Recreation;
use crate::schema::kind::{Creation, Recreate};
use crate::schema::{Catalog, Id};

impl<'a> Planner<'a> {
    /// Recreates the object that this one belongs to, and the whole that it is a part of. Returns these; empty if that is
    /// impossible: an object that only becomes a part would get the whole's triggers before its rows.
    pub(super) fn recreate(&mut self, at: usize) -> Vec<usize> {
        let first = self.root_before(at);
        let mut wholes = vec![first];
        while let Some(whole) = wholes.last().and_then(|&part| self.nodes[part].part_before) {
            wholes.push(whole);
        }
        // A level in between that is dropped for good is not part of the new form.
        wholes.retain(|&at| at == first || self.nodes[at].after.is_some());
        let may_be = |&at: &usize| {
            let node = &self.nodes[at];
            self.stays_part(at) && node.before.is_some() && node.kind.recreate.is_some()
        };
        if !wholes.iter().all(may_be) {
            return Vec::new();
        }
        for &at in &wholes {
            let node = &mut self.nodes[at];
            (node.goes, node.comes, node.recreate) = (true, true, true);
            if let Some(change) = node.change.take() {
                node.risks = change.risks;
            }
        }
        wholes
    }

    /// Does it belong, directly or at any depth, to the same whole before and after?
    fn stays_part(&self, at: usize) -> bool {
        let outermost = |part_of: &dyn Fn(usize) -> Option<usize>| {
            let mut outermost = at;
            while let Some(whole) = part_of(outermost) {
                outermost = whole;
            }
            outermost
        };
        let (before, after) = (|at: usize| self.nodes[at].part_before, |at: usize| self.nodes[at].part_after);
        self.nodes[at].after.is_some() && outermost(&before) == outermost(&after)
    }

    fn root_before(&self, at: usize) -> usize {
        self.nodes[at].parent_before.map_or(at, |parent| self.root_before(parent))
    }

    /// The objects that are recreated in their own right.
    pub(super) fn recreated(&self) -> BTreeSet<&'a Id> {
        let whole = |at: &usize| self.nodes[*at].recreate && self.nodes[*at].parent_before.is_none();
        (0..self.nodes.len()).filter(whole).map(|at| self.nodes[at].id).collect()
    }

    /// Recreates or renames the descendants of a recreated object along with it, if they can be: a sequence continues
    /// counting, and its name is free.
    pub(super) fn take_along(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let inside = match node.before {
                Some(_) => node.goes && node.parent_before.is_some() && self.nodes[self.root_before(at)].recreate,
                None => node.parent_after.is_some() && self.nodes[self.root_after(at)].recreate,
            };
            if inside && node.kind.recreate.is_some() {
                self.nodes[at].recreate = true;
            }
        }
    }

    fn root_after(&self, at: usize) -> usize {
        self.nodes[at].parent_after.map_or(at, |parent| self.root_after(parent))
    }

    /// Returns the outermost recreated object with whose old form this one is dropped.
    pub(super) fn old_form(&self, at: usize) -> Option<usize> {
        let node = &self.nodes[at];
        // A part that moves elsewhere leaves its whole before that is renamed.
        let part = node.part_before.filter(|_| node.after.is_none() || self.stays_part(at));
        let outer = if node.goes { node.parent_before.or(part) } else { return None };
        outer.and_then(|outer| self.old_form(outer)).or(node.recreate.then_some(at))
    }

    /// Returns the outermost object whose new form contains this one.
    pub(super) fn new_form(&self, at: usize) -> Option<usize> {
        let node = &self.nodes[at];
        let outer = node.parent_after.or(node.part_after);
        outer.and_then(|outer| self.new_form(outer)).or((node.recreate && node.comes).then_some(at))
    }

    /// Is the object, a part of a new form, created before the rows are copied?
    pub(super) fn is_pre_data(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        let Some(after) = node.after.filter(|_| self.new_form(at).is_some()) else { return false };
        node.kind.recreate.is_some() || (node.kind.inline)(after, self.to, &self.start) && !node.kind.post_data
    }

    /// Does `need` contradict the order of sections: would `at`, a part that is created before the rows, wait for a key or
    /// CHECK of the whole, which all parts get after the rows?
    pub(super) fn is_between_sections(&self, need: usize, at: usize) -> bool {
        self.is_pre_data(at) && !self.is_pre_data(need) && self.new_form(need) == self.new_form(at)
    }

    /// Adds the order of one object's operations, if something is recreated.
    pub(super) fn recreate_edges(&self, at: usize, add: &mut impl FnMut(Operation, Operation)) {
        let node = &self.nodes[at];
        let op = |phase, node| Operation { phase, node };
        if let Some(renamed) = self.set_aside_with(at) {
            for &user in &node.users {
                add(
                    op(if self.nodes[user].recreate { Phase::LeadOver } else { Phase::Drop }, user),
                    op(Phase::SetAside, renamed),
                );
            }
        }
        let pre_data = self.is_pre_data(at);
        if node.recreate {
            add(op(Phase::SetAside, at), op(Phase::Create, at));
            add(op(Phase::Create, at), op(Phase::LeadOver, at));
        } else if !(pre_data && self.old_form(at).is_some()) {
            add(op(Phase::Drop, at), op(Phase::Create, at));
        }
        let forms = node.needs.iter().chain([&at]).filter_map(|&need| self.new_form(need));
        for form in forms.filter(|&form| self.holds_data(form)).collect::<BTreeSet<usize>>() {
            match pre_data {
                true if self.new_form(at) == Some(form) => add(op(Phase::Create, at), op(Phase::LeadOver, form)),
                true => {}
                false => add(op(Phase::LeadOver, form), op(Phase::Create, at)),
            }
        }
    }

    /// Returns the object whose old form is renamed for this one or for the object it belongs to.
    fn set_aside_with(&self, at: usize) -> Option<usize> {
        let node = &self.nodes[at];
        if !node.goes {
            return None;
        }
        node.parent_before.and_then(|parent| self.set_aside_with(parent)).or(node.recreate.then_some(at))
    }

    pub(super) fn holds_data(&self, at: usize) -> bool {
        self.nodes[at].before.is_some_and(|object| (self.nodes[at].kind.holds_data)(object, self.from))
    }

    /// Does it detach the object it belongs to from its whole before that is renamed?
    pub(super) fn leaves(&self, at: usize) -> bool {
        let node = &self.nodes[at];
        let whole = node.parent_before.and_then(|part| self.nodes[part].part_before);
        node.kind.part_of.is_some() && whole.and_then(|whole| self.old_form(whole)) != self.old_form(at)
    }

    /// Are its settings (row security) set only once the rows are copied?
    pub(super) fn is_set_after_rows(&self, at: usize) -> bool {
        self.new_form(at) == Some(at)
    }

    /// Is it a difference inside a recreated object that follows from the same one of the whole (a partition's column)?
    pub(super) fn is_the_wholes(&self, difference: &Difference) -> bool {
        let Ok(at) = self.nodes.binary_search_by(|node| node.id.cmp(&difference.id)) else { return false };
        let node = &self.nodes[at];
        let dropped_implicitly = |object| (node.kind.dropped_implicitly)(object, self.from, self.to);
        let comes_by_itself = |object| {
            let stays = |id: &Id| self.stays(id);
            let (inline, catalog, from) = (Vec::new(), self.to, self.from);
            let creation = Creation { object, inline, catalog, from, recreate: false, stays: &stays };
            (node.kind.create)(&creation).is_empty()
        };
        match (node.before, node.after) {
            (Some(before), _) => self.old_form(at).is_some() && dropped_implicitly(before),
            (None, Some(after)) => self.new_form(at).is_some() && comes_by_itself(after),
            (None, None) => false,
        }
    }

    /// Does it exist before and after, neither dropped nor created again?
    pub(super) fn stays(&self, id: &Id) -> bool {
        match self.nodes.binary_search_by(|node| node.id.cmp(id)) {
            Ok(at) => self.nodes[at].before.is_some() && !self.nodes[at].goes,
            Err(_) => self.from.contains(id),
        }
    }

    pub(super) fn is_any_recreated(&self) -> bool {
        self.nodes.iter().any(|node| node.recreate)
    }

    /// Returns the starting catalog without what is dropped with an old form: a new form finds none of its own objects there.
    pub(super) fn standing(&self) -> Cow<'a, Catalog> {
        if !self.is_any_recreated() {
            return Cow::Borrowed(self.from);
        }
        let with_old_form = |id: &Id| {
            let at = self.nodes.binary_search_by(|node| node.id.cmp(id));
            at.is_ok_and(|at| self.old_form(at).is_some())
        };
        Cow::Owned(self.from.shared().iter().filter(|object| !with_old_form(&object.id)).cloned().collect())
    }

    /// Returns a suffix for the names of old forms that no existing name ends with.
    pub(super) fn free_suffix(&self) -> String {
        let taken = |suffix: &str| {
            let mut objects = self.from.objects().chain(self.to.objects());
            objects.any(|object| object.id.name().ends_with(suffix))
        };
        let mut suffix = "__old".to_owned();
        let mut number = 1;
        while self.is_any_recreated() && taken(&suffix) {
            number += 1;
            suffix = format!("__old{number}");
        }
        suffix
    }

    pub(super) fn rename_old(&self, group: &Group, suffix: &str) -> Step {
        let mut step = self.step_of(group);
        let own = group.operation.node;
        for at in std::iter::once(own).chain(group.inside.iter().copied()) {
            self.ask(at, suffix, &mut step, |recreate| recreate.rename_old);
        }
        if !self.holds_data(own) {
            step.risks.extend(self.nodes[own].risks.iter().cloned());
        }
        step
    }

    pub(super) fn copy_data(&self, group: &Group, standing: &Catalog, suffix: &str) -> Step {
        let mut step = self.step_of(group);
        let own = group.operation.node;
        let inside = || group.inside.iter().copied();
        for at in std::iter::once(own).chain(inside()) {
            let node = &self.nodes[at];
            // A part's rows come with the whole's.
            if at == own || node.part_before.is_none() {
                self.ask(at, suffix, &mut step, |recreate| recreate.copy_data);
            }
            if self.holds_data(own) {
                step.risks.extend(node.risks.iter().filter(|risk| !matches!(risk, Risk::RewritesTable(_))).cloned());
            }
            let holds = |object| (node.kind.holds_data)(object, self.from);
            let of_own = node.parent_before == Some(own);
            if of_own && node.before.is_some_and(holds) && !node.after.is_some_and(holds) {
                step.risks.push(Risk::DestroysData(format!("{} is dropped", node.id)));
            }
        }
        self.ask(own, suffix, &mut step, |recreate| recreate.drop_old);
        if let Some(after) = self.nodes[own].after {
            step.statements.extend((self.nodes[own].kind.after_create)(after, standing, self.to));
        }
        step
    }

    fn step_of(&self, group: &Group) -> Step {
        let id = self.nodes[group.operation.node].id.clone();
        Step { action: Action::Alter, id, statements: Vec::new(), risks: Vec::new() }
    }

    /// Adds the statements of a node's kind to a step.
    fn ask(&self, at: usize, suffix: &str, step: &mut Step, which: fn(&Recreate) -> fn(&mut Recreation)) {
        let node = &self.nodes[at];
        let Some(recreate) = node.kind.recreate.filter(|_| node.recreate) else { return };
        let is_aside = |id: &Id| {
            let at = self.nodes.binary_search_by(|node| node.id.cmp(id));
            at.is_ok_and(|at| self.nodes[at].recreate && self.nodes[at].parent_before.is_none())
        };
        let mut succession = Recreation {
            before: node.before,
            after: node.after,
            from: self.from,
            to: self.to,
            suffix,
            is_aside: &is_aside,
            statements: Vec::new(),
            risks: Vec::new(),
        };
        which(&recreate)(&mut succession);
        step.statements.append(&mut succession.statements);
        step.risks.append(&mut succession.risks);
    }
}
