//! The graph of revisions: heads, bases, parents, labels, and what is wrong with it.
//!
//! Everything takes time in proportion to the number of revisions and edges, and gives the same answer in the same
//! order on every run. A fault stops nothing here: the rest of the graph stays usable.

use std::collections::{HashMap, HashSet};

use super::fault::{Candidate, Fault};
use super::file::FileError;
use super::folder::Folder;
use super::{Revision, RevisionId, nearest};

/// Revisions and how they follow each other.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) index: HashMap<RevisionId, usize>,
    pub(super) labels: HashMap<String, usize>,
    /// The visible revisions, parents before children.
    pub(super) order: Vec<usize>,
    pub(super) faults: Vec<Fault>,
    /// The faults that concern every question for heads: files without a name, missing parents, circles, ids that are
    /// taken twice.
    pub(super) faults_of_heads: Vec<usize>,
    /// The ids, sorted, for prefixes.
    sorted: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub revision: Revision,
    pub parents: Vec<usize>,
    pub dependencies: Vec<usize>,
    pub children: Vec<usize>,
    pub dependents: Vec<usize>,
    /// The revision that replaces this one, which then is no part of the graph.
    pub replaced_by: Option<usize>,
    /// What is wrong with its place in the graph.
    pub faults: Vec<usize>,
    /// What is wrong with its file below the header.
    pub broken: Option<usize>,
}

impl From<Folder> for Graph {
    fn from(folder: Folder) -> Graph {
        let (revisions, errors) = folder.into_errors();
        Graph::new(revisions, errors)
    }
}

impl Graph {
    /// Makes the graph of `revisions`; `errors` are the files that could not be read.
    pub fn new(revisions: Vec<Revision>, errors: Vec<FileError>) -> Graph {
        let mut graph = Graph::default();
        let mut taken: HashMap<RevisionId, Vec<usize>> = HashMap::new();
        graph.nodes.reserve(revisions.len());
        for revision in revisions {
            graph.add(revision, None, &mut taken);
        }
        for mut error in errors {
            let header = error.header.take();
            let fault = graph.fault(Fault::File(error));
            match header {
                Some(header) => graph.add(*header, Some(fault), &mut taken),
                None => graph.faults_of_heads.push(fault),
            }
        }
        graph.note_duplicates(taken);
        graph.note_replaced();
        graph.note_labels();
        graph.connect();
        graph.sort();
        graph.sorted = (0..graph.nodes.len()).collect();
        let nodes = &graph.nodes;
        graph.sorted.sort_unstable_by(|&a, &b| nodes[a].revision.id.cmp(&nodes[b].revision.id));
        graph
    }

    /// Returns the revision with this very id, one that was replaced included.
    pub fn get(&self, id: &str) -> Option<&Revision> {
        self.index.get(id).map(|&at| self.revision(at))
    }

