//! Room for locks: what one transaction makes, changes and drops stays locked until its end.

use crate::database::Database;

/// So many have room everywhere, and nobody is asked.
const FEW: usize = 1000;

/// More locks than the server is sure to have room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockShortage {
    /// About how many one transaction needs.
    pub needed: usize,
    pub room: usize,
    /// How many for each session would be enough.
    pub enough: usize,
}

/// Asks whether the server has room for so many locks in one transaction; None if it has, or does not say.
pub fn lock_shortage(database: &mut dyn Database, needed: usize) -> Option<LockShortage> {
    let query = database.dialect().scripting.lock_room.filter(|_| needed > FEW)?;
    let row = database.query(query).ok()?.into_iter().next()?;
    let mut numbers = row.into_iter().flatten().filter_map(|cell| cell.parse::<usize>().ok());
    let (each, sessions) = (numbers.next()?, numbers.next().filter(|sessions| *sessions > 0)?);
    let room = each * sessions;
    (needed > room).then(|| LockShortage { needed, room, enough: needed.div_ceil(sessions).next_power_of_two() })
}
