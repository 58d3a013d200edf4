//! Two catalogs into ordered steps: compare, spread, order, write.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::change::{Change, Effect, Part};
use super::kind::{Creation, Kind};
use super::order::{Before, circle_of};
use super::{Catalog, Id, IdMap, Object, Value};
use crate::sql::Statement;

/// What a step puts at risk, said in the file and on the terminal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Rows or values are lost; the sentence says which.
    DestroysData(String),
    /// The table is written anew.
    RewritesTable(String),
    /// It fails on data that does not fit (NOT NULL on nulls, a new CHECK, a narrower type).
    MayFail(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Drop,
    Alter,
    Create,
    /// Dropped and made again.
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
pub struct Passage {
    pub statement: Statement,
    pub risks: Vec<Risk>,
    /// Drop, Alter or Create.
    pub action: Action,
    /// The object that it was written for, the first where several were joined.
    pub id: Id,
}

/// One object that differs, for people.
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
    /// What differs, by itself: objects that only step aside are not among them.
    pub differences: Vec<Difference>,
    pub refused: Vec<Refusal>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// All statements in order, ALTERs of one object joined where they stand together.
    pub fn statements(&self) -> Vec<Statement> {
        self.passages().into_iter().map(|passage| passage.statement).collect()
    }

    /// The same with what each statement puts at risk.
    pub fn passages(&self) -> Vec<Passage> {
        let mut joined: Vec<Passage> = Vec::new();
        for mut passage in self.passages_apart() {
            match joined.last_mut() {
                Some(last) if may_join(&last.statement, &passage.statement) => {
                    let at = passage.statement.action_at.unwrap_or_default();
                    let text = &mut last.statement.text;
                    if !text.contains('\n') {
                        text.replace_range(at - 1..at, "\n    ");
                    }
                    text.push_str(",\n    ");
                    text.push_str(&passage.statement.text[at..]);
                    last.risks.append(&mut passage.risks);
                }
                _ => joined.push(passage),
            }
        }
        joined
    }

    /// The same, with nothing joined: each statement is for one object.
    pub fn passages_apart(&self) -> Vec<Passage> {
        let mut passages = Vec::new();
        for step in &self.steps {
            let mut risks = step.risks.clone();
            for statement in &step.statements {
                passages.push(Passage {
                    statement: statement.clone(),
                    risks: std::mem::take(&mut risks),
                    action: step.action,
                    id: step.id.clone(),
                });
            }
        }
        passages
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
/// The order is that of needs alone; where they leave a choice, drops go before changes and changes before creations,
/// kinds in the order of `kinds`, then by name. The result is the same on every run.
pub fn plan(from: &Catalog, to: &Catalog, kinds: &[&'static Kind]) -> Plan {
    let mut planner = Planner::new(from, to, kinds);
    planner.compare();
    planner.spread();
    planner.write()
}

/// Returns the ids that a plan is about, sorted: what is not the same on both sides, all that depends on it, and what
/// these live in. What is left out stays as it is, and needs nothing that does not.
fn concerned<'a>(from: &'a Catalog, to: &'a Catalog, kinds: &HashMap<&str, &'static Kind>) -> BTreeSet<&'a Id> {
    let differ = |one: &Object, other: &Object| {
        one.properties != other.properties || one.parent != other.parent || one.depends_on != other.depends_on
    };
    let mut concerned: BTreeSet<&Id> = BTreeSet::new();
    let (mut ours, mut theirs) = (from.shared().iter().peekable(), to.shared().iter().peekable());
    while let Some(first) = [ours.peek(), theirs.peek()].into_iter().flatten().map(|object| &object.id).min() {
        match (ours.next_if(|object| object.id == *first), theirs.next_if(|object| object.id == *first)) {
            (Some(one), Some(other)) if Arc::ptr_eq(one, other) || !differ(one, other) => {}
            _ => _ = concerned.insert(first),
        }
    }
    if concerned.is_empty() {
        return concerned;
    }
    fn parents<'a>(id: &Id, sides: [&'a Catalog; 2]) -> impl Iterator<Item = &'a Id> {
        sides.into_iter().filter_map(move |side| side.get(id)?.parent.as_ref())
    }
    let whole = |id: &&Id| kinds.get(id.kind).is_some_and(|kind| kind.part_of_parent);
    let wholes: Vec<&Id> = concerned.iter().copied().filter(whole).flat_map(|id| parents(id, [from, to])).collect();
    concerned.extend(wholes);
    let mut users: IdMap<&Id, Vec<&Id>> = IdMap::default();
    for object in from.objects() {
        for needed in object.depends_on.iter().chain(&object.parent) {
            users.entry(needed).or_default().push(&object.id);
        }
    }
    let mut open: Vec<&Id> = concerned.iter().copied().collect();
    while let Some(id) = open.pop() {
        open.extend(users.get(id).into_iter().flatten().copied().filter(|user| concerned.insert(user)));
    }
    let mut open: Vec<&Id> = concerned.iter().copied().collect();
    while let Some(id) = open.pop() {
        open.extend(parents(id, [from, to]).filter(|parent| concerned.insert(parent)));
    }
    concerned
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
    change: Option<Change<'a>>,
    /// In `from`: who depends on it directly, children included.
    users: Vec<usize>,
    /// In `to`: what it needs, its parent included.
    needs: Vec<usize>,
    /// In `from`: what it must go before, although it does not depend on that.
    goes_before: Vec<usize>,
    parent_before: Option<usize>,
    parent_after: Option<usize>,
}

