//! Two catalogs into ordered steps.

use super::Id;
use crate::sql::Statement;

/// What a step puts at risk, said in the file and on the terminal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Rows or values are lost; the sentence says which.
    DestroysData(String),
    /// The table is written anew.
    RewritesTable(String),
    /// It fails on data that does not fit (NOT NULL on nulls, a new CHECK, a narrower type).
    MayFail(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Drop,
    Alter,
    Create,
    Rename,
}

/// One object's part in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub action: Action,
    pub id: Id,
    pub statements: Vec<Statement>,
    pub risks: Vec<Risk>,
}
