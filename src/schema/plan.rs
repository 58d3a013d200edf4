//! Two catalogs into ordered steps: compare, spread, order, write.

mod arrange;
mod compare;
mod nodes;
mod recreate;
mod renames;
mod spread;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use self::arrange::{Group, Phase};
use super::change::Change;
use super::kind::{Creation, Kind};
use super::{Catalog, Id, Object, Value};
use crate::sql::Statement;

/// What a step puts at risk, as printed in the file and on the terminal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Rows or values are lost; the sentence says which.
    DestroysData(String),
    /// The server rewrites the table into new files, and blocks its readers and writers meanwhile.
    RewritesTable(String),
    /// Other sessions wait while the server scans all rows.
    Locks(String),
    /// It fails on data that does not fit (NOT NULL on nulls, a new CHECK, a narrower type).
    MayFail(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Drop,
    Alter,
    Create,
    /// Dropped and created again.
    Replace,
}

/// One object's part in a plan: the statements that do it, those of what is written inside it included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Drop, Alter or Create.
    pub action: Action,
    pub id: Id,
    pub statements: Vec<Statement>,
    pub risks: Vec<Risk>,
}

/// One statement of a plan and what it puts at risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStatement {
    pub statement: Statement,
    pub risks: Vec<Risk>,
    /// Drop, Alter or Create.
    pub action: Action,
    /// The object that it was written for, the first where several were joined.
    pub id: Id,
}

/// One object that differs, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub action: Action,
    pub id: Id,
    /// Name, before, after; empty for what is only dropped or created.
    pub properties: Vec<(String, Option<Value>, Option<Value>)>,
}

/// Something that the plan can't do without losing data, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    pub id: Id,
    pub reason: String,
}

/// How to get from one catalog to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub steps: Vec<Step>,
    /// The differences. An object that is only dropped and created again during a rewrite is not one.
    pub differences: Vec<Difference>,
    pub refused: Vec<Refusal>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// All statements in order, adjacent ALTERs of one object joined.
    pub fn statements(&self) -> Vec<Statement> {
        self.planned_statements().into_iter().map(|planned_statement| planned_statement.statement).collect()
    }

    /// The same with what each statement puts at risk.
    pub fn planned_statements(&self) -> Vec<PlannedStatement> {
        let mut joined: Vec<PlannedStatement> = Vec::new();
        for mut planned_statement in self.passages_apart() {
            match joined.last_mut() {
                Some(last) if may_join(&last.statement, &planned_statement.statement) => {
                    let at = planned_statement.statement.action_at.unwrap_or_default();
                    let text = &mut last.statement.text;
                    if !text.contains('\n') {
                        text.replace_range(at - 1..at, "\n    ");
                    }
                    text.push_str(",\n    ");
                    text.push_str(&planned_statement.statement.text[at..]);
                    last.risks.append(&mut planned_statement.risks);
                }
                _ => joined.push(planned_statement),
            }
        }
        joined
    }

    /// The same, with nothing joined: each statement is for one object.
    pub fn passages_apart(&self) -> Vec<PlannedStatement> {
        let mut planned_statements = Vec::new();
        for step in &self.steps {
            let mut risks = step.risks.clone();
            for statement in &step.statements {
                planned_statements.push(PlannedStatement {
                    statement: statement.clone(),
                    risks: std::mem::take(&mut risks),
                    action: step.action,
                    id: step.id.clone(),
                });
            }
        }
        planned_statements
    }

    pub fn risks(&self) -> impl Iterator<Item = &Risk> {
        self.steps.iter().flat_map(|step| &step.risks)
    }
}

fn may_join(last: &Statement, next: &Statement) -> bool {
    let prefix = |statement: &Statement| statement.action_at.map(|at| statement.text[..at].trim_end().to_owned());
    // A joined statement has its prefix on a line of its own, one byte shorter than the blank that followed it.
    prefix(next).is_some_and(|wanted| {
        last.action_at.is_some() && last.text.starts_with(&wanted) && last.text[wanted.len()..].starts_with([' ', '\n'])
    }) && last.transactional == next.transactional
}