struct Planner<'a> {
    from: &'a Catalog,
    to: &'a Catalog,
    nodes: Vec<Node<'a>>,
    differences: Vec<Difference>,
    refused: Vec<Refusal>,
    /// Who steps aside from a change of whom.
    aside: Vec<(usize, usize)>,
}

impl<'a> Planner<'a> {
    fn new(from: &'a Catalog, to: &'a Catalog, kinds: &[&'static Kind]) -> Self {
        let ranks: HashMap<&str, usize> = kinds.iter().enumerate().map(|(rank, kind)| (kind.name, rank)).collect();
        let by_name: HashMap<&str, &'static Kind> = kinds.iter().map(|kind| (kind.name, *kind)).collect();
        let mut nodes = Vec::new();
        for id in concerned(from, to, &by_name) {
            let Some(&rank) = ranks.get(id.kind) else { continue };
            let (before, after) = (from.get(id), to.get(id));
            nodes.push(Node {
                id,
                kind: kinds[rank],
                rank,
                before,
                after,
                goes: before.is_some() && after.is_none(),
                comes: before.is_none() && after.is_some(),
                change: None,
                users: Vec::new(),
                needs: Vec::new(),
                goes_before: Vec::new(),
                parent_before: None,
                parent_after: None,
            });
        }
        let index: IdMap<&Id, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
        for at in 0..nodes.len() {
            if let Some(before) = nodes[at].before {
                nodes[at].parent_before = before.parent.as_ref().and_then(|id| index.get(id)).copied();
                let also = (nodes[at].kind.goes_before)(before, from);
                nodes[at].goes_before = also.iter().filter_map(|id| index.get(id)).copied().collect();
                for id in before.depends_on.iter().chain(&before.parent) {
                    if let Some(&used) = index.get(id).filter(|&&used| used != at) {
                        nodes[used].users.push(at);
                    }
                }
            }
            if let Some(after) = nodes[at].after {
                nodes[at].parent_after = after.parent.as_ref().and_then(|id| index.get(id)).copied();
                // What is not there any more can't come first.
                let mut also = (nodes[at].kind.also_after)(after, to);
                also.retain(|id| to.contains(id));
                let needed = after.depends_on.iter().chain(&after.parent).chain(&also);
                nodes[at].needs = needed.filter_map(|id| index.get(id)).copied().filter(|&need| need != at).collect();
            }
        }
        for node in &mut nodes {
            node.users.sort_unstable();
            node.users.dedup();
            node.needs.sort_unstable();
            node.needs.dedup();
        }
        Planner { from, to, nodes, differences: Vec::new(), refused: Vec::new(), aside: Vec::new() }
    }

    /// Finds what differs, and lets each kind's rule claim what it can change in place.
    fn compare(&mut self) {
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
    }

    /// Returns the parent whose rule makes, changes and drops this part of it: one that is there before and after.
    fn whole(&self, at: usize) -> Option<usize> {
        let node = &self.nodes[at];
        let parent = node.parent_before.or(node.parent_after)?;
        let moves = node.before.is_some() && node.after.is_some() && node.parent_before != node.parent_after;
        let stays = self.nodes[parent].before.is_some() && self.nodes[parent].after.is_some();
        (node.kind.part_of_parent && stays && !moves).then_some(parent)
    }

    fn alter(&mut self, at: usize, before: &'a Object, after: &'a Object, parts: Vec<Part<'a>>) -> Action {
        let mut change = Change::new(before, after, self.from, self.to);
        change.dependents = self.dependents(at);
        change.parts = parts;
        (self.nodes[at].kind.alter)(&mut change);
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
    fn dependents(&self, at: usize) -> Vec<&'a Object> {
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

    /// Carries what goes, is rewritten or rebuilt on to those that depend on it.
    fn spread(&mut self) {
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        enum Cause {
            Goes,
            Resized,
            Rewritten,
            Rebuilt,
        }
        // The object, what befalls it, and the object whose change that comes from.
        let mut queue: Vec<(usize, Cause, usize)> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if node.goes {
                queue.push((at, Cause::Goes, at));
            }
            let causes: &[Cause] = match node.change.as_ref().map(|change| change.effect) {
                Some(Effect::Resized) => &[Cause::Resized],
                Some(Effect::Rewritten) => &[Cause::Rewritten],
                Some(Effect::Rebuilt) => &[Cause::Rebuilt],
                Some(Effect::Remade) => &[Cause::Rewritten, Cause::Rebuilt],
                Some(Effect::None) | None => &[],
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
                    // What was to live on elsewhere, as it is, dies here all the same.
                    Cause::Goes if child => {
                        self.nodes[user].parent_after == Some(at) || self.nodes[user].change.is_none()
                    }
                    // Still needing what goes, or unchanged although what it needed is no more of that kind or name.
                    Cause::Goes => {
                        self.nodes[user].needs.contains(&at) || (self.nodes[user].change.is_none() && !holds_data)
                    }
                    Cause::Resized => (kind.steps_aside)(before) && !(kind.carried)(before),
                    Cause::Rewritten => (kind.steps_aside)(before),
                    // Its parts were rebuilt with it.
                    Cause::Rebuilt => child && self.nodes[user].parent_after == Some(at) && !kind.part_of_parent,
                };
                if must_go && matches!(cause, Cause::Resized | Cause::Rewritten) {
                    self.aside.push((user, source));
                }
                if self.nodes[user].goes {
                    continue;
                }
                if must_go {
                    let dies_with_parent = child && cause == Cause::Rebuilt;
                    if holds_data && !dies_with_parent {
                        self.refused.push(Refusal {
                            id: self.nodes[at].id.clone(),
                            reason: format!("it would have to be dropped and made again, and {} uses it", after.id),
                        });
                        continue;
                    }
                    self.nodes[user].goes = true;
                    self.nodes[user].comes = true;
                    self.nodes[user].change = None;
                    if seen.insert((user, Cause::Goes, user)) {
                        queue.push((user, Cause::Goes, user));
                    }
                } else if matches!(cause, Cause::Resized | Cause::Rewritten)
                    && (holds_data || (kind.passes_on)(before))
                    && seen.insert((user, cause, source))
                {
                    queue.push((user, cause, source));
                }
            }
        }
        self.refuse_what_stays_without_its_needs();
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
        let mut steps = Vec::new();
        // What takes no statement is done by another object's: no difference of its own.
        let mut silent: HashSet<(Phase, &Id)> = HashSet::new();
        for group in order {
            let Some(step) = self.step(&group) else { continue };
            if step.statements.is_empty() {
                let inside = group.inside.iter().chain([&group.operation.node]);
                silent.extend(inside.map(|&at| (group.operation.phase, self.nodes[at].id)));
            } else {
                steps.push(step);
            }
        }
        self.differences.retain(|difference| match difference.action {
            Action::Drop => !silent.contains(&(Phase::Drop, &difference.id)),
            Action::Alter => !silent.contains(&(Phase::Alter, &difference.id)),
            Action::Create => !silent.contains(&(Phase::Create, &difference.id)),
            Action::Replace => {
                ![Phase::Drop, Phase::Create].iter().all(|&phase| silent.contains(&(phase, &difference.id)))
            }
        });
        self.refused.sort();
        self.refused.dedup();
        Plan { steps, differences: self.differences, refused: self.refused }
    }

