//! Constraints of tables: primary keys, unique, exclusion, checks, foreign keys.

use crate::database::postgres::kinds::column::alter_parent;
use crate::database::postgres::kinds::index_attachment::{self, is_apart, is_incomplete, is_index};
use crate::database::postgres::kinds::inherited::{
    dropped_implicitly, inherited, inherited_from, inheriting, link_stays, made_by_maker,
};
use crate::database::postgres::kinds::{QueryContext, index, names};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "constraint",
    create,
    drop: |object, _| vec![action(object, &format!("DROP CONSTRAINT {}", identifier(object.id.name())))],
    alter,
    rename: Some(|object, name, _| {
        let (old, new) = (identifier(object.id.name()), identifier(name));
        vec![Statement::new(format!("{} RENAME CONSTRAINT {old} TO {new}", alter_parent(object)), &object.id)]
    }),
    alike_but_name: Some(|old, new, from, to| {
        let is = |kind: &str| [old, new].iter().all(|object| object.known_text("type") == Some(kind));
        // A partition's key is named with what it is attached to; a CHECK is renamed with those that inherit it.
        let own = |object: &Object, catalog: &Catalog| !inherited(object) && inheriting(object, catalog).is_empty();
        let of_kind = match old.known_text("type") {
            Some("f") => is("f"),
            Some("c") => is("c") && own(old, from) && own(new, to),
            Some(kind) => is(kind) && !inherited(old) && !inherited(new),
            None => false,
        };
        of_kind && old.properties == new.properties
    }),
    // In CREATE TABLE every constraint counts as validated and enforced at once.
    inline: |object, to, from| {
        let from_parent = inherited(object) && object.known_text("type") != Some("c");
        let later = from_parent && !(is_index(object) && index_attachment::is_before_link(object, to, from));
        let stays = |id: &Id| from.contains(id);
        let only = object.known_flag("partitioned") && !inherited(object) && is_apart(object, to, from, &stays);
        !(unchecked(object) || later || only || gives_way(object, to))
    },
    post_data: true,
    // The server rebuilds keys by itself; expressions it may not be able to read over the new type, and a foreign key's
    // two sides change one after the other.
    drop_during_rewrite: |object| matches!(object.known_text("type"), Some("c" | "x" | "f")) && !inherited(object),
    survives_resize: |_| true,
    dropped_implicitly: |object, from, to| dropped_implicitly(object, from, to) && !object.flag("local"),
    // The server drops what is a child's own as well only when the parent's is gone.
    drop_before: |object, catalog| {
        inheriting(object, catalog)
            .into_iter()
            .filter(|inheritor| inheritor.flag("local"))
            .map(|inheritor| inheritor.id.clone())
            .collect()
    },
    claimed_names: |object| match object.known_text("type") {
        Some("p" | "u" | "x") => {
            let schema = object.id.path.iter().take(1).cloned().chain([object.id.name().to_owned()]);
            vec![format!("relation {}", qualified(&schema.collect::<Vec<_>>()))]
        }
        _ => Vec::new(),
    },
    create_after: |object, to, from| match object.known_text("type") {
        Some("p" | "u" | "x") => index_attachment::create_after(object, to, from),
        Some("f") if inherited(object) => {
            vec![Id::new("partition", object.id.path.iter().take(2).cloned())]
        }
        _ => namesakes(object, to).map(|other| other.id.clone()).collect(),
    },
    risks,
    after_create: |object, _, _| index::settings(object),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // From 18 on a NOT NULL is a row here too: it belongs to its column.
    // The index of a key (`ic`) is joined for 'p', 'u' and 'x' alone: a foreign key's `conindid` is the index of the table
    // that it refers to. On a partitioned table that index is invalid until each partition has one attached (ON ONLY).
    // `m` is the parent's constraint: by `conparentid` for keys and foreign keys of partitions; a CHECK has none there and
    // is merged by its name (`MergeConstraintsIntoExisting` in tablecmds.c).
    // `_place` starts high because children are written in its order, and constraints follow all columns.
    format!(
        "SELECT 'pg_constraint'::regclass::oid AS _class, k.oid AS _oid, ARRAY[n.nspname, c.relname, k.conname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                1000000 + CASE k.contype WHEN 'p' THEN 0 WHEN 'u' THEN 1 WHEN 'x' THEN 2 WHEN 'c' THEN 3 ELSE 4 END AS _place,
                CASE WHEN m.conname IS NOT NULL THEN 'constraint' END AS _needs_kind, CASE WHEN m.relname IS NOT NULL AND NOT (k.contype = 'c' AND k.conislocal) THEN ARRAY[m.nspname, m.relname, m.conname]::text[] END AS _needs,
                pg_get_constraintdef(k.oid) AS definition,
                k.contype = 'c' AND k.coninhcount > 0 AND k.conislocal AS local,
                k.contype = 'c' AND k.coninhcount > 0 AND NOT k.conislocal AND NOT c.relispartition AS only_inherited,
                {settings},
                k.contype::text AS _known_type,
                ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) ORDER BY array_position(k.conkey, a.attnum)) AS _known_columns,
                CASE WHEN k.contype IN ('p', 'u', 'x') THEN ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conindid ORDER BY a.attnum) END AS _known_index_columns,
                ic.relkind = 'I' AND NOT i.indisvalid AS incomplete, coalesce(ic.relkind = 'I', false) AS _known_partitioned,
                k.conparentid <> 0 OR k.contype = 'c' AND k.coninhcount > 0 AS _known_inherited, k.conislocal AS _known_local,
                CASE WHEN m.conname IS NOT NULL THEN ARRAY[m.nspname, m.relname, m.conname]::text[] END AS _known_maker,
                CASE WHEN m.conname IS NOT NULL THEN ARRAY[m.nspname, m.relname]::text[] END AS _known_maker_table
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_class ic ON ic.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
              LEFT JOIN pg_index i ON i.indexrelid = ic.oid
              LEFT JOIN (SELECT child.oid, pn.nspname, p.relname, pk.conname
                         FROM (SELECT oid, conparentid AS parent FROM pg_constraint WHERE conparentid <> 0
                               UNION ALL
                               (SELECT DISTINCT ON (ck.oid) ck.oid, pk.oid FROM pg_inherits h JOIN pg_constraint ck ON ck.conrelid = h.inhrelid
                                    JOIN pg_constraint pk ON pk.conrelid = h.inhparent AND pk.conname = ck.conname AND pk.contype = 'c'
                               WHERE ck.contype = 'c' AND ck.coninhcount > 0 ORDER BY ck.oid, h.inhseqno)) child
                              JOIN pg_constraint pk ON pk.oid = child.parent
                              JOIN pg_class p ON p.oid = pk.conrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace) m ON m.oid = k.oid
         WHERE c.relkind IN ('r', 'p') AND k.contype IN ('p', 'u', 'x', 'c', 'f')
               -- A reference to a partitioned table has a row for each partition besides its own.
               AND NOT EXISTS (SELECT FROM pg_constraint s WHERE s.oid = k.conparentid AND s.conrelid = k.conrelid)
               AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
        settings = index::SETTINGS,
    )
}

