//! One object that differs between two catalogs, while rules claim what they can change in place.

use std::collections::BTreeSet;

use super::plan::Risk;
use super::{Catalog, Id, Object, Value};
use crate::sql::Statement;

/// What changing an object in place does to those that live in it or depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impact {
    /// Nothing.
    None,
    /// It got more or less room (`varchar(50)` to `varchar(80)`): as rewritten, but what the server itself carries over
    /// (`Kind::survives_resize`) stays where it is.
    Resized,
    /// What steps aside must be dropped before and made again after (a column given another type).
    Rewritten,
    /// Its children are gone with the old form and must be made again (SQLite's table rebuild).
    ChildrenLost,
    /// Both: it was made anew beside its old form, and what holds data was led over to it (an enum that lost a label).
    Recreated,
}

/// A child without DDL of its own (`Kind::altered_by_parent`), before and after.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub before: Option<&'a Object>,
    pub after: Option<&'a Object>,
}

/// An object before and after, and the differences that no rule has claimed yet.
pub struct Change<'a> {
    pub before: &'a Object,
    pub after: &'a Object,
    pub from: &'a Catalog,
    pub to: &'a Catalog,
    /// Everything in `from` that depends on the object, directly or through others.
    pub dependents: Vec<&'a Object>,
    /// The names of the properties that differ and that no rule has claimed.
    pub unclaimed: BTreeSet<String>,
    /// The parts that differ and that no rule has taken yet.
    pub parts: Vec<Part<'a>>,
    pub statements: Vec<Statement>,
    pub risks: Vec<Risk>,
    pub impact: Impact,
    /// Others that its statements make as they are to be, so that no step of their own does.
    pub made: Vec<Id>,
    /// It is to be dropped and made again although that loses what it holds.
    pub replaced: bool,
    /// It is to be made anew, itself or what it lives in, and what that holds led over (`Kind::recreate`).
    pub recreate: bool,
    /// A sentence that says why it can't be done, where a rule knows better than "these properties can't be changed".
    pub refusal: Option<String>,
}

impl<'a> Change<'a> {
    pub fn new(before: &'a Object, after: &'a Object, from: &'a Catalog, to: &'a Catalog) -> Self {
        let names = before.properties.keys().chain(after.properties.keys());
        let unclaimed =
            names.filter(|name| before.properties.get(name) != after.properties.get(name)).map(str::to_owned).collect();
        Change {
            before,
            after,
            from,
            to,
            dependents: Vec::new(),
            unclaimed,
            parts: Vec::new(),
            statements: Vec::new(),
            risks: Vec::new(),
            impact: Impact::None,
            made: Vec::new(),
            replaced: false,
            recreate: false,
            refusal: None,
        }
    }

    /// Takes the difference in `property` upon itself: true where there is one.
    pub fn claim(&mut self, property: &str) -> bool {
        self.unclaimed.remove(property)
    }

    /// Takes the parts that differ upon itself.
    pub fn take_parts(&mut self) -> Vec<Part<'a>> {
        std::mem::take(&mut self.parts)
    }

    /// Does `property` differ, claimed or not?
    pub fn differs(&self, property: &str) -> bool {
        self.before.properties.get(property) != self.after.properties.get(property)
    }

    pub fn old(&self, property: &str) -> Option<&'a Value> {
        self.before.properties.get(property)
    }

    pub fn new_value(&self, property: &str) -> Option<&'a Value> {
        self.after.properties.get(property)
    }

    /// Adds a statement made for the object.
    pub fn push_statement(&mut self, text: impl Into<String>) {
        self.statements.push(Statement::new(text, &self.after.id));
    }

    /// Adds one action of an ALTER that others on the same object may be joined to: `alter` is the statement's
    /// beginning (`ALTER TABLE app.users`), `action` the rest.
    pub fn push_action(&mut self, alter: &str, action: &str) {
        self.statements.push(Statement::action(alter, action, &self.after.id));
    }

    pub fn risk(&mut self, risk: Risk) {
        self.risks.push(risk);
    }

    /// Has the object dropped and made again, what it holds being lost.
    pub fn replace(&mut self) {
        self.replaced = true;
    }

    /// Has it made anew, or what it lives in, and what that holds led over.
    pub fn recreate(&mut self) {
        self.unclaimed.clear();
        self.recreate = true;
    }

    /// Raises the impact on others to at least `impact`.
    pub fn affects(&mut self, impact: Impact) {
        self.impact = self.impact.max(impact);
    }
}

/// An object that is made anew: its old form and its new one, and what is said to lead from the one to the other.
pub struct Recreation<'a> {
    /// None for what is new in something that is made anew.
    pub before: Option<&'a Object>,
    /// None for what is set aside and does not come again.
    pub after: Option<&'a Object>,
    pub from: &'a Catalog,
    pub to: &'a Catalog,
    /// What the names of old forms end with, unlike any other name.
    pub suffix: &'a str,
    /// Is the object made anew, so that its old form waits under another name?
    pub is_aside: &'a dyn Fn(&Id) -> bool,
    pub statements: Vec<Statement>,
    pub risks: Vec<Risk>,
}

impl Recreation<'_> {
    /// Adds a statement made for the object.
    pub fn push_statement(&mut self, text: impl Into<String>) {
        if let Some(object) = self.after.or(self.before) {
            self.statements.push(Statement::new(text, &object.id));
        }
    }

    pub fn risk(&mut self, risk: Risk) {
        self.risks.push(risk);
    }
}
