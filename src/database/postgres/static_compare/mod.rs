//! Which declared tables are certain to be what a catalog holds already, without asking a server.
//!
//! Loading a table into a shadow is expensive; most tables of a project have not changed. This comparison reads the DDL of
//! plain tables and finds it again in the catalog, as the server prints it. It may only prove a table *equal*: what it
//! does not know, and what differs, is left to the shadow.

mod ddl;
mod expression;
mod meaning;
mod reach;
mod slice;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use self::ddl::{Column, Constraint, Ddl, Index, Rule, TypeName, columns_of};
use self::expression::{Expression, parse_printed};
use self::meaning::Surrounding;
use self::reach::Beside;
use self::slice::{Declared, Slice};
use super::kinds::sequence::serial_type;
use crate::database::Surroundings;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified as quoted};

/// The schema in which a shadow makes what is named without one.
const SCHEMA: &str = "public";

/// The longest name that PostgreSQL keeps, in bytes (manual 4.1.1, NAMEDATALEN − 1).
const LONGEST_NAME: usize = 63;

/// Returns the tables of `live` that `statements` declare just so, each with the numbers of the statements that do.
///
/// A table is one of these when
/// - every other statement is of a form whose reach is known (`reach`), and names neither the table nor anything of it or
///   that it refers to;
/// - its own statements are of plain forms (`ddl`), and say what the catalog holds of it, no more and no less, where an
///   expression is what the server prints (`meaning`);
/// - no name that the server chose for it is one that something else might have got first.
pub fn unchanged_tables(
    statements: &[Statement],
    live: &Catalog,
    environment_fingerprint: &Surroundings,
) -> Vec<(Id, Vec<usize>)> {
    if !environment_fingerprint.usual {
        return Vec::new();
    }
    let Some(Declared { slices, beside }) = slice::gather(statements, &environment_fingerprint.user) else {
        return Vec::new();
    };
    let mut proved: BTreeMap<Vec<String>, Proved> = BTreeMap::new();
    let mut taken: HashMap<u64, usize> = HashMap::new();
    for (path, slice) in slices {
        // The server refuses an owner that is not there, or for whom this role may make nothing.
        if !slice.owners.is_subset(&environment_fingerprint.roles) {
            continue;
        }
        let comparison = Comparison { live, beside: &beside, uses: RefCell::default() };
        let Some(id) = comparison.proves(&path, &slice) else { continue };
        let Uses { given, chosen, others, keys_of } = comparison.uses.into_inner();
        if given.iter().chain(&chosen).chain(&others).any(|name| beside.named.contains(name)) {
            continue;
        }
        let hashed = |name: &String| hashed(&path[0], name);
        given.iter().chain(&chosen).for_each(|name| *taken.entry(hashed(name)).or_default() += 1);
        let chosen = chosen.iter().map(hashed).collect();
        proved.insert(path, Proved { id, numbers: slice.numbers, chosen, keys_of });
    }
    proved.retain(|_, table| table.chosen.iter().all(|name| taken.get(name) == Some(&1)));
    // A foreign key that names no columns takes those of a key that must be proved too.
    loop {
        let without = |table: &Proved| table.keys_of.iter().any(|path| !proved.contains_key(path));
        let gone: Vec<_> = proved.iter().filter(|(_, table)| without(table)).map(|(path, _)| path.clone()).collect();
        if gone.is_empty() {
            break;
        }
        gone.iter().for_each(|path| _ = proved.remove(path));
    }
    proved.into_values().map(|table| (table.id, table.numbers)).collect()
}

/// A table that is as it is declared, but for what others decide.
struct Proved {
    id: Id,
    numbers: Vec<usize>,
    /// The names that the server chose, hashed: one that seems to be there twice is only loaded.
    chosen: Vec<u64>,
    /// The tables whose primary keys it takes for granted.
    keys_of: BTreeSet<Vec<String>>,
}

fn hashed(schema: &str, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (schema, name).hash(&mut hasher);
    hasher.finish()
}

/// The whole name of what is said without a schema; None where pg_catalog, which is searched first, may have one of it.
fn qualified(path: &[String]) -> Option<Vec<String>> {
    match path {
        [name] if name.starts_with("pg_") => None,
        [name] => Some(vec![SCHEMA.to_owned(), name.clone()]),
        path => Some(path.to_vec()),
    }
}

