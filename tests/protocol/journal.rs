//! One `no-transaction` revision and two runs at work on it: `apply/journal.rs`.
//!
//! The names are those of the code: `open`, `take_over`, `in_transaction`, `outside_transaction`, `look_up`, `close`;
//! `statements_done` and `run` are the columns of the row.

use stateright::{Checker, Model, Property};

/// How a statement runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    /// With its claim in one transaction.
    InTransaction,
    /// Between claim and confirmation; the catalog shows whether it took effect.
    Outside,
}

const MIXED: [Kind; 3] = [Kind::InTransaction, Kind::Outside, Kind::InTransaction];
const ALL_IN_TRANSACTIONS: [Kind; 3] = [Kind::InTransaction; 3];

type Run = usize;

/// The row of the version table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Row {
    Absent,
    HalfDone { statements_done: i8, run: Run },
    Applied,
}

/// What a run has sent to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Message {
    Open,
    TakeRow {
        from: Row,
    },
    /// A change of `statements_done`.
    Move {
        from: i8,
        to: i8,
    },
    InTransaction {
        number: i8,
    },
    Alone {
        number: i8,
    },
    Close,
}

/// A session on the server. It may outlive its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Session {
    Idle,
    AtWork(Message),
    Answered(Message, bool),
    Gone,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    WaitsForLock,
    /// Has the lock, or believes so, and reads the row.
    Reads,
    /// Found the row half done, and waits for the earlier run's sessions.
    TakesOver {
        row: Row,
    },
    /// Is at a place of the journal.
    At {
        statements_done: i8,
    },
    /// Has claimed statement `number`, and has not sent it yet.
    Claimed {
        number: i8,
    },
    LooksUp {
        number: i8,
    },
    Confirms {
        number: i8,
    },
    Closes,
    Sent(Message),
    Ended,
    Killed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    row: Row,
    /// How often each statement took effect.
    effects: [u8; 3],
    /// The run whose session holds the lock.
    lock: Option<Run>,
    runs: [Step; 2],
    sessions: [Session; 2],
    kills: u8,
    lost_locks: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Event {
    TakeLock(Run),
    /// A run does its next step, or sends its next message.
    Go(Run),
    /// The server does what a session was sent.
    Execute(Run),
    /// A run hears the answer.
    Hear(Run),
    /// kill -9: the session and the lock stay until the server notices.
    Kill(Run),
    /// The server notices that a session's client is gone.
    NoticeSession(Run),
    NoticeLock(Run),
    /// The session that holds the lock ends while its run lives.
    LoseLock,
    /// A run ends an idle session of the other.
    EndSession(Run),
}

/// A mistake to make, so that the properties are seen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// Moves the journal whatever is in the row.
    DoesNotClaim,
    /// Believes that a claimed statement has run.
    DoesNotLookUp,
}

struct Journal {
    section: [Kind; 3],
    /// Can a run see the sessions of an earlier one, and does it wait for them? On SQLite there are none.
    waits: bool,
    mistake: Mistake,
}

impl Journal {
    /// The statement that comes after `statements_done` of them.
    fn next(&self, statements_done: i8) -> Option<Kind> {
        self.section.get(statements_done as usize).copied()
    }

    fn owns(&self, row: Row, run: Run, from: i8) -> bool {
        match row {
            Row::HalfDone { statements_done, run: owner } => {
                (statements_done == from && owner == run) || self.mistake == Mistake::DoesNotClaim
            }
            _ => false,
        }
    }

    /// The server's part: each message is one transaction, so it is one step.
    fn execute(&self, world: &mut World, run: Run, message: Message) -> bool {
        let moved = |statements_done| Row::HalfDone { statements_done, run };
        match message {
            Message::Open => {
                let is_free = world.row == Row::Absent;
                if is_free {
                    world.row = moved(0);
                }
                is_free
            }
            Message::TakeRow { from } => {
                let Row::HalfDone { statements_done, .. } = from else { return false };
                let unchanged = world.row == from;
                if unchanged {
                    world.row = moved(statements_done);
                }
                unchanged
            }
            Message::Move { from, to } => {
                let owned = self.owns(world.row, run, from);
                if owned {
                    world.row = moved(to);
                }
                owned
            }
            Message::InTransaction { number } => {
                let owned = self.owns(world.row, run, number - 1);
                if owned {
                    world.row = moved(number);
                    world.effects[number as usize - 1] += 1;
                }
                owned
            }
            Message::Alone { number } => {
                world.effects[number as usize - 1] += 1;
                true
            }
            Message::Close => {
                let owned = self.owns(world.row, run, self.section.len() as i8);
                if owned {
                    world.row = Row::Applied;
                }
                owned
            }
        }
    }

