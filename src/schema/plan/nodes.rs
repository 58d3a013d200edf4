//! Which objects a plan is about, and who needs whom among them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Node, Planner};
use crate::schema::kind::Kind;
use crate::schema::{Catalog, Id, IdMap, IdSet, Object};

impl<'a> Planner<'a> {
    /// Takes up what differs, and `recreated`, with all that they concern.
    pub(super) fn new(
        from: &'a Catalog,
        to: &'a Catalog,
        kinds: &[&'static Kind],
        recreated: &BTreeSet<&'a Id>,
    ) -> Self {
        let ranks: HashMap<&str, usize> = kinds.iter().enumerate().map(|(rank, kind)| (kind.name, rank)).collect();
        let by_name: HashMap<&str, &'static Kind> = kinds.iter().map(|kind| (kind.name, *kind)).collect();
        let mut nodes = Vec::new();
        for id in concerned(from, to, &by_name, recreated) {
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
                recreate: false,
                change: None,
                risks: Vec::new(),
                users: Vec::new(),
                needs: Vec::new(),
                drop_before: Vec::new(),
                parent_before: None,
                parent_after: None,
                part_before: None,
                part_after: None,
            });
        }
        let start = start(from, recreated);
        let index: IdMap<&Id, usize> = nodes.iter().enumerate().map(|(at, node)| (node.id, at)).collect();
        for at in 0..nodes.len() {
            if let Some(before) = nodes[at].before {
                nodes[at].parent_before = before.parent.as_ref().and_then(|id| index.get(id)).copied();
                let also = (nodes[at].kind.drop_before)(before, from);
                nodes[at].drop_before = also.iter().filter_map(|id| index.get(id)).copied().collect();
                for id in before.depends_on.iter().chain(&before.parent) {
                    if let Some(&used) = index.get(id).filter(|&&used| used != at) {
                        nodes[used].users.push(at);
                    }
                }
            }
            if let Some(after) = nodes[at].after {
                nodes[at].parent_after = after.parent.as_ref().and_then(|id| index.get(id)).copied();
                // What is not there any more can't come first.
                let mut also = (nodes[at].kind.create_after)(after, to, &start);
                also.retain(|id| to.contains(id));
                let needed = after.depends_on.iter().chain(&after.parent).chain(&also);
                nodes[at].needs = needed.filter_map(|id| index.get(id)).copied().filter(|&need| need != at).collect();
            }
        }
        for at in 0..nodes.len() {
            let Some(part_of) = nodes[at].kind.part_of else { continue };
            let whole = |object: Option<&Object>| index.get(&part_of(object?)).copied();
            let (before, after) = (whole(nodes[at].before), whole(nodes[at].after));
            let (parent_before, parent_after) = (nodes[at].parent_before, nodes[at].parent_after);
            if let Some(part) = parent_before.filter(|_| before.is_some()) {
                nodes[part].part_before = before;
            }
            if let Some(part) = parent_after.filter(|_| after.is_some()) {
                nodes[part].part_after = after;
            }
        }
        for node in &mut nodes {
            node.users.sort_unstable();
            node.users.dedup();
            node.needs.sort_unstable();
            node.needs.dedup();
        }
        Planner { from, start, to, nodes, differences: Vec::new(), refused: Vec::new(), aside: Vec::new() }
    }
}

/// Returns the starting catalog without recreated objects and their descendants.
fn start<'a>(from: &'a Catalog, recreated: &BTreeSet<&'a Id>) -> Cow<'a, Catalog> {
    if recreated.is_empty() {
        return Cow::Borrowed(from);
    }
    let inside = |object: &Object| {
        let mut outer = Some(object);
        while let Some(object) = outer {
            if recreated.contains(&object.id) {
                return true;
            }
            outer = object.parent.as_ref().and_then(|id| from.get(id));
        }
        false
    };
    Cow::Owned(from.shared().iter().filter(|object| !inside(object)).cloned().collect())
}

/// Returns the ids that a plan is about, sorted: what differs between the sides or is recreated, all that depends on
/// it, and what these live in, or make what they live in a part of. What is left out stays as it is, and needs nothing
/// that does not.
fn concerned<'a>(
    from: &'a Catalog,
    to: &'a Catalog,
    kinds: &HashMap<&str, &'static Kind>,
    recreated: &BTreeSet<&'a Id>,
) -> Vec<&'a Id> {
    let mut concerned = differing(from, to);
    let mut known: IdSet<&Id> = concerned.iter().copied().collect();
    concerned.extend(recreated.iter().copied().filter(|id| known.insert(id)));
    fn parents<'a>(id: &Id, sides: [&'a Catalog; 2]) -> impl Iterator<Item = &'a Id> {
        sides.into_iter().filter_map(move |side| side.get(id)?.parent.as_ref())
    }
    let wholes_of = |id: &Id| {
        let part_of = kinds.get(id.kind).and_then(|kind| kind.part_of);
        let sides = part_of.map(|part_of| [from.get(id), to.get(id)].map(|object| object.map(part_of)));
        let wholes = sides.into_iter().flatten().flatten();
        wholes.filter_map(|whole| Some(&from.get(&whole).or_else(|| to.get(&whole))?.id))
    };
    let whole = |id: &&Id| kinds.get(id.kind).is_some_and(|kind| kind.altered_by_parent);
    let wholes: Vec<&Id> = concerned.iter().copied().filter(whole).flat_map(|id| parents(id, [from, to])).collect();
    concerned.extend(wholes.into_iter().filter(|id| known.insert(id)));
    if !concerned.is_empty() {
        let mut users: IdMap<&Id, Vec<&Id>> = IdMap::default();
        for object in from.objects() {
            for needed in object.depends_on.iter().chain(&object.parent) {
                users.entry(needed).or_default().push(&object.id);
            }
        }
        follow(&mut concerned, |id| {
            users.get(id).into_iter().flatten().copied().filter(|user| known.insert(user)).collect()
        });
        follow(&mut concerned, |id| {
            parents(id, [from, to]).chain(wholes_of(id)).filter(|outer| known.insert(outer)).collect()
        });
    }
    concerned.sort_unstable();
    concerned
}

/// Returns what is on one side alone, or not the same on both, sorted.
fn differing<'a>(from: &'a Catalog, to: &'a Catalog) -> Vec<&'a Id> {
    let differ = |one: &Object, other: &Object| {
        one.properties != other.properties || one.parent != other.parent || one.depends_on != other.depends_on
    };
    let mut differing = Vec::new();
    let (mut ours, mut theirs) = (from.shared().iter().peekable(), to.shared().iter().peekable());
    loop {
        let order = match (ours.peek(), theirs.peek()) {
            (Some(one), Some(other)) => one.id.cmp(&other.id),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return differing,
        };
        let one = if order.is_le() { ours.next() } else { None };
        let other = if order.is_ge() { theirs.next() } else { None };
        match (one, other) {
            (Some(one), Some(other)) if Arc::ptr_eq(one, other) || !differ(one, other) => {}
            (one, other) => differing.extend(one.or(other).map(|object| &object.id)),
        }
    }
}

/// Adds to a list what follows from each of its members, those that were added included.
fn follow<'a>(list: &mut Vec<&'a Id>, mut next: impl FnMut(&Id) -> Vec<&'a Id>) {
    let mut at = 0;
    while let Some(id) = list.get(at) {
        let more = next(id);
        list.extend(more);
        at += 1;
    }
}
