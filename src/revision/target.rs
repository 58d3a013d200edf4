//! The one grammar of targets: `head`, `base`, `ab12`, `+2`, `label@head`, `a:b`.
//!
//! ```text
//! target = [ branch "@" ] place [ ("+" | "-") digits ]
//! place  = "" | "head" | "heads" | "base" | "current" | id | prefix of an id | label
//! range  = [ target ] ":" [ target ]
//! ```
//! A text is read as a whole. An id or label that is spelt exactly so wins over counting, so `rel-2` may be a label.

use super::fault::{Fault, GraphError};
use super::file::fault_in_name;
use super::graph::Graph;
use super::route::State;

/// One target, read but not yet looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As written.
    pub text: String,
    /// What comes before the `@`.
    pub branch: Option<String>,
    /// What comes after it: a place, with the steps that may be a part of its name.
    place: String,
}

/// A range of targets; an open end reaches as far as the graph does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub from: Option<Target>,
    pub to: Option<Target>,
}

/// An argument on the command line where a target is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    One(Target),
    Range(Range),
}

/// Which way a target is read, and so what it may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
    Any,
}

/// What a target means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The revisions, in the order of their files; none for the base.
    pub nodes: Vec<usize>,
    /// The revision whose branch it keeps to: that of the label, or that from which steps were counted down.
    pub branch: Option<usize>,
    /// `head` or `heads` was asked for, which depends on every file.
    pub of_heads: bool,
}

impl Target {
    /// Reads one target.
    ///
    /// # Errors
    /// `Syntax`, with the reason.
    pub fn parse(text: &str) -> Result<Target, GraphError> {
        let fault = |reason: &str| Err(GraphError::Syntax { text: text.to_owned(), reason: reason.to_owned() });
        if text.is_empty() {
            return fault("it is empty");
        }
        if text.contains(':') {
            return fault("a range is not possible here");
        }
        let (branch, place) = match text.split_once('@') {
            Some((branch, place)) => (Some(branch), place),
            None => (None, text),
        };
        if let Some(branch) = branch {
            if let Some(reason) = fault_in_name(branch) {
                return fault(&format!("`{branch}` can't be a branch: {reason}"));
            }
            if place.is_empty() {
                return fault("after `@`, write a place on the branch: head, base, an id, +1, -1");
            }
        }
        let (name, steps) = match place.rfind(['+', '-']) {
            // A `-` may be a part of the name, a `+` may not.
            Some(at) if place.as_bytes()[at] == b'+' || at == 0 || all_digits(&place[at + 1..]) => {
                (&place[..at], Some(&place[at + 1..]))
            }
            _ => (place, None),
        };
        if let Some(steps) = steps {
            if !all_digits(steps) {
                return fault("after + or -, write a number of revisions and nothing else");
            }
            if steps.bytes().all(|digit| digit == b'0') {
                return fault("0 steps is not a target");
            }
        }
        let word = ["head", "heads", "base", "current", ""].contains(&name);
        match fault_in_name(name).filter(|_| !word) {
            Some(reason) => fault(&reason),
            None => Ok(Target { text: text.to_owned(), branch: branch.map(str::to_owned), place: place.to_owned() }),
        }
    }

    /// Does the target depend on where a database is?
    pub fn needs_database(&self, graph: &Graph) -> bool {
        let (name, steps) = self.split(graph);
        name == "current" || (name.is_empty() && steps.is_some())
    }

    pub(super) fn place_is_current(&self) -> bool {
        self.place == "current"
    }

    pub(super) fn is_base(&self) -> bool {
        self.place == "base"
    }

    /// Is it a number of steps from where the database is, up (`+`) or down (`-`)?
    pub(super) fn counts(&self, graph: &Graph, sign: char) -> bool {
        let (name, steps) = self.split(graph);
        name.is_empty() && steps.is_some_and(|steps| (steps > 0) == (sign == '+'))
    }