    /// What a run does next, without the server.
    fn go(&self, world: &World, run: Run) -> Option<Step> {
        let other = 1 - run;
        Some(match world.runs[run] {
            Step::Reads => match world.row {
                Row::Absent => Step::Sent(Message::Open),
                Row::Applied => Step::Ended,
                row => Step::TakesOver { row },
            },
            Step::TakesOver { row } => {
                let Row::HalfDone { run: owner, .. } = row else { return None };
                let waits = owner == other && self.waits;
                if waits && world.sessions[other] != Session::Gone {
                    return None;
                }
                Step::Sent(Message::TakeRow { from: row })
            }
            Step::At { statements_done } => match self.next(statements_done) {
                None => Step::Closes,
                Some(Kind::InTransaction) => Step::Sent(Message::InTransaction { number: statements_done + 1 }),
                Some(Kind::Outside) => Step::Sent(Message::Move { from: statements_done, to: -(statements_done + 1) }),
            },
            Step::Claimed { number } => Step::Sent(Message::Alone { number }),
            Step::LooksUp { number } => {
                let took_effect = world.effects[number as usize - 1] > 0 || self.mistake == Mistake::DoesNotLookUp;
                let to = if took_effect { number } else { number - 1 };
                Step::Sent(Message::Move { from: -number, to })
            }
            Step::Confirms { number } => Step::Sent(Message::Move { from: -number, to: number }),
            Step::Closes => Step::Sent(Message::Close),
            _ => return None,
        })
    }

    /// What a run does with an answer.
    fn hear(message: Message, succeeded: bool) -> Step {
        match (message, succeeded) {
            (Message::Open, true) => Step::At { statements_done: 0 },
            (Message::TakeRow { from: Row::HalfDone { statements_done, .. } }, true) => match statements_done {
                ..0 => Step::LooksUp { number: -statements_done },
                _ => Step::At { statements_done },
            },
            (Message::TakeRow { .. }, false) => Step::Reads,
            (Message::Move { to, .. }, true) if to < 0 => Step::Claimed { number: -to },
            (Message::Move { to, .. }, true) => Step::At { statements_done: to },
            (Message::InTransaction { number }, true) => Step::At { statements_done: number },
            (Message::Alone { number }, true) => Step::Confirms { number },
            // Another run has taken over, or has done it.
            _ => Step::Ended,
        }
    }
}

