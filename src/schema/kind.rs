//! The facts and functions that a database supplies for one kind of object.

use std::fmt;

use super::change::{Change, Recreation};
use super::plan::Risk;
use super::{Catalog, Id, Object};
use crate::sql::Statement;

/// A row of facts and plain functions about one kind of object. A new kind is one such row, in one file.
pub struct Kind {
    /// One word or two, as in `Id::kind` and in messages: `materialized view`.
    pub name: &'static str,
    /// Returns the DDL that creates the object, including the children that the planner put inside it. Empty means that
    /// another object's DDL creates it (a partition's index comes with its parent's): that is not a difference.
    pub create: fn(&Creation) -> Vec<Statement>,
    /// Returns the DDL that drops it; the catalog is the one it belongs to.
    pub drop: fn(&Object, &Catalog) -> Vec<Statement>,
    /// The same, if the DDL depends on the target; the catalogs are the plan's start and target.
    pub drop_towards: Option<fn(&Object, &Catalog, &Catalog) -> Vec<Statement>>,
    /// Claims the differences that DDL can change in place. An unclaimed difference replaces the object or, if it holds
    /// data, is refused.
    pub alter: fn(&mut Change),
    /// Returns the DDL that renames the object, for `rename`; None if there is none.
    pub rename: Option<fn(&Object, &str, &Catalog) -> Vec<Statement>>,
    /// Are these two, a dropped and a created object, equal but for their names, so that a rename turns one into the other?
    /// Each comes with its catalog. None if two objects of the kind always differ in more than the name.
    pub alike_but_name: Option<fn(&Object, &Object, &Catalog, &Catalog) -> bool>,
    /// May it be written inside its parent's CREATE? The catalogs are the plan's target and its start.
    pub inline: fn(&Object, &Catalog, &Catalog) -> bool,
    /// Must it be written in its parent's CREATE whenever it may be (a table's being a partition)?
    pub must_be_inline: bool,
    /// Does it lack DDL of its own, so that its parent's alter rule creates, alters and drops it (`Change::take_parts`)?
    pub altered_by_parent: bool,
    /// Does dropping it lose rows or values that no statement can restore?
    pub holds_data: fn(&Object, &Catalog) -> bool,
    /// How it is recreated when its alter rule asks for that (`Change::recreate`) or the object it belongs to is recreated;
    /// None if it can't be.
    pub recreate: Option<Recreate>,
    /// Returns the object that this one makes its parent a part of (a table's being a partition): the parent's rows are that
    /// object's too and are dropped with it. None for most kinds.
    pub part_of: Option<fn(&Object) -> Id>,
    /// Is it created after the rows are copied when its parent is recreated, although it could be written in the CREATE (a key)?
    pub post_data: bool,
    /// Must it be dropped while something it depends on is rewritten (a column's type changes), and created again
    /// afterwards?
    pub drop_during_rewrite: fn(&Object) -> bool,
    /// Does a rewrite of something it depends on reach its own dependents, although it holds no data itself (a type)?
    pub propagates_rewrite: fn(&Object) -> bool,
    /// Does the server keep it intact when only the size limit of something it depends on changes (`Impact::Resized`),
    /// although it is dropped during a rewrite?
    pub survives_resize: fn(&Object) -> bool,
    /// Is it dropped with an object other than its parent (a partition's column with the partitioned table's), so that it
    /// needs no DROP? The catalogs are the plan's start and target.
    pub dropped_implicitly: fn(&Object, &Catalog, &Catalog) -> bool,
    /// Can it only be dropped with its parent, so that dropping it alone replaces the parent (an index's being part of another
    /// one)? The catalog is the target.
    pub only_with_parent: fn(&Object, &Catalog) -> bool,
    /// Returns the risks of creating it; the catalogs are the plan's start and target.
    pub risks: fn(&Object, &Catalog, &Catalog) -> Vec<Risk>,
    /// Returns the names that it occupies in a namespace shared with other kinds (`relation app.users`): another object that
    /// has one of them is dropped first.
    pub claimed_names: fn(&Object) -> Vec<String>,
    /// Returns what else must be there before it is created, beyond its dependencies in the catalog. The catalogs are the
    /// plan's target and its start.
    pub create_after: fn(&Object, &Catalog, &Catalog) -> Vec<Id>,
    /// Returns the objects that it must be dropped before, although it does not depend on them.
    pub drop_before: fn(&Object, &Catalog) -> Vec<Id>,
    /// When it is replaced, is it dropped only once all its dependencies have reached their target state (a partition is
    /// detached and attached in one go, so that it also gets what the partitioned table gained in between)?
    pub drop_late: fn(&Object, &Object) -> bool,
    /// Returns the statements that must follow its creation because of what the database already has (the grants that
    /// default privileges give to a new object); the catalogs are the plan's start and target.
    pub after_create: fn(&Object, &Catalog, &Catalog) -> Vec<Statement>,
}

impl Kind {
    /// The facts of a kind that is simply replaced when it changes: the defaults of every row (`..Kind::REPLACED`).
    pub const REPLACED: Kind = Kind {
        name: "",
        create: |_| Vec::new(),
        drop: |_, _| Vec::new(),
        drop_towards: None,
        alter: |_| {},
        rename: None,
        alike_but_name: None,
        inline: |_, _, _| false,
        must_be_inline: false,
        altered_by_parent: false,
        holds_data: |_, _| false,
        recreate: None,
        part_of: None,
        post_data: false,
        drop_during_rewrite: |_| false,
        propagates_rewrite: |_| false,
        survives_resize: |_| false,
        dropped_implicitly: |_, _, _| false,
        only_with_parent: |_, _| false,
        risks: |_, _, _| Vec::new(),
        claimed_names: |_| Vec::new(),
        create_after: |_, _, _| Vec::new(),
        drop_before: |_, _| Vec::new(),
        drop_late: |_, _| false,
        after_create: |_, _, _| Vec::new(),
    };
}

/// How to recreate an object that can't be altered: rename the old form, create the new one (`Kind::create`), copy the
/// data, drop the old form.
#[derive(Clone, Copy)]
pub struct Recreate {
    /// Adds the DDL that frees the names of the old form.
    pub rename_old: fn(&mut Recreation),
    /// Adds the statements that copy the old form's data to the new one.
    pub copy_data: fn(&mut Recreation),
    /// Adds the DDL that drops the old form under its new name; not called for children, which are dropped with their parent.
    pub drop_old: fn(&mut Recreation),
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({})", self.name)
    }
}

/// An object to be created.
pub struct Creation<'a> {
    pub object: &'a Object,
    /// Its descendants that are written inside its CREATE, in the order of their places.
    pub inline: Vec<&'a Object>,
    /// The catalog it belongs to: the target.
    pub catalog: &'a Catalog,
    /// The catalog that the plan starts from.
    pub from: &'a Catalog,
    /// Is it recreated while its old form is kept under another name?
    pub recreate: bool,
    /// Does the object exist before and after, neither dropped nor created again?
    pub stays: &'a dyn Fn(&Id) -> bool,
}

impl<'a> Creation<'a> {
    /// Returns the direct children of `parent` that are written inside the CREATE, in the order of their places.
    pub fn inline_in(&self, parent: &Id) -> impl Iterator<Item = &'a Object> {
        self.inline.iter().copied().filter(move |object| object.parent.as_ref() == Some(parent))
    }
}
