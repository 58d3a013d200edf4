//! Two runs over a chain of revisions, up or down, each revision a transaction: `apply/plan.rs` and `apply/online.rs`.

use stateright::{Checker, Model, Property};

const LENGTH: u8 = 3;

type Run = usize;

/// Where a run wants the database, as the number of revisions applied.
const TARGETS: [[u8; 2]; 4] = [[3, 0], [3, 1], [0, 3], [2, 0]];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    WaitsForLock,
    /// Plans from the rows as they are now.
    Plans,
    /// Runs the revisions from `at` to the target, which was planned.
    At {
        at: u8,
    },
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    /// By revision: it has a row.
    rows: [bool; LENGTH as usize],
    /// By revision: what it makes is there.
    catalog: [bool; LENGTH as usize],
    lock: Option<Run>,
    targets: [u8; 2],
    runs: [Step; 2],
    lost_locks: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Event {
    TakeLock(Run),
    Go(Run),
    Kill(Run),
    LoseLock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// A revision's transaction looks only at its own row, not at those of its parents and children.
    DoesNotLookAround,
}

struct Routes {
    mistake: Mistake,
}

impl Routes {
    fn applied(rows: &[bool]) -> u8 {
        rows.iter().filter(|row| **row).count() as u8
    }

    /// One revision's transaction: true if the rows are as planned.
    fn transaction(&self, world: &mut World, at: u8, up: bool) -> bool {
        let looks = self.mistake == Mistake::None;
        // Up: `at` are applied, and the next one is to be. Down: the last of `at` is to be undone.
        let revision = usize::from(if up { at } else { at - 1 });
        let (own, parent, child) = (
            world.rows[revision],
            revision == 0 || world.rows[revision - 1],
            world.rows.get(revision + 1).copied().unwrap_or(false),
        );
        let planned = if up { !own && (!looks || (parent && !child)) } else { own && (!looks || !child) };
        if planned {
            world.rows[revision] = up;
            world.catalog[revision] = up;
        }
        planned
    }
}

impl Model for Routes {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        let world = |targets: [u8; 2], begun: u8| {
            let rows = std::array::from_fn(|at| (at as u8) < begun);
            World { rows, catalog: rows, lock: None, targets, runs: [Step::WaitsForLock; 2], lost_locks: 0 }
        };
        TARGETS.iter().flat_map(|targets| (0..=LENGTH).map(move |begun| world(*targets, begun))).collect()
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        for run in [0, 1] {
            match world.runs[run] {
                Step::WaitsForLock if world.lock.is_none() => events.push(Event::TakeLock(run)),
                Step::Plans | Step::At { .. } => events.extend([Event::Go(run), Event::Kill(run)]),
                _ => {}
            }
        }
        if world.lost_locks < 2 && world.lock.is_some() {
            events.push(Event::LoseLock);
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        match event {
            Event::TakeLock(run) => {
                next.lock = Some(run);
                next.runs[run] = Step::Plans;
            }
            Event::Go(run) => {
                let target = world.targets[run];
                next.runs[run] = match world.runs[run] {
                    Step::Plans => Step::At { at: Routes::applied(&world.rows) },
                    Step::At { at } if at == target => Step::Ended,
                    Step::At { at } => {
                        let up = at < target;
                        match self.transaction(&mut next, at, up) {
                            true => Step::At { at: if up { at + 1 } else { at - 1 } },
                            false => Step::Ended,
                        }
                    }
                    step => step,
                };
            }
            Event::Kill(run) => next.runs[run] = Step::Ended,
            Event::LoseLock => {
                next.lost_locks += 1;
                next.lock = None;
            }
        }
        for run in [0, 1] {
            if next.runs[run] == Step::Ended && next.lock == Some(run) {
                next.lock = None;
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("the rows are a closed set", |_, world: &World| {
                world.rows.windows(2).all(|pair| pair[0] || !pair[1])
            }),
            Property::always("the catalog is what the rows build", |_, world: &World| world.rows == world.catalog),
            Property::sometimes("both runs end where the second wants to be", |_, world: &World| {
                world.runs == [Step::Ended; 2] && Routes::applied(&world.rows) == world.targets[1]
            }),
        ]
    }
}

#[test]
fn no_order_of_events_leaves_a_gap() {
    Routes { mistake: Mistake::None }.checker().spawn_bfs().join().assert_properties();
}

#[test]
fn a_transaction_that_does_not_look_around_leaves_a_gap() {
    let checked = Routes { mistake: Mistake::DoesNotLookAround }.checker().spawn_bfs().join();
    assert!(checked.discoveries().contains_key("the rows are a closed set"));
}