impl Model for Journal {
    type State = World;
    type Action = Event;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            row: Row::Absent,
            effects: [0; 3],
            lock: None,
            runs: [Step::WaitsForLock; 2],
            sessions: [Session::Idle; 2],
            kills: 0,
            lost_locks: 0,
        }]
    }

    fn actions(&self, world: &World, events: &mut Vec<Event>) {
        for run in [0, 1] {
            let is_killed = world.runs[run] == Step::Killed;
            if world.runs[run] == Step::WaitsForLock && world.lock.is_none() {
                events.push(Event::TakeLock(run));
            }
            if self.go(world, run).is_some() {
                events.push(Event::Go(run));
            }
            match world.sessions[run] {
                Session::AtWork(_) => events.push(Event::Execute(run)),
                Session::Answered(..) if !is_killed => events.push(Event::Hear(run)),
                Session::Idle | Session::Answered(..) if is_killed => events.push(Event::NoticeSession(run)),
                _ => {}
            }
            if world.kills < 1 && !matches!(world.runs[run], Step::Killed | Step::Ended) {
                events.push(Event::Kill(run));
            }
            if is_killed && world.lock == Some(run) {
                events.push(Event::NoticeLock(run));
            }
            let other = 1 - run;
            let waits =
                matches!(world.runs[run], Step::TakesOver { row: Row::HalfDone { run: owner, .. } } if owner == other);
            if waits && matches!(world.sessions[other], Session::Idle | Session::Answered(..)) {
                events.push(Event::EndSession(run));
            }
        }
        if world.lost_locks < 1 && world.lock.is_some() {
            events.push(Event::LoseLock);
        }
    }

    fn next_state(&self, world: &World, event: Event) -> Option<World> {
        let mut next = world.clone();
        match event {
            Event::TakeLock(run) => {
                next.lock = Some(run);
                next.runs[run] = Step::Reads;
            }
            Event::Go(run) => {
                let step = self.go(world, run)?;
                next.runs[run] = step;
                match (step, world.sessions[run]) {
                    (Step::Sent(_), Session::Gone) => next.runs[run] = Step::Ended,
                    (Step::Sent(message), _) => next.sessions[run] = Session::AtWork(message),
                    _ => {}
                }
            }
            Event::Execute(run) => {
                let Session::AtWork(message) = world.sessions[run] else { return None };
                let succeeded = self.execute(&mut next, run, message);
                next.sessions[run] = Session::Answered(message, succeeded);
            }
            Event::Hear(run) => {
                let Session::Answered(message, succeeded) = world.sessions[run] else { return None };
                next.sessions[run] = Session::Idle;
                next.runs[run] = Journal::hear(message, succeeded);
            }
            Event::Kill(run) => {
                next.kills += 1;
                next.runs[run] = Step::Killed;
            }
            Event::NoticeSession(run) => next.sessions[run] = Session::Gone,
            Event::NoticeLock(_) => next.lock = None,
            Event::LoseLock => {
                next.lost_locks += 1;
                next.lock = None;
            }
            Event::EndSession(run) => {
                next.sessions[1 - run] = Session::Gone;
                // The other hears of it when it is at the server next.
                if matches!(world.runs[1 - run], Step::Sent(_)) {
                    next.runs[1 - run] = Step::Ended;
                }
            }
        }
        for run in [0, 1] {
            if next.runs[run] == Step::Ended {
                if next.lock == Some(run) {
                    next.lock = None;
                }
                if !matches!(next.sessions[run], Session::AtWork(_)) {
                    next.sessions[run] = Session::Gone;
                }
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no statement takes effect twice", |_, world: &World| {
                world.effects.iter().all(|effects| *effects <= 1)
            }),
            Property::always("statements take effect in their order", |_, world: &World| {
                world.effects.windows(2).all(|pair| pair[1] == 0 || pair[0] > 0)
            }),
            Property::always("what is applied took effect whole", |_, world: &World| {
                world.row != Row::Applied || world.effects == [1; 3]
            }),
            Property::always("a run is always able to go on", |model, world: &World| {
                // Nobody is left to do anything: the revision is whole, or both runs were stopped.
                let mut events = Vec::new();
                model.actions(world, &mut events);
                !events.is_empty()
                    || world.row == Row::Applied
                    || world.runs.iter().all(|run| matches!(run, Step::Ended | Step::Killed))
            }),
            Property::sometimes("a run completes what a killed one began", |_, world: &World| {
                world.row == Row::Applied && world.kills == 1
            }),
        ]
    }
}

#[test]
fn no_order_of_events_runs_a_statement_twice() {
    Journal { section: MIXED, waits: true, mistake: Mistake::None }.checker().spawn_bfs().join().assert_properties();
}

/// What commits with its claim is safe even where a run can't see the sessions of another.
#[test]
fn claims_suffice_for_what_runs_in_transactions() {
    let model = Journal { section: ALL_IN_TRANSACTIONS, waits: false, mistake: Mistake::None };
    model.checker().spawn_bfs().join().assert_properties();
}

/// The model sees what it is there to see.
#[test]
fn each_mistake_is_found() {
    let mistakes = [
        // A statement outside transactions is at work while the next run looks up what it did.
        Journal { section: MIXED, waits: false, mistake: Mistake::None },
        Journal { section: ALL_IN_TRANSACTIONS, waits: false, mistake: Mistake::DoesNotClaim },
        Journal { section: MIXED, waits: true, mistake: Mistake::DoesNotLookUp },
    ];
    for (at, model) in mistakes.into_iter().enumerate() {
        let found = model.checker().spawn_bfs().join().discoveries();
        let broken = found.into_keys().filter(|name| !name.starts_with("a run completes")).count();
        assert!(broken > 0, "mistake {at} breaks no property");
    }
}
