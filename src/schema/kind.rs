//! What a database says about one kind of object.

use std::fmt;

use super::change::{Change, Recreation};
use super::plan::Risk;
use super::{Catalog, Id, Object};
use crate::sql::Statement;

/// A row of facts and plain functions about one kind of object. A new kind is one such row, in one file.
pub struct Kind {
    /// One word or two, as in `Id::kind` and in messages: `materialized view`.
    pub name: &'static str,
    /// Returns the DDL that makes the object, and inside it the children that the planner chose to fold. No DDL means
    /// that something else makes it (a partition's index comes with its parent's): that is no difference.
    pub create: fn(&Creation) -> Vec<Statement>,
    /// Returns the DDL that removes it; the catalog is the one it lives in.
    pub drop: fn(&Object, &Catalog) -> Vec<Statement>,
    /// The same where it depends on what is to be reached; the catalogs are those that a plan starts from and reaches.
    pub drop_towards: Option<fn(&Object, &Catalog, &Catalog) -> Vec<Statement>>,
    /// Claims the differences that DDL can change in place. What is left unclaimed makes the object be replaced or,
    /// where it holds data, the plan refuse.
    pub alter: fn(&mut Change),
    /// Returns the DDL that gives the object another name, for `rename`; None where there is no such DDL.
    pub rename: Option<fn(&Object, &str, &Catalog) -> Vec<Statement>>,
    /// Are these, an object that goes and one that comes, alike in all but their names, so that the one may be renamed to the
    /// other? The catalogs are those of both. None where a name is never all that differs.
    pub alike_but_name: Option<fn(&Object, &Object, &Catalog, &Catalog) -> bool>,
    /// May it be written inside its parent's CREATE? The catalogs are the one that is to be reached and the one that the
    /// plan starts from.
    pub inline: fn(&Object, &Catalog, &Catalog) -> bool,
    /// Must it stay in its parent's CREATE once it may be written there (that a table is a partition)?
    pub must_be_inline: bool,
    /// Has it no DDL of its own, so that its parent's alter rule makes, changes and drops it (`Change::take_parts`)?
    pub altered_by_parent: bool,
    /// Would dropping it lose rows or values that nothing can bring back?
    pub holds_data: fn(&Object, &Catalog) -> bool,
    /// How it is made anew where its alter rule says that it must be (`Change::recreate`), or where what it lives in is;
    /// None where there is no such way.
    pub recreate: Option<Recreate>,
    /// Returns what the object that it lives in is a part of because of it, so that the one's rows are the other's too and
    /// go with it (that a table is a partition). None for most kinds.
    pub part_of: Option<fn(&Object) -> Id>,
    /// Is it made after the rows where its parent is made anew, although it may be written inside that one's CREATE (a key)?
    pub post_data: bool,
    /// Must it be dropped while something that it depends on is rewritten (a column given another type), and made
    /// again afterwards?
    pub drop_during_rewrite: fn(&Object) -> bool,
    /// Does a rewrite of what it depends on reach those that depend on it, although it holds no data itself (a type)?
    pub propagates_rewrite: fn(&Object) -> bool,
    /// Does the server itself carry it over when what it depends on is only given more or less room
    /// (`Effect::Resized`), although it steps aside from a rewrite?
    pub survives_resize: fn(&Object) -> bool,
    /// Does it go with something else than its parent (a partition's column with the partitioned table's), so that no
    /// DROP is to be said? The catalogs are those that a plan starts from and reaches.
    pub dropped_implicitly: fn(&Object, &Catalog, &Catalog) -> bool,
    /// Can it only go with its parent, so that this is dropped and made again where it is to go by itself (that an index is a
    /// part of another one)? The catalog is the one that is to be reached.
    pub only_with_parent: fn(&Object, &Catalog) -> bool,
    /// Returns what making it puts at risk, from what is there already to what is to be reached.
    pub risks: fn(&Object, &Catalog, &Catalog) -> Vec<Risk>,
    /// Returns the names that it takes up among objects of other kinds (`relation app.users`): whoever else has one of
    /// them must be dropped first.
    pub claimed_names: fn(&Object) -> Vec<String>,
    /// Returns what else must come before it is made, beyond what the catalog says it depends on. The catalogs are the one
    /// that is to be reached and the one that the plan starts from.
    pub create_after: fn(&Object, &Catalog, &Catalog) -> Vec<Id>,
    /// Returns what it must be dropped before, although it does not depend on that.
    pub drop_before: fn(&Object, &Catalog) -> Vec<Id>,
    /// When it is replaced, is it to be dropped only when all that it needs has become what it is to be (a partition is
    /// taken out and put back at once, so that what its whole gets meanwhile comes to it too)?
    pub drop_late: fn(&Object, &Object) -> bool,
    /// Returns what must be said right after it is made, because of what stands in the database already (the grants that
    /// default privileges give a new object by themselves); the catalogs are those that a plan starts from and reaches.
    pub after_create: fn(&Object, &Catalog, &Catalog) -> Vec<Statement>,
}

impl Kind {
    /// The facts of a kind that is simply replaced when it changes: the start for every row (`..Kind::REPLACED`).
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

/// How an object is made anew although it can't be altered: its old form is set aside under another name, the new form is
/// made by `Kind::create`, what the old one holds is led over, and the old one dropped.
#[derive(Clone, Copy)]
pub struct Recreate {
    /// Says the DDL that frees the names of the old form.
    pub rename_old: fn(&mut Recreation),
    /// Says the statements by which the new form gets what the old one holds.
    pub copy_data: fn(&mut Recreation),
    /// Says the DDL that drops the old form under the name that it has by then; not asked of what goes with its parent.
    pub drop_old: fn(&mut Recreation),
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({})", self.name)
    }
}

/// An object to be made.
pub struct Creation<'a> {
    pub object: &'a Object,
    /// What lives inside it, at any depth, and is to be written inside its CREATE, in the order of their places.
    pub inline: Vec<&'a Object>,
    /// The catalog it belongs to: the one that is to be reached.
    pub catalog: &'a Catalog,
    /// The catalog that the plan starts from.
    pub from: &'a Catalog,
    /// Is it made anew while its old form is there, under another name?
    pub recreate: bool,
    /// Is the object there before and after, neither dropped nor made again?
    pub stays: &'a dyn Fn(&Id) -> bool,
}

impl<'a> Creation<'a> {
    /// Returns what is to be written inside the CREATE as a direct child of `parent`, in the order of their places.
    pub fn inline_in(&self, parent: &Id) -> impl Iterator<Item = &'a Object> {
        self.inline.iter().copied().filter(move |object| object.parent.as_ref() == Some(parent))
    }
}