    /// Returns the operations in order, each with those that are written inside it; and what can't be changed in place
    /// in any order (a policy that is to read the view which takes the name of the table that it read), though it could
    /// be dropped before and made again after.
    fn order(&self) -> (Vec<Group>, Vec<usize>) {
        let mut operations = self.operations();
        operations = self.replacing(&operations, &self.edges(&places(&operations)));
        let place = places(&operations);
        let edges = self.edges(&place);
        let mut written_in: Vec<usize> = (0..operations.len()).collect();
        for (at, operation) in operations.iter().enumerate() {
            if let Some(outer) = self.outer(*operation).and_then(|outer| place.get(&outer)) {
                written_in[at] = *outer;
            }
        }
        let mut walked = false;
        loop {
            let root = |mut at: usize| {
                while written_in[at] != at {
                    at = written_in[at];
                }
                at
            };
            let mut before = Before::new(operations.len());
            for &(first, then) in &edges {
                before.add(root(first), root(then));
            }
            match before.sorted() {
                Ok(order) => return (groups(&operations, &order, root), Vec::new()),
                Err(circles) => {
                    // Write what closes a circle on its own; where that is not enough, all that stands between its members.
                    let closing = if walked { HashSet::new() } else { before.closing(&circles) };
                    walked = true;
                    let circle_of = circle_of(&circles, operations.len());
                    let alone = |at: &usize| written_in[*at] != *at && self.may_stand_alone(operations[*at]);
                    let roots = |(first, then): &(usize, usize)| (root(*first), root(*then));
                    let closes = edges.iter().filter(|edge| closing.contains(&roots(edge)));
                    let needing =
                        closes.map(|&(first, then)| if operations[first].phase == Phase::Drop { first } else { then });
                    let mut split: Vec<usize> = needing.filter(alone).collect();
                    if split.is_empty() {
                        let inside = edges.iter().filter(|edge| {
                            let (one, two) = roots(edge);
                            one != two && circle_of[one] != usize::MAX && circle_of[one] == circle_of[two]
                        });
                        split = inside.flat_map(|&(first, then)| [first, then]).filter(alone).collect();
                    }
                    if split.is_empty() {
                        let inside = |at: &usize| circle_of[root(*at)] != usize::MAX;
                        let stuck = (0..operations.len()).filter(inside).map(|at| operations[at]);
                        let stuck =
                            stuck.filter(|operation| operation.phase == Phase::Alter).map(|operation| operation.node);
                        let stuck: Vec<usize> = stuck.filter(|&node| self.may_be_replaced(node)).collect();
                        return (groups(&operations, &self.broken(&before, circles), root), stuck);
                    }
                    split.into_iter().for_each(|at| written_in[at] = at);
                }
            }
        }
    }