pub fn is_primary_key(object: &Object) -> bool {
    object.id.kind == "constraint" && object.known_text("type") == Some("p")
}

/// Is it written inside CREATE TABLE, rather than brought by the parent's?
pub fn is_written(object: &Object) -> bool {
    !inherited(object) || object.known_text("type") == Some("c") && object.known_flag("local")
}

fn unchecked(object: &Object) -> bool {
    let definition = object.text("definition").unwrap_or_default();
    definition.ends_with(" NOT VALID")
}

/// Does it have the name that the server would choose for it?
fn has_chosen_name(object: &Object) -> bool {
    let table = object.parent.as_ref().map_or("", |table| table.name());
    let columns = object.known_list("columns");
    let joined = columns.join("_");
    let chosen = match object.known_text("type") {
        Some("p") => names::chosen(table, "", "pkey"),
        Some("u") if columns.len() == object.known_list("index_columns").len() => names::chosen(table, &joined, "key"),
        Some("f") => names::chosen(table, &joined, "fkey"),
        Some("c") => names::chosen(table, if columns.len() == 1 { &joined } else { "" }, "check"),
        _ => return false,
    };
    // A name that was cut may be another one next time.
    object.id.name() == chosen && chosen.len() < 60 && joined.len() < 60
}

/// Returns the name that the server gives to a partition's foreign key that the parent's brings: the parent's, if the
/// partition has no constraint of that name.
///
/// Source: `addFkRecurseReferencing` and `CloneFkReferencing` in PostgreSQL's tablecmds.c.
fn born_as(object: &Object, from: &Catalog) -> Option<String> {
    let name = object.known_list("maker").last()?;
    let namesake = object.id.with_last(name);
    if namesake == object.id || !from.contains(&namesake) {
        return Some(name.clone());
    }
    let table = object.parent.as_ref().map_or("", |table| table.name());
    Some(names::chosen(table, &object.known_list("columns").join("_"), "fkey"))
}

