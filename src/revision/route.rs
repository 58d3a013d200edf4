//! Routes through the graph: what to run, undo or note to bring a database to a target.

use std::collections::HashSet;

use super::fault::{Fault, GraphError};
use super::graph::{Graph, Node};
use super::target::{Place, Range, Target, Way};
use super::{Revision, RevisionId};

/// The ids of every revision in a version table, not only the last ones.
pub type Applied = HashSet<RevisionId>;

/// What a `stamp` changes in the version table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// The revisions that get a row, parents first.
    pub add: Vec<&'a Revision>,
    /// The rows that go, children first.
    pub remove: Vec<RevisionId>,
}

/// Where a database is, in terms of the graph.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// By node: it is applied, or all that it replaces is.
    pub applied: Vec<bool>,
    /// Ids that no file describes or replaces.
    unknown: Vec<RevisionId>,
}

impl Graph {
    /// Returns the revisions to run, parents first, to bring a database from `applied` to `target`.
    ///
    /// `applied` holds every revision in the version table; an empty set is a new database. Revisions that a target
    /// needs and that are not applied are run even where later ones are. The result is empty when there is nothing to
    /// do.
    ///
    /// # Errors
    /// `SeveralHeads` if `target` is `head` and there are several; `AppliedUnknown` if the version table names a
    /// revision without a file; `Fault` if something is wrong with a revision on the way.
    ///
    /// Source: the meaning of relative targets follows Alembic's "Relative Migration Identifiers".
    pub fn upgrade_route(&self, applied: &Applied, target: &Target) -> Result<Vec<&Revision>, GraphError> {
        let state = self.known_state(applied)?;
        let place = self.place(target, Some(&state), Way::Up)?;
        self.require_all(&place)?;
        let required = self.sound_ancestors(&place.nodes)?;
        let mut route = Vec::new();
        for &at in self.order.iter().filter(|&&at| required[at] && !state.applied[at]) {
            match self.part_applied(at, applied) {
                true => route.extend(self.rest_of(at, applied)?),
                false => route.push(at),
            }
        }
        self.readable(&route)?;
        Ok(route.into_iter().map(|at| self.revision(at)).collect())
    }

    /// Returns the applied revisions to undo, children first, to bring a database down to `target`.
    ///
    /// What depends on a revision goes with it. A branch in the target keeps the route to that branch. The rows that
    /// stand for a revision are those of `rows_of`.
    ///
    /// # Errors
    /// `NotApplied` if the database is not above the target; `SharedBelow` if undoing the named branch would undo
    /// another with it; `AppliedUnknown` if the version table names a revision without a file.
    pub fn downgrade_route(&self, applied: &Applied, target: &Target) -> Result<Vec<&Revision>, GraphError> {
        let state = self.known_state(applied)?;
        let place = self.place(target, Some(&state), Way::Down)?;
        if target.place_is_current() {
            return Ok(Vec::new());
        }
        let lineage = place.branch.map(|at| self.lineage(at));
        let (mut roots, ground) = match place.nodes.as_slice() {
            [] => (self.select(|node| node.parents.is_empty()), None),
            [at] => {
                if !state.applied[*at] {
                    let current = self.candidates(self.tips(&state));
                    return Err(GraphError::NotApplied { id: self.revision(*at).id.clone(), current });
                }
                (self.nodes[*at].children.clone(), Some(*at))
            }
            several => {
                let candidates = self.candidates(several.iter().copied());
                return Err(GraphError::SeveralDestinations { text: target.text.clone(), candidates });
            }
        };
        if let Some(lineage) = &lineage {
            roots.retain(|&at| lineage[at]);
        }
        let mut going = self.descendants(roots.iter().copied());
        going.iter_mut().enumerate().for_each(|(at, goes)| *goes &= state.applied[at]);
        // `label@base` says how far: to the ground, with all that stands on it. Any other way down keeps to its branch.
        let to_base_of_branch = ground.is_none() && target.branch.is_some() && target.is_base();
        if let Some(lineage) = lineage.filter(|_| !to_base_of_branch) {
            self.keeps_to_branch(target, &going, &lineage)?;
        }
        let route: Vec<usize> = self.order.iter().rev().copied().filter(|&at| going[at]).collect();
        self.readable(&route)?;
        Ok(route.into_iter().map(|at| self.revision(at)).collect())
    }