    /// Returns all revisions but the replaced ones, parents before children.
    pub fn revisions(&self) -> impl DoubleEndedIterator<Item = &Revision> + ExactSizeIterator {
        self.order.iter().map(|&at| self.revision(at))
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Returns the heads: the revisions without a successor.
    pub fn heads(&self) -> Vec<&Revision> {
        self.pick(|node| node.children.is_empty())
    }

    /// Returns the heads that no other revision depends on either.
    pub fn real_heads(&self) -> Vec<&Revision> {
        self.pick(|node| node.children.is_empty() && node.dependents.is_empty())
    }

    /// Returns the revisions that follow none.
    pub fn bases(&self) -> Vec<&Revision> {
        self.pick(|node| node.parents.is_empty())
    }

    /// Returns the revisions that several follow.
    pub fn branch_points(&self) -> Vec<&Revision> {
        self.pick(|node| node.children.len() > 1)
    }

    /// Returns the revisions that `id` follows, those that replace its parents included.
    pub fn parents(&self, id: &str) -> Vec<&Revision> {
        self.neighbours(id, |node| &node.parents)
    }

    /// Returns the revisions that follow `id`.
    pub fn children(&self, id: &str) -> Vec<&Revision> {
        self.neighbours(id, |node| &node.children)
    }

    /// Returns the revisions that `id` depends on.
    pub fn dependencies(&self, id: &str) -> Vec<&Revision> {
        self.neighbours(id, |node| &node.dependencies)
    }

    /// Returns the revisions that depend on `id`.
    pub fn dependents(&self, id: &str) -> Vec<&Revision> {
        self.neighbours(id, |node| &node.dependents)
    }

    /// Returns the revision that declares the branch label.
    pub fn labelled(&self, label: &str) -> Option<&Revision> {
        self.labels.get(label).map(|&at| self.revision(at))
    }

    /// Returns the branch labels that every revision bears, by id: those of its ancestors, and those of a descendant
    /// with no branch or merge on the way.
    pub fn labels(&self) -> HashMap<&str, Vec<&str>> {
        let mut spread: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut labels: Vec<(&str, usize)> = self.labels.iter().map(|(label, &at)| (label.as_str(), at)).collect();
        labels.sort_unstable();
        for (label, at) in labels {
            let mut bears = self.reach([at], |node| &node.children, None);
            let mut above = at;
            while let &[parent] = self.nodes[above].parents.as_slice() {
                let node = &self.nodes[parent];
                if node.children.len() + node.dependents.len() > 1 || bears[parent] {
                    break;
                }
                bears[parent] = true;
                above = parent;
            }
            for (index, _) in bears.iter().enumerate().filter(|(_, bears)| **bears) {
                spread.entry(self.nodes[index].revision.id.as_str()).or_default().push(label);
            }
        }
        spread
    }

    /// Returns everything that is wrong with the files as a graph.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Returns what keeps the heads from being known: a file without a name or a parent, a circle, an id that is taken twice.
    pub fn fault_of_heads(&self) -> Option<&Fault> {
        self.faults.get(*self.faults_of_heads.first()?)
    }

    /// Returns the error of a file of which only the header can be read.
    pub fn broken(&self, id: &str) -> Option<&FileError> {
        match self.faults.get(self.nodes[*self.index.get(id)?].broken?)? {
            Fault::File(error) => Some(error),
            _ => None,
        }
    }

    pub(super) fn revision(&self, at: usize) -> &Revision {
        &self.nodes[at].revision
    }

    pub(super) fn candidates(&self, nodes: impl IntoIterator<Item = usize>) -> Vec<Candidate> {
        nodes
            .into_iter()
            .map(|at| {
                let revision = self.revision(at);
                let message = revision.message.lines().next().unwrap_or_default().to_owned();
                Candidate { id: revision.id.clone(), message }
            })
            .collect()
    }

    /// Returns the revisions, the replaced ones included, whose id begins with `prefix`, in the order of ids.
    pub(super) fn with_prefix(&self, prefix: &str) -> &[usize] {
        let from = self.sorted.partition_point(|&at| self.nodes[at].revision.id.as_str() < prefix);
        let rest = &self.sorted[from..];
        &rest[..rest.partition_point(|&at| self.nodes[at].revision.id.starts_with(prefix))]
    }

    /// Returns the id or label that looks most like `text`.
    pub(super) fn near(&self, text: &str) -> Option<String> {
        let mut known: Vec<&str> = self.index.keys().chain(self.labels.keys()).map(String::as_str).collect();
        known.sort_unstable();
        nearest(text, &known).map(str::to_owned)
    }

    /// Marks what is reached from `from`, itself included, over the edges that `first` and `second` give.
    pub(super) fn reach(
        &self,
        from: impl IntoIterator<Item = usize>,
        first: fn(&Node) -> &Vec<usize>,
        second: Option<fn(&Node) -> &Vec<usize>>,
    ) -> Vec<bool> {
        let mut reached = vec![false; self.nodes.len()];
        let mut open: Vec<usize> = from.into_iter().collect();
        while let Some(at) = open.pop() {
            if std::mem::replace(&mut reached[at], true) {
                continue;
            }
            let node = &self.nodes[at];
            open.extend(first(node));
            if let Some(second) = second {
                open.extend(second(node));
            }
        }
        reached
    }

    /// Marks these revisions and all that must be applied before them.
    pub(super) fn ancestors(&self, from: impl IntoIterator<Item = usize>) -> Vec<bool> {
        self.reach(from, |node| &node.parents, Some(|node| &node.dependencies))
    }

    /// Marks these revisions and all that can't stay without them.
    pub(super) fn descendants(&self, from: impl IntoIterator<Item = usize>) -> Vec<bool> {
        self.reach(from, |node| &node.children, Some(|node| &node.dependents))
    }

    /// Marks what is on the branch of `at`: what leads to it and what follows it.
    pub(super) fn lineage(&self, at: usize) -> Vec<bool> {
        let mut lineage = self.reach([at], |node| &node.children, None);
        for (index, above) in self.reach([at], |node| &node.parents, None).into_iter().enumerate() {
            lineage[index] |= above;
        }
        lineage
    }

    /// Returns the visible revisions that `choose` picks, in the order of their files.
    pub(super) fn select(&self, choose: impl Fn(&Node) -> bool) -> Vec<usize> {
        let visible = |node: &Node| node.replaced_by.is_none();
        (0..self.nodes.len()).filter(|&at| visible(&self.nodes[at]) && choose(&self.nodes[at])).collect()
    }

    fn pick(&self, choose: impl Fn(&Node) -> bool) -> Vec<&Revision> {
        self.select(choose).into_iter().map(|at| self.revision(at)).collect()
    }

    fn neighbours(&self, id: &str, edges: fn(&Node) -> &Vec<usize>) -> Vec<&Revision> {
        let Some(&at) = self.index.get(id) else { return Vec::new() };
        edges(&self.nodes[at]).iter().map(|&at| self.revision(at)).collect()
    }

    fn fault(&mut self, fault: Fault) -> usize {
        self.faults.push(fault);
        self.faults.len() - 1
    }

    /// Adds a node, unless there is one with its id.
    fn add(&mut self, revision: Revision, broken: Option<usize>, taken: &mut HashMap<RevisionId, Vec<usize>>) {
        let at = self.nodes.len();
        match self.index.get(&revision.id) {
            // The node is kept for the message and taken away by `note_duplicates`.
            Some(&first) => taken.entry(revision.id.clone()).or_insert_with(|| vec![first]).push(at),
            None => {
                self.index.insert(revision.id.clone(), at);
            }
        }
        self.nodes.push(Node { revision, broken, ..Node::default() });
    }

    fn note_duplicates(&mut self, taken: HashMap<RevisionId, Vec<usize>>) {
        if taken.is_empty() {
            return;
        }
        let mut taken: Vec<_> = taken.into_iter().collect();
        taken.sort_unstable();
        let mut copies = vec![false; self.nodes.len()];
        for (id, nodes) in taken {
            let paths = nodes.iter().map(|&at| self.nodes[at].revision.path.clone()).collect();
            let fault = self.fault(Fault::DuplicateId { id, paths });
            self.faults_of_heads.push(fault);
            for (number, at) in nodes.into_iter().enumerate() {
                self.nodes[at].faults.push(fault);
                copies[at] = number > 0;
            }
        }
        let mut copies = copies.into_iter();
        self.nodes.retain(|_| !copies.next().unwrap_or(false));
        self.index = self.nodes.iter().enumerate().map(|(at, node)| (node.revision.id.clone(), at)).collect();
    }

    fn note_replaced(&mut self) {
        let mut by: HashMap<RevisionId, usize> = HashMap::new();
        for at in 0..self.nodes.len() {
            for id in self.nodes[at].revision.replaces.clone() {
                match by.get(&id) {
                    Some(&other) => {
                        let both = [other, at];
                        let paths = both.iter().map(|&at| self.nodes[at].revision.path.clone()).collect();
                        let by = both.iter().map(|&at| self.nodes[at].revision.id.clone()).collect();
                        let fault = self.fault(Fault::ReplacedTwice { id, by, paths });
                        both.iter().for_each(|&at| self.nodes[at].faults.push(fault));
                    }
                    None => {
                        by.insert(id, at);
                    }
                }
            }
        }
        for (id, at) in by {
            match self.index.get(&id) {
                Some(&replaced) if replaced != at => self.nodes[replaced].replaced_by = Some(at),
                Some(_) => {}
                // Its file is gone; its name still leads to what stands for it.
                None => {
                    self.index.insert(id, at);
                }
            }
        }
    }

    /// Follows replacements to the revision that is part of the graph; None if they go in a circle.
    pub(super) fn standing_for(&self, mut at: usize) -> usize {
        for _ in 0..self.nodes.len() {
            match self.nodes[at].replaced_by {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }

    fn note_labels(&mut self) {
        let mut declared: HashMap<String, Vec<usize>> = HashMap::new();
        for at in self.select(|node| !node.revision.branch_labels.is_empty()) {
            for label in &self.nodes[at].revision.branch_labels {
                declared.entry(label.clone()).or_default().push(at);
            }
        }
        let mut declared: Vec<_> = declared.into_iter().collect();
        declared.sort_unstable();
        for (label, nodes) in declared {
            let path = |at: usize| self.nodes[at].revision.path.clone();
            let mut paths: Vec<_> = nodes.iter().map(|&at| path(at)).collect();
            let fault = match self.index.get(&label) {
                Some(&id) => {
                    if !nodes.contains(&id) {
                        paths.insert(0, path(id));
                    }
                    Some(Fault::LabelIsId { label: label.clone(), paths })
                }
                None if nodes.len() > 1 => {
                    let ids = nodes.iter().map(|&at| self.nodes[at].revision.id.clone()).collect();
                    Some(Fault::DuplicateLabel { label: label.clone(), ids, paths })
                }
                None => None,
            };
            if let Some(fault) = fault {
                self.fault(fault);
            }
            if let Some(&first) = nodes.first() {
                self.labels.insert(label, first);
            }
        }
    }

    fn connect(&mut self) {
        for at in 0..self.nodes.len() {
            let parents = std::mem::take(&mut self.nodes[at].revision.revises);
            let dependencies = std::mem::take(&mut self.nodes[at].revision.depends_on);
            let hidden = self.nodes[at].replaced_by.is_some();
            for (ids, by_label) in [(&parents, false), (&dependencies, true)] {
                let mut joined = HashSet::new();
                for name in ids {
                    let found = match self.index.get(name) {
                        None if by_label => self.labels.get(name).copied(),
                        found => found.copied(),
                    };
                    // A replaced revision keeps its own parents, for the case that only a part of it was applied.
                    match found.map(|found| if hidden { found } else { self.standing_for(found) }) {
                        Some(found) if joined.insert(found) => self.join(at, found, by_label, hidden),
                        Some(_) => {}
                        None if hidden => {}
                        None => self.note_missing(at, name, by_label),
                    }
                }
            }
            self.nodes[at].revision.revises = parents;
            self.nodes[at].revision.depends_on = dependencies;
        }
    }

    fn join(&mut self, at: usize, found: usize, by_label: bool, hidden: bool) {
        let known = if by_label { &mut self.nodes[at].dependencies } else { &mut self.nodes[at].parents };
        known.push(found);
        if !hidden {
            let back = if by_label { &mut self.nodes[found].dependents } else { &mut self.nodes[found].children };
            back.push(at);
        }
    }

    fn note_missing(&mut self, at: usize, name: &str, dependency: bool) {
        let revision = &self.nodes[at].revision;
        let (id, path, missing) = (revision.id.clone(), revision.path.clone(), name.to_owned());
        // Looking for the nearest name takes time for every revision, and nobody reads a hundred hints.
        let near = Some(name).filter(|_| self.faults.len() < 20).and_then(|name| self.near(name));
        let near = near.filter(|near| *near != id);
        let fault = match dependency {
            true => Fault::MissingDependency { id, path, missing, near },
            false => Fault::MissingParent { id, path, missing, near },
        };
        let fault = self.fault(fault);
        self.nodes[at].faults.push(fault);
        if !dependency {
            // What the missing file follows would be a head without it.
            self.faults_of_heads.push(fault);
        }
    }

    /// Puts the revisions in order, parents first and each branch in one piece, and finds circles on the way.
    fn sort(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Visit {
            No,
            Open,
            Done,
        }
        let mut seen = vec![Visit::No; self.nodes.len()];
        let mut circles: Vec<Vec<usize>> = Vec::new();
        let mut in_circle = vec![false; self.nodes.len()];
        let mut order = Vec::with_capacity(self.nodes.len());
        let starts = self.select(|node| node.children.is_empty());
        // What no head leads to is in a circle or below one.
        for start in starts.into_iter().chain(self.select(|_| true)) {
            if seen[start] != Visit::No {
                continue;
            }
            seen[start] = Visit::Open;
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((at, next)) = path.last_mut() {
                let node = &self.nodes[*at];
                let edge = node.parents.get(*next).or_else(|| node.dependencies.get(*next - node.parents.len()));
                let Some(&above) = edge else {
                    seen[*at] = Visit::Done;
                    order.push(*at);
                    path.pop();
                    continue;
                };
                *next += 1;
                match seen[above] {
                    Visit::Done => {}
                    Visit::No => {
                        seen[above] = Visit::Open;
                        path.push((above, 0));
                    }
                    Visit::Open => {
                        let from = path.iter().position(|(at, _)| *at == above).unwrap_or(0);
                        let circle: Vec<usize> = path[from..].iter().map(|(at, _)| *at).collect();
                        if circle.iter().any(|&at| !in_circle[at]) {
                            circle.iter().for_each(|&at| in_circle[at] = true);
                            circles.push(circle);
                        }
                    }
                }
            }
        }
        self.order = order;
        for mut circle in circles {
            let first = circle.iter().enumerate().min_by_key(|(_, at)| **at).map_or(0, |(place, _)| place);
            circle.rotate_left(first);
            let ids = circle.iter().map(|&at| self.nodes[at].revision.id.clone()).collect();
            let paths = circle.iter().map(|&at| self.nodes[at].revision.path.clone()).collect();
            let fault = self.fault(Fault::Cycle { ids, paths });
            self.faults_of_heads.push(fault);
            circle.into_iter().for_each(|at| self.nodes[at].faults.push(fault));
        }
    }
}