    /// May it be dropped and made again without the loss of data, in itself or in those that depend on it?
    fn may_be_replaced(&self, at: usize) -> bool {
        let holds_data = |object: &Object| {
            let node = self.nodes.binary_search_by(|node| node.id.cmp(&object.id));
            node.is_ok_and(|node| (self.nodes[node].kind.holds_data)(object, self.from))
        };
        let own = self.nodes[at].before.into_iter();
        !own.chain(self.dependents(at)).any(holds_data)
    }

    /// A circle that no splitting opens: its edges are cut at the member that the priorities put first. What was cut
    /// too much shows when the plan is proved.
    fn broken(&self, before: &Before, mut circles: Vec<Vec<usize>>) -> Vec<usize> {
        let mut graph = before.clone();
        loop {
            let mut cut = Before::new(graph.len());
            for first in 0..graph.len() {
                for &then in graph.followers(first) {
                    let inside = circles.iter().any(|circle| circle.first() == Some(&then) && circle.contains(&first));
                    if !inside {
                        cut.add(first, then);
                    }
                }
            }
            graph = cut;
            match graph.sorted() {
                Ok(order) => return order,
                Err(rest) => circles = rest,
            }
        }
    }

    /// All operations, in the order that they take where needs leave a choice.
    fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            if node.goes {
                operations.push(Operation { phase: Phase::Drop, node: at });
            }
            if node.change.is_some() {
                operations.push(Operation { phase: Phase::Alter, node: at });
            }
            if node.comes {
                operations.push(Operation { phase: Phase::Create, node: at });
            }
        }
        operations.sort_by_cached_key(|operation| {
            let mut root = operation.node;
            while let Some(parent) = self.parent(root, operation.phase) {
                root = parent;
            }
            let (node, root) = (&self.nodes[operation.node], &self.nodes[root]);
            let place = node.after.or(node.before).map_or(0, |object| object.place);
            (operation.phase, root.rank, root.id, node.rank, place, node.id)
        });
        // What was made first goes last.
        let drops = operations.partition_point(|operation| operation.phase == Phase::Drop);
        operations[..drops].reverse();
        operations
    }

    /// Puts a drop that only its own creation waits for just before that.
    fn replacing(&self, operations: &[Operation], edges: &[(usize, usize)]) -> Vec<Operation> {
        let waited_for: HashSet<usize> = edges
            .iter()
            .filter(|&&(first, then)| operations[first].node != operations[then].node)
            .map(|&(first, _)| first)
            .collect();
        let moves = |at: usize, operation: &Operation| {
            operation.phase == Phase::Drop && self.nodes[operation.node].comes && !waited_for.contains(&at)
        };
        let (moved, stay): (Vec<_>, Vec<_>) = operations.iter().enumerate().partition(|(at, it)| moves(*at, it));
        let moved: HashSet<usize> = moved.into_iter().map(|(_, operation)| operation.node).collect();
        let mut placed = Vec::with_capacity(operations.len());
        for (_, operation) in stay {
            if operation.phase == Phase::Create && moved.contains(&operation.node) {
                placed.push(Operation { phase: Phase::Drop, ..*operation });
            }
            placed.push(*operation);
        }
        placed
    }

    fn parent(&self, at: usize, phase: Phase) -> Option<usize> {
        match phase {
            Phase::Drop => self.nodes[at].parent_before,
            _ => self.nodes[at].parent_after,
        }
    }

    /// Which operation this one is written in, where it is: a drop in its parent's drop or rebuild, a creation inside
    /// its parent's CREATE.
    fn outer(&self, operation: Operation) -> Option<Operation> {
        let node = &self.nodes[operation.node];
        let parent = self.parent(operation.node, operation.phase)?;
        let changed = |at: usize| self.nodes[at].change.is_some();
        let rebuilt = |at: usize| self.nodes[at].change.as_ref().is_some_and(|change| change.effect >= Effect::Rebuilt);
        match operation.phase {
            _ if node.kind.part_of_parent && changed(parent) => Some(Operation { phase: Phase::Alter, node: parent }),
            Phase::Drop if self.nodes[parent].goes => Some(Operation { phase: Phase::Drop, node: parent }),
            Phase::Drop if rebuilt(parent) && node.comes => Some(Operation { phase: Phase::Alter, node: parent }),
            Phase::Create if self.nodes[parent].comes && (node.kind.inline)(node.after?, self.to) => {
                Some(Operation { phase: Phase::Create, node: parent })
            }
            _ => None,
        }
    }

    /// May it be taken out of its parent's statement? What holds data (a column) can't be made after its table.
    fn may_stand_alone(&self, operation: Operation) -> bool {
        let node = &self.nodes[operation.node];
        if node.kind.part_of_parent {
            return false;
        }
        match operation.phase {
            Phase::Create if node.kind.inseparable => false,
            Phase::Create => !node.after.is_some_and(|object| (node.kind.holds_data)(object, self.to)),
            Phase::Drop => !node.before.is_some_and(|object| (node.kind.holds_data)(object, self.from)),
            Phase::Alter => true,
        }
    }

    fn edges(&self, place: &HashMap<Operation, usize>) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        let mut add = |first: Operation, then: Operation| {
            if let (Some(&first), Some(&then)) = (place.get(&first), place.get(&then)) {
                edges.push((first, then));
            }
        };
        let op = |phase, node| Operation { phase, node };
        for (at, node) in self.nodes.iter().enumerate() {
            for &user in &node.users {
                add(op(Phase::Drop, user), op(Phase::Drop, at));
                add(op(Phase::Drop, user), op(Phase::Alter, at));
                add(op(Phase::Alter, user), op(Phase::Drop, at));
            }
            for &need in &node.needs {
                for phase in [Phase::Create, Phase::Alter] {
                    add(op(Phase::Create, need), op(phase, at));
                    add(op(Phase::Alter, need), op(phase, at));
                }
            }
            for &first in &node.goes_before {
                add(op(Phase::Drop, at), op(Phase::Drop, first));
            }
            add(op(Phase::Drop, at), op(Phase::Create, at));
        }
        for &(user, source) in &self.aside {
            add(op(Phase::Drop, user), op(Phase::Alter, source));
            add(op(Phase::Alter, source), op(Phase::Create, user));
        }
        let mut occupied: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.goes) {
            for name in node.before.map(node.kind.occupies).unwrap_or_default() {
                occupied.entry(name).or_default().push(at);
            }
        }
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.comes) {
            for name in node.after.map(node.kind.occupies).unwrap_or_default() {
                for &holder in occupied.get(&name).into_iter().flatten() {
                    add(op(Phase::Drop, holder), op(Phase::Create, at));
                }
            }
        }
        edges
    }

    fn step(&mut self, group: &Group) -> Option<Step> {
        let node = &mut self.nodes[group.operation.node];
        let id = node.id.clone();
        match group.operation.phase {
            Phase::Drop => {
                let object = node.before?;
                let by_itself = (node.kind.goes_by_itself)(object, self.from, self.to);
                let lost = !by_itself && (node.kind.holds_data)(object, self.from);
                let risks = if lost { vec![Risk::DestroysData(format!("{id} is dropped"))] } else { Vec::new() };
                let statements = if by_itself { Vec::new() } else { (node.kind.drop)(object, self.from) };
                Some(Step { action: Action::Drop, id, statements, risks })
            }
            Phase::Alter => {
                let change = node.change.take()?;
                Some(Step { action: Action::Alter, id, statements: change.statements, risks: change.risks })
            }
            Phase::Create => {
                let (object, kind) = (node.after?, node.kind);
                let mut inline: Vec<&Object> = group.inside.iter().filter_map(|&at| self.nodes[at].after).collect();
                inline.sort_by(|a, b| (a.place, &a.id).cmp(&(b.place, &b.id)));
                let creation = Creation { object, inline, catalog: self.to, from: self.from };
                let mut statements = (kind.create)(&creation);
                let mut risks = Vec::new();
                for at in std::iter::once(group.operation.node).chain(group.inside.iter().copied()) {
                    if let Some(made) = self.nodes[at].after {
                        statements.extend((self.nodes[at].kind.settle)(made, self.from, self.to));
                        risks.extend((self.nodes[at].kind.risks)(made, self.from, self.to));
                    }
                }
                Some(Step { action: Action::Create, id, statements, risks })
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Phase {
    Drop,
    Alter,
    Create,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Operation {
    phase: Phase,
    node: usize,
}

fn places(operations: &[Operation]) -> HashMap<Operation, usize> {
    operations.iter().enumerate().map(|(at, operation)| (*operation, at)).collect()
}

/// An operation and the nodes whose operations are written inside it.
struct Group {
    operation: Operation,
    inside: Vec<usize>,
}

fn groups(operations: &[Operation], order: &[usize], root: impl Fn(usize) -> usize) -> Vec<Group> {
    let mut inside: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, operation) in operations.iter().enumerate() {
        if root(at) != at {
            inside.entry(root(at)).or_default().push(operation.node);
        }
    }
    let outermost = order.iter().filter(|&&at| root(at) == at);
    outermost.map(|at| Group { operation: operations[*at], inside: inside.remove(at).unwrap_or_default() }).collect()
}

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

#[cfg(test)]
mod tests;