/// Returns the foreign keys of the same table that the parent's brings under this constraint's name, until they get their
/// own.
fn namesakes<'a>(object: &'a Object, catalog: &'a Catalog) -> impl Iterator<Item = &'a Object> {
    let siblings = object.parent.as_ref().map(|table| catalog.children(table)).unwrap_or_default();
    siblings.into_iter().filter(|other| {
        let brought = other.known_text("type") == Some("f") && inherited(other) && other.id != object.id;
        brought && !inherited(object) && other.known_list("maker").last().map(String::as_str) == Some(object.id.name())
    })
}

fn gives_way(object: &Object, catalog: &Catalog) -> bool {
    namesakes(object, catalog).next().is_some()
}

/// Will it be written in the definition of its only column? `written` tells which columns are.
pub fn goes_in_column(object: &Object, written: impl Fn(&str) -> bool) -> bool {
    match object.known_list("columns") {
        [column] => written(column) && in_column(object, column).is_some(),
        _ => false,
    }
}

/// Returns the constraint as it stands in the definition of its only column, under the name that the server chooses.
pub fn in_column(object: &Object, column: &str) -> Option<String> {
    let [only] = object.known_list("columns") else { return None };
    if only != column || !has_chosen_name(object) || !is_written(object) || !index::parameters(object).is_empty() {
        return None;
    }
    let definition = object.written("definition")?;
    let name = identifier(column);
    match object.known_text("type")? {
        "p" | "u" => {
            let (before, after) = definition.split_once(&format!(" ({name})"))?;
            Some(format!("{before}{after}"))
        }
        "f" => definition.strip_prefix(&format!("FOREIGN KEY ({name}) ")).map(str::to_owned),
        "c" => Some(check(definition)),
        _ => None,
    }
}

