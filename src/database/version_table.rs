//! The version table: one row per applied revision. The same for all databases.

/// How a revision came to be in the version table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its script ran.
    Applied,
    /// `stamp` said so; nothing ran.
    Stamped,
    /// Taken over from another tool's history.
    Adopted,
    /// A `no-transaction` section that has not ended: `statements_done` of it took effect.
    Running,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Applied => "applied",
            State::Stamped => "stamped",
            State::Adopted => "adopted",
            State::Running => "running",
        }
    }

    pub fn parse(text: &str) -> Option<State> {
        [State::Applied, State::Stamped, State::Adopted, State::Running].into_iter().find(|state| state.name() == text)
    }
}

/// One row of the version table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRow {
    pub revision: String,
    pub message: String,
    /// SHA-256 in hex of the script's checksummed form (`revision::checksum`).
    pub checksum: String,
    /// The text that ran; None where it is not known (adopted rows may have none).
    pub script: Option<String>,
    pub state: State,
    /// How many statements of a `no-transaction` section took effect.
    pub statements_done: i64,
    /// RFC 3339, UTC.
    pub applied_at: String,
    pub applied_by: String,
    pub duration_ms: i64,
    pub tool_version: String,
}
