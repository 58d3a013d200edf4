//! Topological order: near-linear, and the same on every run.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

/// A graph over `0..len` whose edges say "before".
#[derive(Clone, Debug, Default)]
pub struct OrderGraph {
    after: Vec<Vec<usize>>,
}

impl OrderGraph {
    pub fn new(len: usize) -> Self {
        OrderGraph { after: vec![Vec::new(); len] }
    }

    /// Puts `first` before `then`; an edge from a node to itself is dropped.
    pub fn add(&mut self, first: usize, then: usize) {
        if first != then {
            self.after[first].push(then);
        }
    }

    pub fn len(&self) -> usize {
        self.after.len()
    }

    pub fn is_empty(&self) -> bool {
        self.after.is_empty()
    }

    pub fn followers(&self, node: usize) -> &[usize] {
        &self.after[node]
    }

    /// Returns the nodes in an order that respects every edge; if edges leave a choice, the lower number comes first.
    ///
    /// # Errors
    /// The nodes of each circle, sorted, if there is no such order.
    pub fn sorted(&self) -> Result<Vec<usize>, Vec<Vec<usize>>> {
        let mut waiting = vec![0usize; self.len()];
        self.after.iter().flatten().for_each(|&then| waiting[then] += 1);
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..self.len()).filter(|&node| waiting[node] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(node)) = ready.pop() {
            order.push(node);
            for &then in &self.after[node] {
                waiting[then] -= 1;
                if waiting[then] == 0 {
                    ready.push(Reverse(then));
                }
            }
        }
        if order.len() == self.len() { Ok(order) } else { Err(self.circles()) }
    }

    /// Returns the edges that close the circles: without them there are none. A walk from each circle's first
    /// member finds them as the edges back to a node on the current path; few of them could have been kept.
    pub fn closing(&self, circles: &[Vec<usize>]) -> HashSet<(usize, usize)> {
        let circle_of = circle_of(circles, self.len());
        let (mut seen, mut under_way) = (vec![false; self.len()], vec![false; self.len()]);
        let mut closing = HashSet::new();
        for &start in circles.iter().filter_map(|circle| circle.first()) {
            seen[start] = true;
            under_way[start] = true;
            let mut walk = vec![(start, 0usize)];
            while let Some(&mut (node, ref mut next)) = walk.last_mut() {
                let Some(&then) = self.after[node].get(*next) else {
                    under_way[node] = false;
                    walk.pop();
                    continue;
                };
                *next += 1;
                if under_way[then] {
                    closing.insert((node, then));
                } else if !seen[then] && circle_of[then] == circle_of[node] {
                    seen[then] = true;
                    under_way[then] = true;
                    walk.push((then, 0));
                }
            }
        }
        closing
    }

    /// Returns the strongly connected components of more than one node (Tarjan's algorithm, without recursion).
    fn circles(&self) -> Vec<Vec<usize>> {
        const UNSEEN: usize = usize::MAX;
        let len = self.len();
        let (mut index, mut low, mut on_stack) = (vec![UNSEEN; len], vec![0; len], vec![false; len]);
        let (mut stack, mut circles, mut counter) = (Vec::new(), Vec::new(), 0);
        for root in 0..len {
            if index[root] != UNSEEN {
                continue;
            }
            let mut calls = vec![(root, 0usize)];
            while let Some(&mut (node, ref mut next)) = calls.last_mut() {
                if *next == 0 {
                    index[node] = counter;
                    low[node] = counter;
                    counter += 1;
                    stack.push(node);
                    on_stack[node] = true;
                }
                if let Some(&then) = self.after[node].get(*next) {
                    *next += 1;
                    if index[then] == UNSEEN {
                        calls.push((then, 0));
                    } else if on_stack[then] {
                        low[node] = low[node].min(index[then]);
                    }
                    continue;
                }
                calls.pop();
                if let Some(&(caller, _)) = calls.last() {
                    low[caller] = low[caller].min(low[node]);
                }
                if low[node] == index[node] {
                    let mut circle = Vec::new();
                    while let Some(member) = stack.pop() {
                        on_stack[member] = false;
                        circle.push(member);
                        if member == node {
                            break;
                        }
                    }
                    if circle.len() > 1 {
                        circle.sort_unstable();
                        circles.push(circle);
                    }
                }
            }
        }
        circles
    }
}

/// Returns the number of the circle that each of `len` nodes is in; `usize::MAX` for none.
pub fn circle_of(circles: &[Vec<usize>], len: usize) -> Vec<usize> {
    let mut circle_of = vec![usize::MAX; len];
    for (number, circle) in circles.iter().enumerate() {
        circle.iter().for_each(|&member| circle_of[member] = number);
    }
    circle_of
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(len: usize, edges: &[(usize, usize)]) -> OrderGraph {
        let mut graph = OrderGraph::new(len);
        edges.iter().for_each(|&(first, then)| graph.add(first, then));
        graph
    }

    #[test]
    fn lower_numbers_go_first_where_edges_allow() {
        assert_eq!(graph(4, &[(3, 0), (2, 1)]).sorted(), Ok(vec![2, 1, 3, 0]));
    }

    #[test]
    fn circles_are_named() {
        assert_eq!(graph(5, &[(0, 1), (1, 0), (1, 2), (3, 4), (4, 3)]).sorted().unwrap_err().len(), 2);
    }

    #[test]
    fn a_circle_is_closed_by_as_few_edges_as_a_walk_meets() {
        let graph = graph(4, &[(0, 2), (2, 1), (1, 0), (2, 3), (3, 1)]);
        let circles = graph.sorted().unwrap_err();
        assert_eq!(graph.closing(&circles), HashSet::from([(1, 0)]));
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let edges: Vec<_> = (0..200_000).map(|n| (n, n + 1)).chain([(200_000, 0)]).collect();
        assert_eq!(graph(200_001, &edges).sorted().unwrap_err()[0].len(), 200_001);
    }
}