/// Takes the second pair of brackets away that the server puts around a check.
pub fn check(definition: &str) -> String {
    let parts = definition.strip_prefix("CHECK ((").and_then(|rest| rest.rsplit_once("))"));
    match parts {
        Some((inner, end)) if balanced(inner) => format!("CHECK ({inner}){end}"),
        _ => definition.to_owned(),
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0i32;
    let never_below = crate::sql::token::tokens(text, crate::sql::Syntax::Postgres).all(|token| {
        depth += i32::from(token.is_mark(text, '(')) - i32::from(token.is_mark(text, ')'));
        depth >= 0
    });
    never_below && depth == 0
}

/// Returns the constraint as it stands in CREATE TABLE, named where the server would choose another name.
pub fn clause(object: &Object) -> String {
    let name =
        if has_chosen_name(object) { String::new() } else { format!("CONSTRAINT {} ", identifier(object.id.name())) };
    format!("{name}{}", definition(object))
}

/// Returns the definition with the storage parameters of its index, which the server prints apart.
fn definition(object: &Object) -> String {
    let definition = object.written("definition").unwrap_or_default();
    let parameters = match object.known_text("type") {
        Some("p" | "u") => index::parameters(object),
        _ => String::new(),
    };
    if object.known_text("type") == Some("c") {
        return check(definition);
    }
    let (base, state) = base_and_state(definition);
    format!("{base}{parameters}{state}")
}

/// What follows a constraint's own definition, in the order in which the server prints it.
const STATES: [&str; 4] = [" NOT VALID", " NOT ENFORCED", " INITIALLY DEFERRED", " DEFERRABLE"];

fn base_and_state(definition: &str) -> (&str, &str) {
    let mut base = definition;
    for state in STATES {
        base = base.strip_suffix(state).unwrap_or(base);
    }
    (base, &definition[base.len()..])
}

fn action(object: &Object, action: &str) -> Statement {
    Statement::action(&alter_parent(object), action, &object.id)
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    if inherited(object) && object.known_text("type") == Some("f") {
        return renamed(object, creation.from);
    }
    let apart = is_index(object) && is_apart(object, creation.catalog, creation.from, creation.stays);
    let by_server = inherited(object) && is_index(object) && !apart;
    if by_server || made_by_maker(object, creation.from) && !object.known_flag("local") && !apart {
        return Vec::new();
    }
    let text = format!("ADD CONSTRAINT {} {}", identifier(object.id.name()), definition(object));
    if apart && object.known_flag("partitioned") {
        let alter = alter_parent(object).replacen("ALTER TABLE ", "ALTER TABLE ONLY ", 1);
        return vec![Statement::new(format!("{alter} {text}"), &object.id)];
    }
    vec![action(object, &text)]
}

/// Gives what came from the parent the name it is to have.
fn renamed(object: &Object, from: &Catalog) -> Vec<Statement> {
    let Some(born) = born_as(object, from).filter(|born| born != object.id.name()) else { return Vec::new() };
    let text = format!("RENAME CONSTRAINT {} TO {}", identifier(&born), identifier(object.id.name()));
    vec![Statement::new(format!("{} {text}", alter_parent(object)), &object.id)]
}

/// Makes what the table has from its parent its own too, or the parent's alone.
fn alter_local(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    let linked = |object: &Object, catalog: &Catalog| inherited(object) && link_stays(object, catalog);
    let both_linked = linked(before, change.from) && linked(after, change.to);
    let definition_of = |inherited_from: Option<&Object>| {
        inherited_from.map(|inherited_from| inherited_from.text("definition").map(str::to_owned))
    };
    let parents = (definition_of(inherited_from(before, change.from)), definition_of(inherited_from(after, change.to)));
    if both_linked && parents.0 != parents.1 {
        // It is dropped after the parent's and created with it.
        return;
    }
    // Columns that a link found in both tables stay the child's too, and so does what is declared without them.
    let local = |column: &String, catalog: &Catalog| {
        let path = after.id.path.iter().take(2).chain([column]);
        catalog.get(&Id::new("column", path.cloned())).is_some_and(|column| column.known_flag("local"))
    };
    let unchanged_tables =
        after.known_list("columns").iter().all(|name| local(name, change.from) == local(name, change.to));
    let arrives = !inherited(before) && inherited(after) && !link_stays(after, change.from);
    if both_linked || arrives {
        change.claim("only_inherited");
    } else if change.differs("only_inherited") {
        // The parent's is dropped or created, and would be merged with one of the table's own: this one is created beside it.
        return;
    }
    if !change.claim("local") || !unchanged_tables || !both_linked {
        return;
    }
    let name = identifier(after.id.name());
    if after.flag("local") {
        // The server merges the two.
        change.push_statement(format!("{} ADD CONSTRAINT {name} {}", alter_parent(after), definition(after)));
        return;
    }
    // None of its own can go while the parent's is there.
    let mut origin = after;
    while let Some(parent) = inherited_from(origin, change.to) {
        origin = parent;
    }
    change.push_statement(format!("{} DROP CONSTRAINT {name}", alter_parent(origin)));
    change.push_statement(format!("{} DROP CONSTRAINT {name}", alter_parent(after)));
    change.push_statement(format!("{} ADD CONSTRAINT {name} {}", alter_parent(origin), definition(origin)));
}

fn alter(change: &mut Change) {
    index::alter_settings(change);
    alter_local(change);
    // The last attachment makes it valid.
    if is_incomplete(change.before) {
        change.claim("incomplete");
    }
    let (before, after) = (change.before, change.after);
    if !change.differs("definition") {
        return;
    }
    let (old, new) = (before.text("definition").unwrap_or_default(), after.text("definition").unwrap_or_default());
    if before.known_text("type") != after.known_text("type") {
        return;
    }
    let is_local = before.flag("local") || after.flag("local");
    if inherited(before) && inherited(after) && inherited_from(after, change.to).is_some() && !is_local {
        // The parent's is changed or replaced, and this one with it.
        change.claim("definition");
        return;
    }
    let ((old_base, old_state), (new_base, new_state)) = (base_and_state(old), base_and_state(new));
    if old_base != new_base {
        return;
    }
    let name = identifier(after.id.name());
    let has = |state: &str, word: &str| state.contains(word);
    let deferral_differs = has(old_state, "DEFERR") != has(new_state, "DEFERR")
        || has(old_state, " DEFERRABLE") != has(new_state, " DEFERRABLE")
        || has(old_state, "INITIALLY") != has(new_state, "INITIALLY");
    let enforcement_differs = has(old_state, "NOT ENFORCED") != has(new_state, "NOT ENFORCED");
    let foreign = after.known_text("type") == Some("f");
    let loses_validity = !has(old_state, "NOT VALID") && has(new_state, "NOT VALID") && !has(old_state, "NOT ENFORCED");
    if (deferral_differs || enforcement_differs) && !foreign || loses_validity {
        return;
    }
    change.claim("definition");
    let alter = alter_parent(after);
    if deferral_differs {
        let deferral = match (has(new_state, " DEFERRABLE"), has(new_state, "INITIALLY")) {
            (true, true) => "DEFERRABLE INITIALLY DEFERRED",
            (true, false) => "DEFERRABLE INITIALLY IMMEDIATE",
            _ => "NOT DEFERRABLE",
        };
        change.push_statement(format!("{alter} ALTER CONSTRAINT {name} {deferral}"));
    }
    if enforcement_differs {
        let word = if has(new_state, "NOT ENFORCED") { "NOT ENFORCED" } else { "ENFORCED" };
        change.push_statement(format!("{alter} ALTER CONSTRAINT {name} {word}"));
    }
    if has(old_state, "NOT VALID") && !has(new_state, "NOT VALID") && !has(new_state, "NOT ENFORCED") {
        change.push_statement(format!("{alter} VALIDATE CONSTRAINT {name}"));
        change.risk(Risk::MayFail(violates(after)));
    }
}

fn risks(object: &Object, from: &Catalog, _: &Catalog) -> Vec<Risk> {
    let table_is_new = object.parent.as_ref().is_none_or(|table: &Id| !from.contains(table));
    let was_there = from.get(&object.id).is_some_and(|before| holds_alike(before, object));
    if table_is_new || was_there || inherited(object) || unchecked(object) {
        return Vec::new();
    }
    let table = object.parent.as_ref().map(Id::to_string).unwrap_or_default();
    let locks = match object.known_text("type") {
        // Of both tables; the other one may be the same.
        Some("f") => {
            let others =
                object.depends_on.iter().filter(|id| id.kind == "table" && Some(*id) != object.parent.as_ref());
            let all: Vec<String> = std::iter::once(table).chain(others.map(Id::to_string)).collect();
            format!("writes to {} wait while the rows are checked", all.join(" and "))
        }
        Some("c") => format!("reads and writes of {table} wait while its rows are checked"),
        _ => format!("reads and writes of {table} wait while {} is built", object.id),
    };
    vec![Risk::MayFail(violates(object)), Risk::Locks(locks)]
}

fn violates(object: &Object) -> String {
    let table = object.parent.as_ref().map(Id::to_string).unwrap_or_default();
    format!("existing rows of {table} may violate {} {}", word(object), identifier(object.id.name()))
}

fn word(object: &Object) -> &'static str {
    match object.known_text("type") {
        Some("p") => "primary key",
        Some("u") => "unique constraint",
        Some("f") => "foreign key",
        Some("c") => "check",
        _ => "constraint",
    }
}

/// Do rows that meet the one meet the other too? Foreign keys may differ in what they do.
fn holds_alike(before: &Object, after: &Object) -> bool {
    let reference = |object: &Object| {
        let definition = object.text("definition").unwrap_or_default().to_owned();
        let ends = [" ON UPDATE ", " ON DELETE ", " DEFERRABLE", " NOT VALID", " NOT ENFORCED"];
        let end = ends.into_iter().filter_map(|end| definition.find(end)).min();
        definition[..end.unwrap_or(definition.len())].to_owned()
    };
    let are_foreign = [before, after].iter().all(|object| object.known_text("type") == Some("f"));
    before.properties == after.properties || are_foreign && !unchecked(before) && reference(before) == reference(after)
}