/// Returns the steps that turn `from` into `to`; `kinds` are the dialect's.
///
/// The order follows from dependencies alone; if they leave a choice, drops come before changes and changes before
/// creations, kinds in the order of `kinds`, then by name. The result is the same on every run.
pub fn plan(from: &Catalog, to: &Catalog, kinds: &[&'static Kind]) -> Plan {
    let Some(renamed) = renames::renamed(from, to, kinds) else { return plan_from(from, to, kinds) };
    let mut plan = plan_from(&renamed.from, to, kinds);
    plan.steps.splice(..0, renamed.steps);
    plan.differences.splice(..0, renamed.differences);
    plan
}

fn plan_from(from: &Catalog, to: &Catalog, kinds: &[&'static Kind]) -> Plan {
    let mut recreated = BTreeSet::new();
    loop {
        let mut planner = Planner::new(from, to, kinds, &recreated);
        planner.compare();
        planner.spread();
        // All its descendants are created and dropped with it, unchanged ones too.
        let more = planner.recreated();
        if more.is_subset(&recreated) {
            return planner.write();
        }
        recreated.extend(more);
    }
}

/// An object on either side or both, and what becomes of it.
struct Node<'a> {
    id: &'a Id,
    kind: &'static Kind,
    rank: usize,
    before: Option<&'a Object>,
    after: Option<&'a Object>,
    /// It is dropped, by a statement of its own or with its parent.
    goes: bool,
    comes: bool,
    /// It is recreated (`Kind::recreate`), by itself or with its parent; its data is kept.
    recreate: bool,
    change: Option<Change<'a>>,
    /// The risks of a change that has no step of its own.
    risks: Vec<Risk>,
    /// In `from`: its direct dependents, children included.
    users: Vec<usize>,
    /// In `to`: what it needs, its parent included.
    needs: Vec<usize>,
    /// In `from`: what it must be dropped before, although it does not depend on that.
    drop_before: Vec<usize>,
    parent_before: Option<usize>,
    parent_after: Option<usize>,
    /// What it is a part of (`Kind::part_of`).
    part_before: Option<usize>,
    part_after: Option<usize>,
}

struct Planner<'a> {
    from: &'a Catalog,
    /// The same without recreated objects.
    start: Cow<'a, Catalog>,
    to: &'a Catalog,
    nodes: Vec<Node<'a>>,
    differences: Vec<Difference>,
    refused: Vec<Refusal>,
    /// Which object is dropped during the rewrite of which.
    aside: Vec<(usize, usize)>,
}

impl<'a> Planner<'a> {
    fn write(mut self) -> Plan {
        let (mut order, mut stuck) = self.order();
        while !stuck.is_empty() {
            for at in stuck {
                let node = &mut self.nodes[at];
                (node.goes, node.comes, node.change) = (true, true, None);
            }
            self.spread();
            (order, stuck) = self.order();
        }
        let standing = self.standing();
        let suffix = self.free_suffix();
        let mut steps = Vec::new();
        // A node without statements is handled by another object's: not a difference of its own.
        let mut silent: HashSet<(Phase, &Id)> = HashSet::new();
        for group in order {
            let Some(step) = self.step(&group, &standing, &suffix) else { continue };
            if step.statements.is_empty() {
                let inside = group.inside.iter().chain([&group.operation.node]);
                silent.extend(inside.map(|&at| (group.operation.phase, self.nodes[at].id)));
            } else {
                steps.push(step);
            }
        }
        let mut differences = std::mem::take(&mut self.differences);
        differences.retain(|difference| match difference.action {
            Action::Drop => !silent.contains(&(Phase::Drop, &difference.id)),
            Action::Alter => !silent.contains(&(Phase::Alter, &difference.id)),
            Action::Create => !silent.contains(&(Phase::Create, &difference.id)),
            Action::Replace => {
                ![Phase::Drop, Phase::Create].iter().all(|&phase| silent.contains(&(phase, &difference.id)))
            }
        });
        differences.retain(|difference| !self.is_the_wholes(difference));
        self.refused.sort();
        self.refused.dedup();
        Plan { steps, differences, refused: self.refused }
    }

    /// Returns the step of one operation and of those written in it; `standing` is the catalog without the old forms.
    fn step(&mut self, group: &Group, standing: &Catalog, suffix: &str) -> Option<Step> {
        let rename_old = self.old_form(group.operation.node).is_some();
        let node = &mut self.nodes[group.operation.node];
        let id = node.id.clone();
        match group.operation.phase {
            Phase::SetAside => Some(self.rename_old(group, suffix)),
            Phase::LeadOver => Some(self.copy_data(group, standing, suffix)),
            Phase::Drop => {
                let object = node.before?;
                // Objects that are renamed together stay connected.
                let to = if rename_old { self.from } else { self.to };
                let by_itself = (node.kind.dropped_implicitly)(object, self.from, to);
                let lost = !by_itself && (node.kind.holds_data)(object, self.from);
                let risks = if lost { vec![Risk::DestroysData(format!("{id} is dropped"))] } else { Vec::new() };
                let statements = match node.kind.drop_towards {
                    _ if by_itself => Vec::new(),
                    Some(drop) => drop(object, self.from, to),
                    None => (node.kind.drop)(object, self.from),
                };
                Some(Step { action: Action::Drop, id, statements, risks })
            }
            Phase::Alter => {
                let change = node.change.take()?;
                Some(Step { action: Action::Alter, id, statements: change.statements, risks: change.risks })
            }
            Phase::Create => {
                let (object, kind, recreate) = (node.after?, node.kind, node.recreate);
                let mut inline: Vec<&Object> = group.inside.iter().filter_map(|&at| self.nodes[at].after).collect();
                inline.sort_by(|a, b| (a.place, &a.id).cmp(&(b.place, &b.id)));
                let stays = |id: &Id| self.stays(id);
                let creation = Creation { object, inline, catalog: self.to, from: standing, recreate, stays: &stays };
                let mut statements = (kind.create)(&creation);
                let mut risks = Vec::new();
                for at in std::iter::once(group.operation.node).chain(group.inside.iter().copied()) {
                    if let Some(made) = self.nodes[at].after {
                        if !self.is_set_after_rows(at) {
                            statements.extend((self.nodes[at].kind.after_create)(made, standing, self.to));
                        }
                        risks.extend((self.nodes[at].kind.risks)(made, self.from, self.to));
                    }
                }
                Some(Step { action: Action::Create, id, statements, risks })
            }
        }
    }
}