    /// Returns the name and the steps from there, negative downwards.
    fn split(&self, graph: &Graph) -> (&str, Option<i64>) {
        let whole = self.place.as_str();
        if graph.index.contains_key(whole) || graph.labels.contains_key(whole) {
            return (whole, None);
        }
        let Some(at) = whole.rfind(['+', '-']).filter(|&at| all_digits(&whole[at + 1..])) else {
            return (whole, None);
        };
        // A number that no graph reaches is as good as the largest.
        let count: i64 = whole[at + 1..].parse().unwrap_or(i64::MAX);
        (&whole[..at], Some(if whole.as_bytes()[at] == b'-' { -count } else { count }))
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Range {
    /// Does the range depend on where a database is?
    pub fn needs_database(&self, graph: &Graph) -> bool {
        let ends = [(&self.from, '-'), (&self.to, '+')];
        ends.into_iter().any(|(end, counted_from_the_other)| {
            end.as_ref().is_some_and(|end| end.needs_database(graph) && !end.counts(graph, counted_from_the_other))
        })
    }
}

impl Spec {
    /// Reads a target or a range of two.
    ///
    /// # Errors
    /// `Syntax`, with the reason.
    pub fn parse(text: &str) -> Result<Spec, GraphError> {
        let Some((from, to)) = text.split_once(':') else { return Ok(Spec::One(Target::parse(text)?)) };
        if to.contains(':') {
            let reason = "a range has one colon: FROM:TO".to_owned();
            return Err(GraphError::Syntax { text: text.to_owned(), reason });
        }
        let end = |text: &str| (!text.is_empty()).then(|| Target::parse(text)).transpose();
        Ok(Spec::Range(Range { from: end(from)?, to: end(to)? }))
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

impl Graph {
    /// Looks `target` up. `state` is where the database is; None if it isn't asked.
    pub(super) fn place(&self, target: &Target, state: Option<&State>, way: Way) -> Result<Place, GraphError> {
        let text = || target.text.clone();
        let branch = target.branch.as_deref().map(|name| self.branch(name)).transpose()?;
        let lineage = branch.map(|at| self.lineage(at));
        let on_branch = |at: &usize| lineage.as_ref().is_none_or(|lineage| lineage[*at]);
        let (name, steps) = target.split(self);
        let place = |nodes: Vec<usize>| Place { nodes, branch, of_heads: false };
        let Some(steps) = steps else {
            return Ok(match name {
                "base" => place(Vec::new()),
                "head" => {
                    let heads = self.heads_on(on_branch);
                    if heads.len() > 1 {
                        if let Some(fault) = self.fault_of_heads() {
                            return Err(GraphError::Fault(Box::new(fault.clone())));
                        }
                        return Err(GraphError::SeveralHeads { text: text(), candidates: self.candidates(heads) });
                    }
                    Place { of_heads: true, ..place(heads) }
                }
                "heads" => Place { of_heads: true, ..place(self.heads_on(on_branch)) },
                "current" => {
                    let state = state.ok_or_else(|| GraphError::NeedsDatabase { text: text() })?;
                    place(self.tips(state).into_iter().filter(on_branch).collect())
                }
                name => {
                    let at = self.find(name)?;
                    if !on_branch(&at) {
                        let branch = target.branch.clone().unwrap_or_default();
                        return Err(GraphError::NotOnBranch { id: self.revision(at).id.clone(), branch });
                    }
                    place(vec![at])
                }
            });
        };
        let start = match name {
            "" | "current" => {
                let state = state.ok_or_else(|| GraphError::NeedsDatabase { text: text() })?;
                match (way, steps > 0) {
                    (Way::Up, false) => {
                        return Err(GraphError::WrongWay { text: text(), hint: "`migrate downgrade` goes down" });
                    }
                    (Way::Down, true) => {
                        return Err(GraphError::WrongWay { text: text(), hint: "`migrate upgrade` goes up" });
                    }
                    _ => self.start(target, state, lineage.as_deref())?,
                }
            }
            name => {
                let plain = Target { place: name.to_owned(), ..target.clone() };
                let found = self.place(&plain, state, way)?.nodes;
                if found.len() > 1 {
                    return Err(GraphError::SeveralHeads { text: text(), candidates: self.candidates(found) });
                }
                found.first().copied()
            }
        };
        if steps > 0 {
            let at = self.walk_up(target, start, steps, lineage.as_deref())?;
            return Ok(place(vec![at]));
        }
        let to = self.walk_down(target, start, -steps, lineage.as_deref())?;
        // `x-2` keeps to the branch of x: what stands beside it on the same ground is not meant. Where x is not applied,
        // it only serves to name the place.
        let start = start.filter(|&at| state.is_some_and(|state| state.applied[at]));
        Ok(Place { nodes: to.into_iter().collect(), branch: branch.or(start), of_heads: false })
    }

    /// Returns the one revision that `name` means: an id, a label, or the beginning of an id.
    fn find(&self, name: &str) -> Result<usize, GraphError> {
        let exact = self.index.get(name).or_else(|| self.labels.get(name)).copied();
        let at = match exact {
            Some(at) => at,
            None => match self.with_prefix(name) {
                [at] if name.len() >= 4 => *at,
                [_, _, ..] if name.len() >= 4 => {
                    let candidates = self.candidates(self.with_prefix(name).iter().take(20).copied());
                    return Err(GraphError::AmbiguousPrefix { text: name.to_owned(), candidates });
                }
                found => {
                    let near = found.first().map(|&at| self.revision(at).id.clone()).or_else(|| self.near(name));
                    return Err(GraphError::Unknown { text: name.to_owned(), near });
                }
            },
        };
        let labelled_twice = |fault: &&Fault| match fault {
            Fault::DuplicateLabel { label, .. } | Fault::LabelIsId { label, .. } => label == name,
            _ => false,
        };
        if let Some(fault) = self.faults.iter().find(labelled_twice) {
            return Err(GraphError::Fault(Box::new(fault.clone())));
        }
        let standing = self.standing_for(at);
        match standing == at && self.revision(at).id != name && !self.labels.contains_key(name) && exact.is_some() {
            // The index knows the ids of deleted files by what replaces them.
            true => Err(GraphError::Replaced { id: name.to_owned(), by: self.revision(at).id.clone() }),
            false if standing != at => {
                Err(GraphError::Replaced { id: self.revision(at).id.clone(), by: self.revision(standing).id.clone() })
            }
            false => Ok(at),
        }
    }

    /// Returns the revision that a branch is named by.
    fn branch(&self, name: &str) -> Result<usize, GraphError> {
        self.find(name).map_err(|error| match error {
            GraphError::Unknown { text, near } => GraphError::Unknown { text, near },
            error => error,
        })
    }

    fn heads_on(&self, on_branch: impl Fn(&usize) -> bool) -> Vec<usize> {
        self.select(|node| node.children.is_empty()).into_iter().filter(on_branch).collect()
    }

    /// Returns the revision from which steps are counted when none is named: where the database is.
    fn start(&self, target: &Target, state: &State, lineage: Option<&[bool]>) -> Result<Option<usize>, GraphError> {
        let mut tips = self.tips(state);
        if let Some(lineage) = lineage {
            tips.retain(|&at| lineage[at]);
            if tips.is_empty() {
                // The branch's end may be applied without being a tip, because another branch depends on it; or
                // only what the branch grows from is applied.
                tips = self.select(|_| true);
                tips.retain(|&at| lineage[at] && state.applied[at]);
                let below = self.reach(
                    tips.iter().flat_map(|&at| self.nodes[at].parents.iter().copied()),
                    |node| &node.parents,
                    None,
                );
                tips.retain(|&at| !below[at]);
            }
        }
        match tips.as_slice() {
            [] => Ok(None),
            [at] => Ok(Some(*at)),
            _ => Err(GraphError::SeveralCurrent { text: target.text.clone(), candidates: self.candidates(tips) }),
        }
    }

    fn walk_up(
        &self,
        target: &Target,
        start: Option<usize>,
        steps: i64,
        lineage: Option<&[bool]>,
    ) -> Result<usize, GraphError> {
        let mut at = start;
        for step in 0..steps {
            let mut next = match at {
                Some(at) => self.nodes[at].children.clone(),
                None => self.select(|node| node.parents.is_empty()),
            };
            next.retain(|&at| lineage.is_none_or(|lineage| lineage[at]));
            at = match next.as_slice() {
                [] => {
                    return Err(GraphError::TooFar { text: target.text.clone(), found: step.unsigned_abs() });
                }
                [one] => Some(*one),
                _ => {
                    let at = at.map_or("base".to_owned(), |at| self.revision(at).id.clone());
                    let candidates = self.candidates(next);
                    return Err(GraphError::Fork { text: target.text.clone(), at, candidates });
                }
            };
        }
        at.ok_or_else(|| GraphError::TooFar { text: target.text.clone(), found: 0 })
    }

    fn walk_down(
        &self,
        target: &Target,
        start: Option<usize>,
        steps: i64,
        lineage: Option<&[bool]>,
    ) -> Result<Option<usize>, GraphError> {
        let mut at = start;
        for step in 0..steps {
            let Some(here) = at else {
                return Err(GraphError::TooFar { text: target.text.clone(), found: step.unsigned_abs() });
            };
            let mut parents = self.nodes[here].parents.clone();
            if parents.len() > 1 {
                parents.retain(|&at| lineage.is_none_or(|lineage| lineage[at]));
            }
            at = match parents.as_slice() {
                [] => None,
                [one] => Some(*one),
                _ => {
                    let at = self.revision(here).id.clone();
                    let candidates = self.candidates(parents);
                    return Err(GraphError::Merge { text: target.text.clone(), at, candidates });
                }
            };
        }
        Ok(at)
    }
}
