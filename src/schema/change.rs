//! One object that differs between two catalogs, while rules claim what they can change in place.

use std::collections::BTreeSet;

use super::plan::Risk;
use super::{Catalog, Id, Object, Value};
use crate::sql::Statement;

/// What altering an object in place does to its children and dependents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impact {
    /// Nothing.
    None,
    /// Only its size limit changes (`varchar(50)` to `varchar(80)`): as `Rewritten`, but kinds that the server keeps intact
    /// (`Kind::survives_resize`) stay.
    Resized,
    /// Dependents of a kind with `Kind::drop_during_rewrite` are dropped before and created again after (a column's type changes).
    Rewritten,
    /// Its children are lost with the old form and are created again (SQLite's table rebuild).
    ChildrenLost,
    /// Both: it is recreated beside its old form, and the data moves to the new one (an enum loses a label).
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
    /// Other objects that its statements also bring to their target state, so that they need no step of their own.
    pub made: Vec<Id>,
    /// Drop and create it again, although its data is lost.
    pub replaced: bool,
    /// Recreate it, or the object it belongs to, and copy the data (`Kind::recreate`).
    pub recreate: bool,
    /// Why the change is impossible, if a rule has a better reason than "these properties can't be changed".
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

    /// Claims the difference in `property`; returns whether there is one.
    pub fn claim(&mut self, property: &str) -> bool {
        self.unclaimed.remove(property)
    }

    /// Claims the parts that differ.
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

    /// Adds a statement for the object.
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

    /// Drops the object and creates it again; its data is lost.
    pub fn replace(&mut self) {
        self.replaced = true;
    }

    /// Recreates the object, or the one it belongs to, and copies its data.
    pub fn recreate(&mut self) {
        self.unclaimed.clear();
        self.recreate = true;
    }

    /// Raises the impact on others to at least `impact`.
    pub fn affects(&mut self, impact: Impact) {
        self.impact = self.impact.max(impact);
    }
}

/// An object being recreated: its old form, its new form, and the statements that turn one into the other.
pub struct Recreation<'a> {
    /// None for a new part of a recreated object.
    pub before: Option<&'a Object>,
    /// None for a part that is renamed with the old form and not created again.
    pub after: Option<&'a Object>,
    pub from: &'a Catalog,
    pub to: &'a Catalog,
    /// The suffix of the old forms' names; no other name ends with it.
    pub suffix: &'a str,
    /// Is the object recreated while its old form is kept under another name?
    pub is_aside: &'a dyn Fn(&Id) -> bool,
    pub statements: Vec<Statement>,
    pub risks: Vec<Risk>,
}

impl Recreation<'_> {
    /// Adds a statement for the object.
    pub fn push_statement(&mut self, text: impl Into<String>) {
        if let Some(object) = self.after.or(self.before) {
            self.statements.push(Statement::new(text, &object.id));
        }
    }

    pub fn risk(&mut self, risk: Risk) {
        self.risks.push(risk);
    }
}