/// The names that a slice has and needs.
#[derive(Debug, Default)]
struct Uses {
    /// Those of the table, its indexes, constraints and sequences that are written.
    given: BTreeSet<String>,
    /// Those that the server chose.
    chosen: BTreeSet<String>,
    /// What its expressions refer to. Of a table or type that it refers to, nothing but its name could matter, and a
    /// statement that renames may do anything.
    others: BTreeSet<String>,
    /// The tables whose primary keys a foreign key takes for granted.
    keys_of: BTreeSet<Vec<String>>,
}

struct Comparison<'a> {
    live: &'a Catalog,
    beside: &'a Beside,
    uses: RefCell<Uses>,
}

impl Comparison<'_> {
    /// Returns the table's id when the slice says exactly what the catalog holds of it.
    fn proves(&self, path: &[String], slice: &Slice) -> Option<Id> {
        let [table] = slice.tables.as_slice() else { return None };
        let id = Id::new("table", path.iter().cloned());
        let held = self.live.get(&id).filter(|held| held.properties.is_empty())?;
        self.uses.borrow_mut().given.insert(held.id.name().to_owned());
        let constraints: Vec<&Constraint> = table.constraints.iter().chain(&slice.constraints).collect();
        let mut keys: BTreeSet<&String> = BTreeSet::new();
        let mut sets_of_columns: BTreeSet<&Vec<String>> = BTreeSet::new();
        for constraint in &constraints {
            let (Rule::PrimaryKey(columns) | Rule::Unique(columns, _)) = &constraint.rule else { continue };
            // The server makes one of two that are the same.
            sets_of_columns.insert(columns).then_some(())?;
            if matches!(constraint.rule, Rule::PrimaryKey(_)) {
                keys.extend(columns);
            }
        }
        let mut declared: BTreeSet<Id> = BTreeSet::new();
        let mut columns: Vec<&Object> = Vec::new();
        for column in &table.columns {
            columns.push(self.live.get(&Id::new("column", path.iter().cloned().chain([column.name.clone()])))?);
        }
        let in_order = columns.windows(2).all(|pair| pair[0].place < pair[1].place);
        if !in_order && self.beside.read.contains(&held.id.name().to_lowercase()) {
            return None;
        }
        let type_of = |name: &str| {
            columns
                .iter()
                .find(|column| column.id.name() == name)
                .and_then(|column| column.text("type"))
                .map(str::to_owned)
        };
        for (column, held) in table.columns.iter().zip(&columns) {
            self.column(held, column, keys.contains(&column.name), &type_of)?;
            let comment = slice.comments.get(&Some(column.name.clone()));
            declared.extend(self.comment(held, comment)?);
            declared.insert(held.id.clone()).then_some(())?;
        }
        declared.extend(self.comment(held, slice.comments.get(&None))?);
        let columns_of_comments = slice.comments.keys().flatten();
        if columns_of_comments.into_iter().any(|name| columns.iter().all(|column| column.id.name() != name)) {
            return None;
        }
        for constraint in constraints {
            if !declared.insert(self.constraint(path, constraint, &type_of)?) {
                return None;
            }
        }
        for (name, index) in &slice.indexes {
            if !declared.insert(self.index(path, name, index, &type_of)?) {
                return None;
            }
        }
        let all_declared = self.live.children(&held.id).iter().all(|child| declared.contains(&child.id));
        all_declared.then(|| held.id.clone())
    }

    /// Does an expression mean what the server printed? A string of its own takes the type of the column that it is
    /// assigned to.
    fn means(
        &self,
        written: &Expression,
        printed: &str,
        type_of: &dyn Fn(&str) -> Option<String>,
        assigned_to: Option<&str>,
    ) -> Option<()> {
        self.means_read(written, &parse_printed(printed)?, type_of, assigned_to)
    }

    fn means_read(
        &self,
        written: &Expression,
        printed: &Expression,
        type_of: &dyn Fn(&str) -> Option<String>,
        assigned_to: Option<&str>,
    ) -> Option<()> {
        let enumeration = |name: &str| self.enumeration(name);
        let Beside { routines, overloads, .. } = self.beside;
        let here = Surrounding { type_of, enumeration: &enumeration, routines, overloads: *overloads };
        let same = match assigned_to {
            Some(type_) => here.means_as(written, printed, type_),
            None => here.means(written, printed),
        };
        self.uses.borrow_mut().others.extend(expression::names_in(printed));
        same.then_some(())
    }

    /// Returns how the server prints the name of an enum, whether or not it was written with its schema.
    fn enumeration(&self, name: &str) -> Option<String> {
        let is_enum =
            |path: &[String]| self.live.contains(&Id::new("enum", path.iter().cloned())).then(|| quoted(path));
        let path = ddl::path_of(name)?;
        if let [_] = path.as_slice() {
            return is_enum(&self.resolved(&path)?);
        }
        is_enum(&path)
    }

    /// The whole name of a table or type, where one without a schema can only be that of a shadow's own schema.
    fn resolved(&self, path: &[String]) -> Option<Vec<String>> {
        if path.len() == 1 && self.beside.without_path { None } else { qualified(path) }
    }

    /// Is the live column what was declared, with its default, its sequence and its expression?
    fn column(
        &self,
        held: &Object,
        column: &Column,
        in_key: bool,
        type_of: &dyn Fn(&str) -> Option<String>,
    ) -> Option<()> {
        const KNOWN: [&str; 5] = ["type", "not_null", "identity", "generated", "collation"];
        if !held.properties.keys().all(|name| KNOWN.contains(&name)) || held.text("identity") != column.identity {
            return None;
        }
        let collation = column.collation.as_ref().map_or(Some(None), |name| collation(name))?;
        if held.flag("not_null") != (column.not_null || in_key) || held.text("collation") != collation.as_deref() {
            return None;
        }
        match (held.text("generated"), &column.generated) {
            (None, None) => {}
            (Some(printed), Some(declared)) => self.means(declared, printed, type_of, None)?,
            _ => return None,
        }
        if column.identity.is_some() {
            let [.., table, name] = &*held.id.path else { return None };
            self.uses.borrow_mut().chosen.insert(format!("{table}_{name}_seq"));
        }
        if held.flag("not_null") {
            // Before PostgreSQL 18 it has no name.
            let [.., table, name] = &*held.id.path else { return None };
            self.uses.borrow_mut().chosen.insert(format!("{table}_{name}_not_null"));
        }
        let children = self.live.children(&held.id).into_iter().filter(|child| child.id.kind != "comment");
        let (sequences, defaults): (Vec<&Object>, Vec<&Object>) =
            children.partition(|child| child.id.kind == "sequence");
        let written = match &column.type_ {
            TypeName::System(name) => name.clone(),
            TypeName::Own { path, array } => self.own_type(path)? + if *array { "[]" } else { "" },
            TypeName::Serial(name) => {
                let ([sequence], [_], None) = (sequences.as_slice(), defaults.as_slice(), &column.default) else {
                    return None;
                };
                let bare = self.live.children(&sequence.id).is_empty();
                self.uses.borrow_mut().chosen.insert(sequence.id.name().to_owned());
                return (bare && serial_type(sequence, self.live) == Some(*name)).then_some(());
            }
        };
        if held.text("type") != Some(&written) || !sequences.is_empty() {
            return None;
        }
        match (defaults.as_slice(), &column.default) {
            ([], None) => Some(()),
            ([default], Some(declared)) if default.id.kind == "default" => {
                self.means(declared, default.text("definition")?, &|_| None, Some(&written))
            }
            _ => None,
        }
    }

    /// Returns the comment that an object has, when it is the one that was declared for it.
    fn comment(&self, of: &Object, declared: Option<&String>) -> Option<Option<Id>> {
        let held: Vec<&Object> =
            self.live.children(&of.id).into_iter().filter(|child| child.id.kind == "comment").collect();
        match (held.as_slice(), declared) {
            ([], None) => Some(None),
            // The comment on an identity's sequence is the column's too.
            ([comment], Some(text))
                if comment.text("text") == Some(text) && comment.known_text("sequence").is_none() =>
            {
                Some(Some(comment.id.clone()))
            }
            _ => None,
        }
    }

    /// Returns how the server prints a type of the user's own.
    fn own_type(&self, path: &[String]) -> Option<String> {
        if path.len() == 1 && ddl::may_be_of_the_system(path.last()?) {
            return None;
        }
        let path = self.resolved(path)?;
        let known = ["enum", "domain"].iter().any(|kind| self.live.contains(&Id::new(kind, path.iter().cloned())));
        known.then(|| quoted(&path))
    }

    fn constraint(
        &self,
        table: &[String],
        constraint: &Constraint,
        type_of: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Id> {
        let name = match &constraint.name {
            Some(name) => name.clone(),
            None => chosen_name(table.last()?, &constraint.rule)?,
        };
        {
            let uses = &mut *self.uses.borrow_mut();
            let names = if constraint.name.is_some() { &mut uses.given } else { &mut uses.chosen };
            names.insert(name.clone());
        }
        let id = Id::new("constraint", table.iter().cloned().chain([name]));
        let held = self.live.get(&id)?;
        let only_a_definition = held.properties.keys().all(|name| name == "definition" || name == "type");
        let printed = ddl::parse_rule(held.text("definition")?)?;
        let same = match (&constraint.rule, &printed) {
            (Rule::Check(written), Rule::Check(printed)) => self.means_read(written, printed, type_of, None).is_some(),
            (
                Rule::ForeignKey { columns, table, references, actions },
                Rule::ForeignKey { columns: of, table: to, references: keys, actions: printed },
            ) => {
                let target = self.resolved(table)?;
                let implied = references.is_empty() && self.primary_key(&target).as_deref() == Some(keys);
                let uses = &mut *self.uses.borrow_mut();
                if implied {
                    uses.keys_of.insert(target.clone());
                }
                columns == of && target == *to && actions == printed && (references == keys || implied)
            }
            (written, printed) => written == printed,
        };
        (only_a_definition && self.live.children(&id).is_empty() && same).then_some(id)
    }

    fn primary_key(&self, table: &[String]) -> Option<Vec<String>> {
        let children = self.live.children(&Id::new("table", table.iter().cloned()));
        children.iter().find_map(|child| match ddl::parse_rule(child.text("definition")?)? {
            Rule::PrimaryKey(columns) => Some(columns),
            _ => None,
        })
    }

    fn index(
        &self,
        table: &[String],
        name: &str,
        index: &Index,
        type_of: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Id> {
        let (schema, _) = table.split_first()?;
        let id = Id::new("index", [schema.as_str(), name]);
        let held = self.live.get(&id)?;
        let only_a_definition = held.properties.keys().all(|name| name == "definition");
        let definition = held.text("definition")?;
        let Ddl::Index { table: on, index: printed, .. } = ddl::parse_printed(definition)? else { return None };
        self.uses.borrow_mut().given.insert(name.to_owned());
        let same_predicate = match (&index.predicate, &printed.predicate) {
            (None, None) => true,
            (Some(written), Some(printed)) => self.means_read(written, printed, type_of, None).is_some(),
            _ => false,
        };
        let same_parts = index.parts.len() == printed.parts.len()
            && index.parts.iter().zip(&printed.parts).all(|(written, printed)| {
                (written.descending, written.nulls_first) == (printed.descending, printed.nulls_first)
                    && self.same_class(written.operator_class.as_deref(), printed.operator_class.as_deref())
                    && self.means_read(&written.expression, &printed.expression, type_of, None).is_some()
            });
        let same = only_a_definition
            && self.live.children(&id).is_empty()
            && on == table
            && (index.unique, &index.method, &index.include) == (printed.unique, &printed.method, &printed.include)
            && same_predicate
            && same_parts;
        same.then_some(id)
    }

    /// Is this the operator class that the server prints so? One without a schema is looked for in pg_catalog, then in
    /// that of a shadow.
    fn same_class(&self, written: Option<&[String]>, printed: Option<&[String]>) -> bool {
        match (written, printed) {
            (Some([name]), Some([schema, same])) => schema == SCHEMA && name == same && !self.beside.without_path,
            (written, printed) => written == printed,
        }
    }
}

/// Returns how the server prints a collation of its own: nothing for the default one.
fn collation(path: &[String]) -> Option<Option<String>> {
    match path {
        [name] if name == "default" => Some(None),
        [schema, name] if schema == "pg_catalog" => Some(Some(format!("pg_catalog.{}", identifier(name)))),
        // pg_catalog is searched first (manual 5.10.5).
        [name] => Some(Some(format!("pg_catalog.{}", identifier(name)))),
        _ => None,
    }
}

/// Returns the name that the server gives a constraint that was declared without one; None if that takes more than
/// its plain rule (a name that is too long).
///
/// Source: `ChooseConstraintName` and `ChooseIndexName` in PostgreSQL's sources, as seen in the manual's examples.
fn chosen_name(table: &str, rule: &Rule) -> Option<String> {
    let name = match rule {
        Rule::PrimaryKey(_) => format!("{table}_pkey"),
        Rule::Unique(columns, _) => format!("{table}_{}_key", columns.join("_")),
        Rule::ForeignKey { columns, .. } => format!("{table}_{}_fkey", columns.join("_")),
        Rule::Check(expression) => match columns_of(expression).as_slice() {
            [only] => format!("{table}_{only}_check"),
            _ => format!("{table}_check"),
        },
    };
    (name.len() <= LONGEST_NAME).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Value;

    fn object(
        kind: &'static str,
        path: &[&str],
        parent: Option<(&'static str, &[&str])>,
        properties: &[(&str, &str)],
    ) -> Object {
        let mut object = Object::new(Id::new(kind, path.iter().copied()));
        object.parent = parent.map(|(kind, path)| Id::new(kind, path.iter().copied()));
        for (name, text) in properties {
            let value = if *text == "true" { Value::Flag(true) } else { Value::Text((*text).to_owned()) };
            object.set(*name, value);
        }
        object
    }

    fn live() -> Catalog {
        let table = Some(("table", &["public", "t"][..]));
        [
            object("table", &["public", "t"], None, &[]),
            object("column", &["public", "t", "id"], table, &[("type", "integer"), ("not_null", "true")]),
            object("column", &["public", "t", "price"], table, &[("type", "numeric(10,2)")]),
            object(
                "default",
                &["public", "t", "price"],
                Some(("column", &["public", "t", "price"])),
                &[("definition", "0")],
            ),
            object("constraint", &["public", "t", "t_pkey"], table, &[("definition", "PRIMARY KEY (id)")]),
            object(
                "constraint",
                &["public", "t", "t_price_check"],
                table,
                &[("definition", "CHECK ((price > (0)::numeric))")],
            ),
            object(
                "index",
                &["public", "ix"],
                table,
                &[("definition", "CREATE INDEX ix ON public.t USING btree (price DESC) WHERE (price IS NOT NULL)")],
            ),
        ]
        .into_iter()
        .collect()
    }

    fn proved(ddl: &[&str]) -> bool {
        let usual = Surroundings { usual: true, ..Surroundings::default() };
        let statements: Vec<Statement> = ddl.iter().map(|text| Statement::new(*text, "")).collect();
        !unchanged_tables(&statements, &live(), &usual).is_empty()
    }

    const TABLE: &str = "create table t (id int primary key, price decimal(10,2) default 0 check (price > 0))";
    const INDEX: &str = "CREATE INDEX ix ON t (price desc) WHERE price IS NOT NULL";

    #[test]
    fn an_unchanged_table_is_proved_equal() {
        assert!(proved(&[TABLE, INDEX]));
        assert!(proved(&[
            INDEX,
            "create table public.t (price numeric(10, 2) default 0, id integer, constraint t_pkey primary key (id), check (price > 0))"
        ]));
    }

    #[test]
    fn anything_else_is_left_to_the_server() {
        assert!(!proved(&[TABLE]), "an index less");
        assert!(!proved(&[INDEX]), "no table");
        assert!(!proved(&[&TABLE.replace("int ", "bigint "), INDEX]), "a type");
        assert!(!proved(&[&TABLE.replace("default 0", "default 1"), INDEX]), "a default");
        assert!(!proved(&[&TABLE.replace("> 0", "> 1"), INDEX]), "a check");
        assert!(!proved(&[&TABLE.replace("check (price > 0)", ""), INDEX]), "a check less");
        assert!(!proved(&[TABLE, &INDEX.replace(" desc", "")]), "a direction");
        assert!(!proved(&[TABLE, &INDEX.replace("INDEX", "UNIQUE INDEX")]), "uniqueness");
        assert!(
            !proved(&[TABLE, INDEX, "ALTER TABLE t ENABLE ROW LEVEL SECURITY"]),
            "a statement that it does not know"
        );
        assert!(!proved(&[TABLE, INDEX, "ALTER TABLE t ADD UNIQUE (price)"]), "one constraint more");
        assert!(!proved(&[&TABLE.replace("id int primary key", "id int"), INDEX]), "a key less");
    }
}
