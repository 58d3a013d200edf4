//! The graph of revisions drawn with characters, as `git log --graph` draws commits.

use std::collections::HashMap;

use crate::revision::Revision;
use crate::revision::graph::Graph;

/// Draws `revisions`, children before parents, each with the text that `describe` gives.
pub fn draw(graph: &Graph, revisions: &[&Revision], describe: impl Fn(&Revision) -> String) -> String {
    let shown: HashMap<&str, usize> =
        revisions.iter().enumerate().map(|(place, revision)| (revision.id.as_str(), place)).collect();
    let mut drawing = Drawing::default();
    for (place, revision) in revisions.iter().enumerate() {
        let parents: Vec<usize> = graph
            .parents(&revision.id)
            .into_iter()
            .filter_map(|parent| shown.get(parent.id.as_str()).copied())
            .collect();
        drawing.add(place, &parents, &describe(revision), place + 1 == revisions.len());
    }
    drawing.text
}

/// What was drawn so far. A lane is a column that leads down to a revision which is still to come.
#[derive(Default)]
struct Drawing {
    lanes: Vec<usize>,
    text: String,
}

impl Drawing {
    fn add(&mut self, revision: usize, parents: &[usize], description: &str, is_last: bool) {
        let at = match self.lanes.iter().position(|&lane| lane == revision) {
            Some(at) => {
                while let Some(other) = self.lanes.iter().rposition(|&lane| lane == revision).filter(|&o| o > at) {
                    self.join(at, other);
                }
                at
            }
            None => {
                self.lanes.push(revision);
                self.lanes.len() - 1
            }
        };
        let mut lines = description.trim_end().lines();
        let row: Vec<&str> = (0..self.lanes.len()).map(|lane| if lane == at { "*" } else { "|" }).collect();
        self.line(&format!("{} {}", row.join(" "), lines.next().unwrap_or_default()));
        let rest: Vec<&str> = lines.collect();
        let margin: Vec<&str> =
            (0..self.lanes.len()).map(|lane| if lane == at && parents.is_empty() { " " } else { "|" }).collect();
        for line in &rest {
            self.line(&format!("{} {line}", margin.join(" ")));
        }
        if !rest.is_empty() && !is_last {
            self.line(&margin.join(" "));
        }
        match parents.split_first() {
            Some((first, others)) => {
                self.lanes[at] = *first;
                for (number, parent) in others.iter().enumerate() {
                    self.fork(at + number, *parent);
                }
            }
            None => self.end(at),
        }
    }

    /// The lane `other` runs into the lane `at`, left of it; those right of it move up.
    fn join(&mut self, at: usize, other: usize) {
        let mut row = vec![' '; self.lanes.len() * 2];
        for lane in 0..self.lanes.len() {
            match lane < other {
                true => row[lane * 2] = '|',
                false => row[lane * 2 - 1] = '/',
            }
        }
        for lane in at..other.saturating_sub(1) {
            row[lane * 2 + 1] = '_';
        }
        self.line(&row.into_iter().collect::<String>());
        self.lanes.remove(other);
    }

    /// A new lane leaves the lane `at` to its right; those right of it make room.
    fn fork(&mut self, at: usize, parent: usize) {
        let mut row = vec![' '; self.lanes.len() * 2 + 1];
        for lane in 0..self.lanes.len() {
            if lane <= at {
                row[lane * 2] = '|';
            }
            if lane >= at {
                row[lane * 2 + 1] = '\\';
            }
        }
        self.line(&row.into_iter().collect::<String>());
        self.lanes.insert(at + 1, parent);
    }

    /// The lane `at` ends; those right of it move up.
    fn end(&mut self, at: usize) {
        self.lanes.remove(at);
        if at < self.lanes.len() {
            let mut row = vec![' '; self.lanes.len() * 2 + 1];
            for lane in 0..self.lanes.len() {
                row[if lane < at { lane * 2 } else { lane * 2 + 1 }] = if lane < at { '|' } else { '/' };
            }
            self.line(&row.into_iter().collect::<String>());
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}
