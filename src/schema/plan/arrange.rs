//! The order of a plan's operations, and which is written inside which.

use std::collections::{HashMap, HashSet};

use super::{Node, Planner};
use crate::schema::change::Impact;
use crate::schema::order::{OrderGraph, circle_of};
use crate::schema::{Id, IdMap, Object};

impl<'a> Planner<'a> {
    /// Returns the operations in order, each with those that are written inside it; and what can't be changed in place
    /// in any order (a policy that is to read the view which takes the name of the table that it read), though it could
    /// be dropped before and made again after.
    pub(super) fn order(&self) -> (Vec<Group>, Vec<usize>) {
        let mut operations = self.operations();
        if self.nodes.iter().any(|node| node.goes && node.comes) {
            operations = self.replacing(&operations, &self.edges(&self.places(&operations)));
        }
        let places = self.places(&operations);
        let edges = self.edges(&places);
        let mut written_in: Vec<usize> = (0..operations.len()).collect();
        for (at, operation) in operations.iter().enumerate() {
            if let Some(outer) = self.outer(*operation).and_then(|outer| places.of(outer)) {
                written_in[at] = outer;
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
            let mut before = OrderGraph::new(operations.len());
            for &(first, then) in &edges {
                let (first, then) = (root(first), root(then));
                // It is dropped with the old form.
                if (operations[first].phase, operations[then].phase) != (Phase::LeadOver, Phase::SetAside) {
                    before.add(first, then);
                }
            }
            match before.sorted() {
                Ok(order) => return (groups(&operations, &order, root), Vec::new()),
                Err(circles) => {
                    // Write the child that closes a circle on its own; if that is not enough, all children between its members.
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
    fn broken(&self, before: &OrderGraph, mut circles: Vec<Vec<usize>>) -> Vec<usize> {
        let mut graph = before.clone();
        loop {
            let mut cut = OrderGraph::new(graph.len());
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
            if node.recreate {
                operations.extend(node.before.map(|_| Operation { phase: Phase::SetAside, node: at }));
                operations.push(Operation { phase: Phase::LeadOver, node: at });
            } else if node.goes {
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
            // The nodes stand in the order of their ids.
            let node = &self.nodes[operation.node];
            let place = node.after.or(node.before).map_or(0, |object| object.place);
            let phase = match operation.phase {
                Phase::SetAside | Phase::LeadOver => Phase::Create,
                phase => phase,
            };
            (phase, self.nodes[root].rank, root, node.rank, place, operation.node, operation.phase)
        });
        // What was created first is dropped last.
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
            Phase::Drop | Phase::SetAside => self.nodes[at].parent_before,
            _ => self.nodes[at].parent_after,
        }
    }

    /// Which operation this one is written in, where it is: a drop in its parent's drop or rebuild, a creation inside
    /// its parent's CREATE, all that goes with an old form in that one's end.
    fn outer(&self, operation: Operation) -> Option<Operation> {
        let at = operation.node;
        let node = &self.nodes[at];
        let form = match operation.phase {
            Phase::Drop if self.leaves(at) => return None,
            Phase::Drop => self.old_form(at),
            Phase::LeadOver => self.old_form(at).or(self.new_form(at)),
            _ => None,
        };
        if let Some(form) = form {
            return (form != at).then_some(Operation { phase: Phase::LeadOver, node: form });
        }
        let parent = self.parent(operation.node, operation.phase)?;
        let changed = |at: usize| self.nodes[at].change.is_some();
        let rebuilt =
            |at: usize| self.nodes[at].change.as_ref().is_some_and(|change| change.impact >= Impact::ChildrenLost);
        match operation.phase {
            _ if node.kind.altered_by_parent && changed(parent) => {
                Some(Operation { phase: Phase::Alter, node: parent })
            }
            Phase::Drop if self.nodes[parent].goes => Some(Operation { phase: Phase::Drop, node: parent }),
            Phase::Drop if rebuilt(parent) && node.comes => Some(Operation { phase: Phase::Alter, node: parent }),
            Phase::SetAside => Some(Operation { phase: Phase::SetAside, node: parent }),
            Phase::Create if self.nodes[parent].comes && (node.kind.inline)(node.after?, self.to, &self.start) => {
                let later = node.kind.post_data && self.new_form(at).is_some();
                (!later).then_some(Operation { phase: Phase::Create, node: parent })
            }
            _ => None,
        }
    }

    /// May it be taken out of its parent's statement? What holds data (a column) can't be made after its table.
    fn may_stand_alone(&self, operation: Operation) -> bool {
        let node = &self.nodes[operation.node];
        if node.kind.altered_by_parent {
            return false;
        }
        match operation.phase {
            Phase::Create if node.kind.must_be_inline => false,
            Phase::Create => !node.after.is_some_and(|object| (node.kind.holds_data)(object, self.to)),
            // A part must go with its whole, whose rows are its own.
            Phase::Drop if node.kind.part_of.is_some() => false,
            Phase::Drop => !node.before.is_some_and(|object| (node.kind.holds_data)(object, self.from)),
            Phase::Alter => true,
            Phase::SetAside | Phase::LeadOver => false,
        }
    }

    /// Returns the form that is dropped once everything is as the new form needs it.
    fn drop_late(&self, at: usize) -> Option<&'a Object> {
        let node = &self.nodes[at];
        let forms = node.before.zip(node.after).filter(|_| node.goes && node.comes && self.old_form(at).is_none());
        forms.filter(|(before, after)| (node.kind.drop_late)(before, after)).map(|(before, _)| before)
    }

    fn places(&self, operations: &[Operation]) -> Places {
        let mut places = Places(vec![[None; PHASES]; self.nodes.len()]);
        for (at, operation) in operations.iter().enumerate() {
            places.0[operation.node][operation.phase as usize] = Some(at);
        }
        places
    }

    fn edges(&self, places: &Places) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        let mut add = |first: Operation, then: Operation| {
            if let (Some(first), Some(then)) = (places.of(first), places.of(then)) {
                edges.push((first, then));
            }
        };
        let op = |phase, node| Operation { phase, node };
        let gone = |at: usize| op(if self.nodes[at].recreate { Phase::LeadOver } else { Phase::Drop }, at);
        let any_recreated = self.is_any_recreated();
        for (at, node) in self.nodes.iter().enumerate() {
            for &user in &node.users {
                add(gone(user), gone(at));
                add(gone(user), op(Phase::Alter, at));
                add(op(Phase::Alter, user), gone(at));
            }
            for &need in node.needs.iter().filter(|&&need| !any_recreated || !self.is_between_sections(need, at)) {
                for phase in [Phase::Create, Phase::Alter] {
                    add(op(Phase::Create, need), op(phase, at));
                    add(op(Phase::Alter, need), op(phase, at));
                }
            }
            if let Some(before) = self.drop_late(at) {
                let needed = (node.kind.create_after)(before, self.from, self.from);
                let needed = needed.iter().filter_map(|id| self.nodes.binary_search_by(|node| node.id.cmp(id)).ok());
                for need in node.needs.iter().copied().chain(needed) {
                    for first in [gone(need), op(Phase::Alter, need), op(Phase::Create, need)] {
                        add(first, gone(at));
                    }
                }
            } else if !node
                .parent_before
                .is_some_and(|parent| self.nodes[parent].goes && self.old_form(parent).is_none())
            {
                // What is dropped with its parent has no place of its own.
                node.drop_before.iter().for_each(|&first| add(gone(at), gone(first)));
            }
            if any_recreated {
                self.recreate_edges(at, &mut add);
            } else {
                add(op(Phase::Drop, at), op(Phase::Create, at));
            }
        }
        for &(user, source) in &self.aside {
            add(gone(user), op(Phase::Alter, source));
            add(op(Phase::Alter, source), op(Phase::Create, user));
        }
        // A part makes room before others come to the same whole.
        let mut makes_room: IdMap<Id, Vec<usize>> = IdMap::default();
        for (at, node) in self.nodes.iter().enumerate() {
            if let (Some(before), Some(part_of)) = (self.drop_late(at), node.kind.part_of) {
                makes_room.entry(part_of(before)).or_default().push(at);
            }
        }
        let comes = |node: &Node| node.comes && !makes_room.is_empty();
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| comes(node)) {
            let whole = node.after.zip(node.kind.part_of).map(|(after, part_of)| part_of(after));
            for &part in whole.and_then(|whole| makes_room.get(&whole)).into_iter().flatten() {
                add(gone(part), op(Phase::Create, at));
            }
        }
        let mut occupied: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.goes) {
            for name in node.before.map(node.kind.claimed_names).unwrap_or_default() {
                occupied.entry(name).or_default().push(at);
            }
        }
        let comes = |node: &Node| node.comes && !occupied.is_empty();
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| comes(node)) {
            for name in node.after.map(node.kind.claimed_names).unwrap_or_default() {
                for &holder in occupied.get(&name).into_iter().flatten() {
                    add(
                        if self.nodes[holder].recreate { op(Phase::SetAside, holder) } else { gone(holder) },
                        op(Phase::Create, at),
                    );
                }
            }
        }
        edges
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Phase {
    Drop,
    Alter,
    /// Renames the old form of a recreated object.
    SetAside,
    Create,
    /// Copies the data of the old form, and drops it.
    LeadOver,
}

const PHASES: usize = Phase::LeadOver as usize + 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Operation {
    pub(super) phase: Phase,
    pub(super) node: usize,
}

/// Where each node's drop, change and creation stand among the operations.
struct Places(Vec<[Option<usize>; PHASES]>);

impl Places {
    fn of(&self, operation: Operation) -> Option<usize> {
        self.0[operation.node][operation.phase as usize]
    }
}

/// An operation and the nodes whose operations are written inside it.
pub(super) struct Group {
    pub(super) operation: Operation,
    pub(super) inside: Vec<usize>,
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
