//! What the declared statements say, gathered by table.

use std::collections::{BTreeMap, BTreeSet};

use super::ddl::{self, Column, Constraint, Ddl, Index, Table, TypeName};
use super::expression::Expression;
use super::qualified;
use super::reach::Beside;
use crate::sql::Statement;
use crate::sql::quote;

/// Everything that the declared DDL says of one table.
#[derive(Default)]
pub struct Slice {
    /// The statements that say it.
    pub numbers: Vec<usize>,
    /// Does one of them name the table without its schema?
    without_schema: bool,
    pub owners: BTreeSet<String>,
    /// Is something said twice that can be said once?
    twice: bool,
    pub tables: Vec<Table>,
    pub constraints: Vec<Constraint>,
    pub indexes: Vec<(String, Index)>,
    /// By the column, or of the table itself. The last one counts.
    pub comments: BTreeMap<Option<String>, String>,
    defaults: Vec<(String, Expression)>,
    identities: Vec<(String, &'static str)>,
    sequences: Vec<Sequence>,
}

/// A sequence with nothing particular, and the column that owns it.
#[derive(Clone, Debug, PartialEq)]
struct Sequence {
    path: Vec<String>,
    type_: String,
    column: String,
}

/// What the statements say.
pub struct Declared {
    /// By the table's path.
    pub slices: BTreeMap<Vec<String>, Slice>,
    /// What the other statements may do to them.
    pub beside: Beside,
}

/// Returns what is said of each table; None if a statement may do anything to any of them.
pub fn gather(statements: &[Statement], user: &str) -> Option<Declared> {
    let mut slices: BTreeMap<Vec<String>, Slice> = BTreeMap::new();
    let mut beside = Beside::default();
    let (mut made, mut owned): (BTreeMap<Vec<String>, String>, BTreeMap<Vec<String>, Vec<String>>) = Default::default();
    for (number, statement) in statements.iter().enumerate() {
        let Some(ddl) = ddl::parse(&statement.text) else {
            beside.add(&statement.text)?;
            continue;
        };
        let slice = slices.entry(qualified(ddl.of())?).or_default();
        slice.without_schema |= ddl.of().len() == 1;
        slice.numbers.push(number);
        match ddl {
            Ddl::Table(table) => slice.tables.push(table),
            Ddl::Index { name, index, .. } => slice.indexes.push((name, index)),
            Ddl::Constraint { constraint, .. } => slice.constraints.push(constraint),
            Ddl::Comment { column, text, .. } => _ = slice.comments.insert(column, text),
            Ddl::Default { column, default, .. } => slice.defaults.push((column, default)),
            Ddl::Identity { column, identity, .. } => slice.identities.push((column, identity)),
            Ddl::Sequence { path, type_ } => slice.twice |= made.insert(qualified(&path)?, type_).is_some(),
            Ddl::OwnedBy { sequence, column } => slice.twice |= owned.insert(qualified(&sequence)?, column).is_some(),
            Ddl::Owner { owner, .. } => slice.owners.extend(owner),
        }
    }
    if beside.may_do_anything(user) {
        return None;
    }
    for (path, mut table) in owned {
        let (Some(column), Some(type_)) = (table.pop(), made.remove(&path)) else { continue };
        let table = qualified(&table)?;
        if !slices.contains_key(&table) {
            continue;
        }
        let Some(of_sequence) = slices.remove(&path) else { continue };
        if let Some(slice) = slices.get_mut(&table) {
            slice.numbers.extend(of_sequence.numbers);
            slice.without_schema |= of_sequence.without_schema;
            slice.twice |= of_sequence.twice;
            slice.owners.extend(of_sequence.owners);
            slice.sequences.push(Sequence { path, type_, column });
        }
    }
    slices.retain(|path, slice| {
        !(slice.twice || slice.without_schema && beside.without_path) && slice.after_create(path).is_some()
    });
    Some(Declared { slices, beside })
}

impl Slice {
    /// Puts into the columns what statements of their own say of them: a dump says `serial` in four. None where
    /// something is left over.
    fn after_create(&mut self, path: &[String]) -> Option<()> {
        let columns = &mut self.tables.first_mut()?.columns;
        for (name, default) in self.defaults.drain(..) {
            find(columns, &name)?.default = Some(default);
        }
        for (name, identity) in self.identities.drain(..) {
            find(columns, &name)?.identity = Some(identity);
        }
        for sequence in self.sequences.drain(..) {
            let column = find(columns, &sequence.column)?;
            let (TypeName::System(type_), [schema, table]) = (&column.type_, path) else { return None };
            let serial = ["serial", "bigserial", "smallserial"].into_iter().find(|name| ddl::behind(name) == type_)?;
            let next = Expression::Call(
                vec!["nextval".to_owned()],
                vec![Expression::Cast(
                    Expression::String(quote::qualified(&sequence.path)).into(),
                    "regclass".to_owned(),
                )],
            );
            let name = format!("{table}_{}_seq", column.name);
            let is_serial = sequence.type_ == *type_
                && sequence.path == [schema.clone(), name]
                && column.not_null
                && column.default.as_ref() == Some(&next);
            is_serial.then_some(())?;
            (column.type_, column.default) = (TypeName::Serial(serial), None);
        }
        Some(())
    }
}

fn find<'a>(columns: &'a mut [Column], name: &str) -> Option<&'a mut Column> {
    columns.iter_mut().find(|column| column.name == name)
}