    /// Returns what to write into the version table, and what to take out, so that it says `targets`.
    ///
    /// A target and all that comes before it become applied, what stands on it becomes not applied, and everything
    /// else stays as it is.
    ///
    /// # Errors
    /// Those of a target; `AppliedUnknown` if the version table names a revision without a file.
    pub fn stamp(&self, applied: &Applied, targets: &[Target]) -> Result<Stamp<'_>, GraphError> {
        let state = self.known_state(applied)?;
        let mut after = state.applied.clone();
        let mut stamped: Vec<usize> = Vec::new();
        for target in targets {
            let place = self.place(target, Some(&state), Way::Any)?;
            self.require_all(&place)?;
            if place.nodes.is_empty() {
                self.forget(&state, &place, &mut after);
            }
            stamped.extend(place.nodes);
        }
        let above = self.descendants(
            stamped.iter().flat_map(|&at| self.nodes[at].children.iter().chain(&self.nodes[at].dependents).copied()),
        );
        let below = self.sound_ancestors(&stamped)?;
        for at in 0..after.len() {
            after[at] = below[at] || (after[at] && !above[at]);
        }
        let before = &state.applied;
        let added = self.order.iter().filter(|&&at| after[at] && !before[at]);
        let removed = self.order.iter().rev().filter(|&&at| before[at] && !after[at]);
        Ok(Stamp {
            add: added.map(|&at| self.revision(at)).collect(),
            remove: removed.flat_map(|&at| self.rows_of(applied, &self.revision(at).id)).collect(),
        })
    }

    /// Returns the applied revisions that no other applied revision follows or depends on, in the order of their files.
    pub fn heads_of(&self, applied: &Applied) -> Vec<&Revision> {
        self.tips(&self.state(applied)).into_iter().map(|at| self.revision(at)).collect()
    }

    /// Returns every revision that counts as applied: those with a row, and those that replace only applied ones.
    pub fn effective<'a>(&'a self, applied: &Applied) -> HashSet<&'a str> {
        let state = self.state(applied);
        self.order.iter().filter(|&&at| state.applied[at]).map(|&at| self.revision(at).id.as_str()).collect()
    }

    /// Returns the ids of `applied` that no file describes or replaces, sorted.
    pub fn unknown(&self, applied: &Applied) -> Vec<RevisionId> {
        self.state(applied).unknown
    }

    /// Returns the rows of the version table that stand for revision `id`: its own, else those that it replaces.
    pub fn rows_of(&self, applied: &Applied, id: &str) -> Vec<RevisionId> {
        if applied.contains(id) {
            return vec![id.to_owned()];
        }
        let Some(revision) = self.get(id).filter(|revision| revision.id == id) else { return Vec::new() };
        let mut rows = Vec::new();
        for replaced in revision.replaces.iter().filter(|replaced| *replaced != id) {
            match applied.contains(replaced) {
                true => rows.push(replaced.clone()),
                false => rows.extend(self.replaced_rows(applied, replaced, 0)),
            }
        }
        rows
    }

    /// Returns what is applied on a database that was brought to `targets` from nothing.
    ///
    /// # Errors
    /// Those of a target; `NeedsDatabase` for one that depends on where a database is.
    pub fn applied_at(&self, targets: &[Target]) -> Result<Applied, GraphError> {
        let mut nodes = Vec::new();
        for target in targets {
            let place = self.place(target, None, Way::Any)?;
            self.require_all(&place)?;
            nodes.extend(place.nodes);
        }
        let reached = self.sound_ancestors(&nodes)?;
        Ok(self.order.iter().filter(|&&at| reached[at]).map(|&at| self.revision(at).id.clone()).collect())
    }

    /// Returns the revisions that `target` names, in the order of their files; none for `base`.
    ///
    /// `applied` is None if no database is asked.
    ///
    /// # Errors
    /// Those of a target.
    pub fn resolve(&self, applied: Option<&Applied>, target: &Target) -> Result<Vec<&Revision>, GraphError> {
        let state = applied.map(|applied| self.state(applied));
        let place = self.place(target, state.as_ref(), Way::Any)?;
        Ok(place.nodes.into_iter().map(|at| self.revision(at)).collect())
    }

    /// Returns the revisions of a range, parents first: both ends, and what lies between them.
    ///
    /// An end that is left open reaches to the base, or to all heads. Steps at the left end are counted from the right
    /// one, steps at the right end from the left one.
    ///
    /// # Errors
    /// Those of a target; `NoRange` if the left end does not come before the right one.
    pub fn range(&self, applied: Option<&Applied>, range: &Range) -> Result<Vec<&Revision>, GraphError> {
        let state = applied.map(|applied| self.state(applied));
        let any = |target: &Option<Target>, state: Option<&State>| -> Result<Option<Vec<usize>>, GraphError> {
            target.as_ref().map(|target| Ok(self.place(target, state, Way::Any)?.nodes)).transpose()
        };
        let counted = |target: &Option<Target>, sign| target.as_ref().is_some_and(|target| target.counts(self, sign));
        let (from, to) = if counted(&range.from, '-') {
            let to = any(&range.to, state.as_ref())?;
            let ends = to.clone().unwrap_or_else(|| self.select(|node| node.children.is_empty()));
            (any(&range.from, Some(&self.state_at(&ends)))?, to)
        } else {
            let from = any(&range.from, state.as_ref())?;
            let starts = counted(&range.to, '+').then(|| self.state_at(from.as_deref().unwrap_or_default()));
            (from, any(&range.to, starts.as_ref().or(state.as_ref()))?)
        };
        let to = to.unwrap_or_else(|| self.select(|node| node.children.is_empty()));
        let from = from.unwrap_or_default();
        let within = self.ancestors(to.iter().copied());
        if let Some(&outside) = from.iter().find(|&&at| !within[at]) {
            let to = to.iter().map(|&at| self.revision(at).id.as_str()).collect::<Vec<_>>().join(", ");
            let to = if to.is_empty() { "base".to_owned() } else { to };
            return Err(GraphError::NoRange { from: self.revision(outside).id.clone(), to });
        }
        let before = self.ancestors(from.iter().copied());
        let shown = self.order.iter().copied().filter(|at| within[*at] && (!before[*at] || from.contains(at)));
        Ok(shown.map(|at| self.revision(at)).collect())
    }

    /// Returns the applied nodes that no other applied node needs.
    pub(super) fn tips(&self, state: &State) -> Vec<usize> {
        let applied = || self.order.iter().copied().filter(|&at| state.applied[at]);
        let needed = self.ancestors(
            applied().flat_map(|at| self.nodes[at].parents.iter().chain(&self.nodes[at].dependencies).copied()),
        );
        self.select(|_| true).into_iter().filter(|&at| state.applied[at] && !needed[at]).collect()
    }

    fn state_at(&self, nodes: &[usize]) -> State {
        State { applied: self.ancestors(nodes.iter().copied()), unknown: Vec::new() }
    }

    fn state(&self, applied: &Applied) -> State {
        let mut state = State { applied: vec![false; self.nodes.len()], unknown: Vec::new() };
        for id in applied {
            match self.index.get(id) {
                // The id of a deleted file leads to what replaces it, which is looked at below.
                Some(&at) if self.revision(at).id == *id => state.applied[at] = true,
                Some(_) => {}
                None => state.unknown.push(id.clone()),
            }
        }
        state.unknown.sort_unstable();
        let squashes = self.select(|node| !node.revision.replaces.is_empty());
        for at in squashes.into_iter().filter(|&at| !state.applied[at]).collect::<Vec<_>>() {
            state.applied[at] = self.all_replaced_applied(applied, self.revision(at), 0);
        }
        state
    }

    fn known_state(&self, applied: &Applied) -> Result<State, GraphError> {
        let state = self.state(applied);
        match state.unknown.is_empty() {
            true => Ok(state),
            false => Err(GraphError::AppliedUnknown { ids: state.unknown }),
        }
    }

    fn all_replaced_applied(&self, applied: &Applied, revision: &Revision, depth: usize) -> bool {
        !revision.replaces.is_empty()
            && revision.replaces.iter().all(|id| {
                // A squash of squashes: deeper than any real one is a circle.
                applied.contains(id)
                    || (depth < 64
                        && self
                            .get(id)
                            .filter(|replaced| replaced.id == *id)
                            .is_some_and(|replaced| self.all_replaced_applied(applied, replaced, depth + 1)))
            })
    }

    fn replaced_rows(&self, applied: &Applied, id: &str, depth: usize) -> Vec<RevisionId> {
        let Some(revision) = self.get(id).filter(|revision| revision.id == id && depth < 64) else { return Vec::new() };
        let rows = revision.replaces.iter().flat_map(|replaced| match applied.contains(replaced) {
            true => vec![replaced.clone()],
            false => self.replaced_rows(applied, replaced, depth + 1),
        });
        rows.collect()
    }

    /// Is a part, but not all, of what this node replaces applied?
    fn part_applied(&self, at: usize, applied: &Applied) -> bool {
        self.revision(at).replaces.iter().any(|id| applied.contains(id))
    }

    /// Returns the replaced revisions that are still to run before `at` counts as applied, parents first.
    fn rest_of(&self, at: usize, applied: &Applied) -> Result<Vec<usize>, GraphError> {
        let revision = self.revision(at);
        let lacking: Vec<RevisionId> = revision.replaces.iter().filter(|id| !applied.contains(*id)).cloned().collect();
        let found: Option<Vec<usize>> = lacking
            .iter()
            .map(|id| self.index.get(id).copied().filter(|&found| self.revision(found).id == *id))
            .collect();
        let Some(mut rest) = found else {
            let replaced = revision.replaces.clone();
            return Err(GraphError::PartlyReplaced { by: revision.id.clone(), replaced, lacking });
        };
        // Their number of replaced ancestors orders them: a child has more than its parents.
        let above = |at: usize| {
            let reached = self.reach([at], |node: &Node| &node.parents, None);
            rest_count(&reached)
        };
        rest.sort_by_cached_key(|&at| (above(at), at));
        Ok(rest)
    }

    /// Marks `nodes` and all that must be applied before them.
    ///
    /// # Errors
    /// `Fault` if something is wrong with the place of one of them in the graph.
    fn sound_ancestors(&self, nodes: &[usize]) -> Result<Vec<bool>, GraphError> {
        let required = self.ancestors(nodes.iter().copied());
        let faulty = self.order.iter().filter(|&&at| required[at]).find_map(|&at| self.nodes[at].faults.first());
        match faulty.and_then(|&fault| self.faults.get(fault)) {
            Some(fault) => Err(GraphError::Fault(Box::new(fault.clone()))),
            None => Ok(required),
        }
    }

    /// What asks for heads needs to know all of them.
    fn require_all(&self, place: &Place) -> Result<(), GraphError> {
        match self.fault_of_heads() {
            Some(fault) if place.of_heads => Err(GraphError::Fault(Box::new(fault.clone()))),
            _ => Ok(()),
        }
    }

    /// Can the sections of these revisions be read?
    fn readable(&self, route: &[usize]) -> Result<(), GraphError> {
        let broken = route.iter().find_map(|&at| self.nodes[at].broken);
        match broken.and_then(|fault| self.faults.get(fault)) {
            Some(fault) => Err(GraphError::Fault(Box::new(fault.clone()))),
            None => Ok(()),
        }
    }

    /// Refuses to undo what stands beside the branch on the same ground.
    fn keeps_to_branch(&self, target: &Target, going: &[bool], lineage: &[bool]) -> Result<(), GraphError> {
        for &at in self.order.iter().filter(|&&at| going[at] && lineage[at]) {
            let beside = |child: &&usize| going[**child] && !lineage[**child];
            let children = &self.nodes[at].children;
            if children.iter().any(|child| beside(&child)) {
                let candidates = self.candidates(children.iter().filter(beside).copied());
                let at = self.revision(at).id.clone();
                return Err(GraphError::SharedBelow { text: target.text.clone(), at, candidates });
            }
        }
        Ok(())
    }

    /// `base` forgets everything; `label@base` that branch, but for what other branches stand on. A dependency of the
    /// branch is on another one, as it is for `downgrade`.
    fn forget(&self, state: &State, place: &Place, after: &mut [bool]) {
        let Some(branch) = place.branch else { return after.fill(false) };
        let mut on_branch = self.descendants([branch]);
        for (at, above) in self.reach([branch], |node| &node.parents, None).into_iter().enumerate() {
            on_branch[at] |= above;
        }
        let others = (0..after.len()).filter(|&at| state.applied[at] && !on_branch[at]);
        let kept = self.ancestors(others);
        for at in 0..after.len() {
            after[at] &= kept[at] || !on_branch[at];
        }
    }
}

fn rest_count(reached: &[bool]) -> usize {
    reached.iter().filter(|reached| **reached).count()
}

impl From<Fault> for GraphError {
    fn from(fault: Fault) -> GraphError {
        GraphError::Fault(Box::new(fault))
    }
}
