//! Columns of tables. A default is an object of its own, so that what it calls can come and go
//! around it; so is a constraint, though one of a single column may be written in its definition.

use crate::database::postgres::kinds::inherited::{
    agreed, dropped_implicitly, follows, inherited, inherited_from, inheriting, made_by_maker,
};
use crate::database::postgres::kinds::{
    QueryContext, column_cast, constraint, identity, inherited, not_null, options, partition, privilege,
    recreate_table, sequence,
};
use crate::schema::change::{Change, Impact};
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "column",
    create,
    drop_towards: Some(inherited::drop_column),
    alter,
    rename: Some(|object, name, _| {
        let (old, new) = (identifier(object.id.name()), identifier(name));
        vec![Statement::new(format!("{} RENAME COLUMN {old} TO {new}", alter_parent(object)), &object.id)]
    }),
    inline: |_, _, _| true,
    holds_data: |object, _| object.text("generated").is_none(),
    recreate: Some(recreate_table::IDENTITY),
    // PostgreSQL refuses to give a column another type that a generated column reads.
    drop_during_rewrite: |object| object.text("generated").is_some(),
    dropped_implicitly: |object, from, to| {
        dropped_implicitly(object, from, to) || object.known_flag("of_type") && typed(object, to)
    },
    // The sequence of an identity.
    claimed_names: |object| object.known_text("sequence").map(|name| format!("relation {name}")).into_iter().collect(),
    risks,
    after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let version = asked.version;
    let target = if version >= 170_000 {
        "a.attstattarget::text"
    } else {
        "CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END"
    };
    // Storage and collation are properties only if they differ from those of the type, which a new column gets by itself.
    // pg_attrdef also holds plain defaults, which are objects of their own: the join takes a generated column's alone, and
    // gives its address to the column (`_also_oid`), because what the expression needs depends on that row in pg_depend.
    // A dropped column keeps its row in pg_attribute, with `attisdropped`; system columns have numbers below 1.
    // "No statistics target" is -1 before version 17, and null since.
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, a.attnum::int4 AS _sub, a.attnum::int4 AS _place,
                'pg_attrdef'::regclass::oid AS _also_class, ad.oid AS _also_oid,
                ARRAY[n.nspname, c.relname, a.attname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                'column' AS _needs_kind, CASE WHEN m.relname IS NOT NULL THEN ARRAY[m.nspname, m.relname, a.attname]::text[] END AS _needs,
                format_type(a.atttypid, a.atttypmod) AS type,
                CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format('%I.%I', cn.nspname, co.collname)
                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END AS collation,
                a.attnotnull AS not_null, {not_null}
                CASE WHEN a.attgenerated <> '' THEN pg_get_expr(ad.adbin, ad.adrelid) END AS generated, a.attgenerated = 'v' AS virtual,
                {identity}
                CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END AS storage,
                CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
                {target} AS statistics,
                -- PostgreSQL 15.20 keeps a pg_attver of its own there.
                CASE WHEN a.attoptions IS NOT NULL THEN ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\\_attver=%' ORDER BY 1) END AS options,
                a.attinhcount > 0 AND NOT a.attislocal AND NOT c.relispartition AS only_inherited,
                a.attinhcount > 0 AS _known_inherited, a.attislocal AS _known_local,
                CASE WHEN m.relname IS NOT NULL THEN ARRAY[m.nspname, m.relname, a.attname]::text[] END AS _known_maker,
                CASE WHEN m.relname IS NOT NULL THEN ARRAY[m.nspname, m.relname]::text[] END AS _known_maker_table,
                c.reloftype <> 0 AS _known_of_type,
                -- A column of the key, in an expression too, depends on its table.
                CASE WHEN c.relkind = 'p' THEN EXISTS (SELECT FROM pg_depend k WHERE k.classid = 'pg_class'::regclass AND k.objid = c.oid AND k.objsubid = a.attnum
                    AND k.refclassid = 'pg_class'::regclass AND k.refobjid = c.oid AND k.refobjsubid = 0 AND k.deptype = 'i') END AS _known_partition_key,
                {type_facts}, {set_expression} AS _known_set_expression
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_type t ON t.oid = a.atttypid
              LEFT JOIN pg_attrdef ad ON a.attgenerated <> '' AND ad.adrelid = a.attrelid AND ad.adnum = a.attnum
              {inherited_from}
              {identity_join} {not_null_join}
         WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
        identity = identity::COLUMNS,
        identity_join = identity::JOIN,
        not_null = not_null::columns(version),
        not_null_join = not_null::join(version),
        inherited_from = inherited::MAKER,
        type_facts = column_cast::FACTS,
        set_expression = version >= 170_000,
    )
}

/// Returns the beginning of an ALTER of the object's parent.
pub fn alter_parent(object: &Object) -> String {
    object.parent.as_ref().map(|parent| format!("ALTER TABLE {}", qualified(&parent.path))).unwrap_or_default()
}

/// Returns the default of the column.
pub fn default_of<'a>(column: &Object, catalog: &'a Catalog) -> Option<&'a Object> {
    catalog.get(&Id::new("default", column.id.path.iter().cloned()))
}

fn action(object: &Object, action: &str) -> Statement {
    Statement::action(&alter_parent(object), action, &object.id)
}

/// Is the table of the column one OF a composite type, which brings the column?
fn typed(column: &Object, catalog: &Catalog) -> bool {
    column.parent.as_ref().and_then(|table| catalog.get(table)).is_some_and(|table| table.text("of_type").is_some())
}

fn create(creation: &Creation) -> Vec<Statement> {
    let column = creation.object;
    if made_by_maker(column, creation.from) {
        return Vec::new();
    }
    if column.known_flag("of_type") && typed(column, creation.from) {
        // The composite's new attribute brings it.
        let default = creation.inline_in(&column.id).find_map(|child| child.written("definition"));
        let set = default.map(|default| format!("SET DEFAULT {default}"));
        let required = column.flag("not_null").then(|| "SET NOT NULL".to_owned());
        let name = identifier(column.id.name());
        return set
            .into_iter()
            .chain(required)
            .map(|text| action(column, &format!("ALTER COLUMN {name} {text}")))
            .collect();
    }
    vec![action(column, &format!("ADD COLUMN {}", definition(column, creation)))]
}

/// Returns the column as written in CREATE TABLE or ADD COLUMN, with its constraints of one column.
pub fn definition(column: &Object, creation: &Creation) -> String {
    let name = identifier(column.id.name());
    let serial = creation
        .inline_in(&column.id)
        .find(|child| child.id.kind == "sequence")
        .and_then(|owned| sequence::serial_type(owned, creation.catalog));
    let mut text = match serial {
        Some(serial) => format!("{name} {serial}"),
        None => format!("{name} {}", column.text("type").unwrap_or_default()),
    };
    if serial.is_none() {
        text.push_str(&value_clauses(column, creation));
    }
    let constraints: Vec<&Object> = creation
        .inline
        .iter()
        .copied()
        .filter(|object| object.id.kind == "constraint" && object.parent == column.parent)
        .collect();
    let in_primary_key = constraints.iter().any(|key| {
        constraint::is_primary_key(key) && key.known_list("columns").iter().any(|name| name == column.id.name())
    });
    let implied = serial.is_some() || in_primary_key || column.text("identity").is_some();
    text.push_str(&not_null::clause(column, implied, creation.recreate));
    for written in constraints.iter().filter_map(|object| constraint::in_column(object, column.id.name())) {
        text.push(' ');
        text.push_str(&written);
    }
    text
}

/// Returns what is between a column's type and its constraints.
fn value_clauses(column: &Object, creation: &Creation) -> String {
    let mut text = String::new();
    if let Some(method) = column.text("compression") {
        text.push_str(&format!(" COMPRESSION {method}"));
    }
    if let Some(collation) = column.text("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(expression) = column.written("generated") {
        let kind = if column.flag("virtual") { "VIRTUAL" } else { "STORED" };
        text.push_str(&format!(" GENERATED ALWAYS AS ({}) {kind}", bare(expression)));
    } else if let Some(identity) = identity::clause(column) {
        text.push_str(&format!(" {identity}"));
    } else if let Some(default) = creation
        .inline_in(&column.id)
        .filter(|child| child.id.kind == "default")
        .find_map(|child| child.written("definition"))
    {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    text
}

/// Returns what a typed table or a child writes for a column that it does not make: its default.
pub fn override_of(column: &Object, creation: &Creation) -> Option<String> {
    let clauses = value_clauses(column, creation);
    let not_null = not_null::clause(column, false, creation.recreate);
    (!clauses.is_empty() || !not_null.is_empty())
        .then(|| format!("{} WITH OPTIONS{clauses}{not_null}", identifier(column.id.name())))
}

/// Takes away one pair of brackets that the server puts around a whole expression.
fn bare(expression: &str) -> &str {
    let Some(inner) = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else { return expression };
    let tokens = crate::sql::token::tokens(inner, crate::sql::Syntax::Postgres);
    let mut depth = 0i32;
    for token in tokens {
        depth += i32::from(token.is_mark(inner, '(')) - i32::from(token.is_mark(inner, ')'));
        if depth < 0 {
            return expression;
        }
    }
    inner
}

/// Says what neither CREATE TABLE nor ADD COLUMN can on every version, and in what a child's column differs from its
/// parent's.
fn after_create(column: &Object, from: &Catalog, to: &Catalog) -> Vec<Statement> {
    let name = identifier(column.id.name());
    let attached = partition::is_attached_later(inherited::table_path(column), to, from);
    let made = inherited(column) && made_by_maker(column, from) && !attached;
    let inherited_from = if made { inherited_from(column, to) } else { None };
    let differs = |property: &str| match inherited_from {
        Some(inherited_from) => inherited_from.properties.get(property) != column.properties.get(property),
        None => column.properties.contains_key(property),
    };
    // CREATE TABLE of a child says its own columns whole.
    let written = column.known_flag("local") && column.parent.as_ref().is_some_and(|table| !from.contains(table));
    let mut statements = Vec::new();
    if inherited_from.is_some() && !written && column.known_flag("local") {
        statements.extend(inherited::made_local(column));
    }
    let mut say = |text: String| statements.push(action(column, &format!("ALTER COLUMN {name} {text}")));
    if let Some(inherited_from) = inherited_from {
        if default_of(column, to).is_none()
            && default_of(inherited_from, to).is_some()
            && column.text("generated").is_none()
        {
            say("DROP DEFAULT".to_owned());
        }
        let own = column.flag("not_null") && !inherited_from.flag("not_null") && !in_primary_key(column, to);
        if own && !written && !not_null::by_constraint(column) {
            say("SET NOT NULL".to_owned());
        }
        // What a new column has from its parent becomes the child's own besides.
        if !written && not_null::own_besides(column, inherited_from) {
            say("SET NOT NULL".to_owned());
        }
        if differs("compression") {
            say(format!("SET COMPRESSION {}", column.text("compression").unwrap_or("default")));
        }
    }
    let made_not_null = inherited_from.is_some_and(|inherited_from| inherited_from.flag("not_null"));
    // A column's own clause can't say NOT VALID, and an inherited column has none.
    let added = column.flag("not_null_not_valid") || inherited_from.is_some() && !written;
    if not_null::by_constraint(column) && added && !made_not_null {
        statements.push(action(column, &not_null::added(column)));
    }
    let mut say = |text: String| statements.push(action(column, &format!("ALTER COLUMN {name} {text}")));
    if differs("storage") {
        say(format!("SET STORAGE {}", column.text("storage").unwrap_or("EXTENDED")));
    }
    if column.properties.contains_key("statistics") {
        say(format!("SET STATISTICS {}", column.text("statistics").unwrap_or("-1")));
    }
    for setting in options::set_and_reset(&[], column.list("options")) {
        say(setting);
    }
    statements.extend(privilege::settle_identity(column, from, to));
    statements
}

/// Is it a column of its table's primary key?
pub fn in_primary_key(column: &Object, catalog: &Catalog) -> bool {
    let siblings = column.parent.as_ref().map(|table| catalog.children(table)).unwrap_or_default();
    siblings.into_iter().any(|key| {
        constraint::is_primary_key(key) && key.known_list("columns").iter().any(|name| name == column.id.name())
    })
}

fn risks(column: &Object, from: &Catalog, to: &Catalog) -> Vec<Risk> {
    let new_table = column.parent.as_ref().is_none_or(|table| !from.contains(table));
    if new_table || inherited(column) || from.contains(&column.id) {
        return Vec::new();
    }
    let filled =
        column.text("identity").is_some() || column.text("generated").is_some() || default_of(column, to).is_some();
    let mut risks = Vec::new();
    if column.flag("not_null") && !filled {
        risks.push(Risk::MayFail(format!(
            "{} is NOT NULL without a default, so it fails if the table has rows",
            column.id
        )));
    }
    let computed = column.text("identity").is_some() || column.text("generated").is_some() && !column.flag("virtual");
    let volatile = default_of(column, to).is_some_and(|default| default.known_flag("volatile"));
    if computed || volatile {
        risks.push(Risk::RewritesTable(format!("{} is computed for every row", column.id)));
    } else if is_constrained(column, to) {
        risks.push(Risk::RewritesTable(format!("{} is of a domain that is checked for every row", column.id)));
    }
    risks
}

/// Is the column of a domain with constraints, or of one over such?
pub fn is_constrained(object: &Object, catalog: &Catalog) -> bool {
    let domains = object.depends_on.iter().filter(|id| id.kind == "domain").filter_map(|id| catalog.get(id));
    let held = |domain: &&Object| {
        let is_type = |property| object.text(property) == Some(&qualified(&domain.id.path));
        object.id.kind == "domain" || is_type("type")
    };
    domains.filter(held).any(|domain| {
        let checked = catalog.children(&domain.id).into_iter().any(|child| child.id.kind == "domain constraint");
        checked || domain.flag("not_null") || is_constrained(domain, catalog)
    })
}

/// Says an action on a property that the parent's ALTER would carry down: to this table only where the children are to
/// differ.
fn say(change: &mut Change, property: &str, text: &str) {
    let uniform = agreed(change.after, change.to, property);
    let alter = alter_parent(change.after);
    let alter = if uniform { alter } else { alter.replacen("TABLE ", "TABLE ONLY ", 1) };
    change.push_action(&alter, &format!("ALTER COLUMN {} {text}", identifier(change.after.id.name())));
}

fn alter(change: &mut Change) {
    if must_be_replaced(change) {
        return;
    }
    inherited::alter_local(change);
    if change.recreate || change.refusal.is_some() {
        return;
    }
    identity::narrow(change);
    retyped(change);
    expression(change);
    // A column is NOT NULL before it is an identity, and for as long as it is one.
    let (first, then): (fn(&mut Change), fn(&mut Change)) = match change.after.text("identity") {
        Some(_) => (not_null::alter, identity::alter),
        None => (identity::alter, not_null::alter),
    };
    first(change);
    then(change);
    let after = change.after;
    // Another type brings its own storage and the default compression.
    let reset = change.impact == Impact::Rewritten;
    let storage_differs = change.claim("storage") && !follows(change, "storage");
    if storage_differs && !(reset && after.text("storage").is_none()) || reset && after.text("storage").is_some() {
        let storage = after.text("storage").or(change.before.known_text("type_storage")).unwrap_or("EXTENDED");
        say(change, "storage", &format!("SET STORAGE {storage}"));
    }
    if change.claim("compression") || reset && after.text("compression").is_some() {
        say(change, "compression", &format!("SET COMPRESSION {}", after.text("compression").unwrap_or("default")));
    }
    if change.claim("statistics") && !follows(change, "statistics") {
        say(change, "statistics", &format!("SET STATISTICS {}", after.text("statistics").unwrap_or("-1")));
    }
    if change.claim("options") {
        for setting in options::set_and_reset(change.before.list("options"), after.list("options")) {
            say(change, "options", &setting);
        }
    }
}

/// A plain column can't become a generated one, nor can a generated one become virtual or stored; it is dropped and
/// added, which loses a plain column's values.
fn must_be_replaced(change: &mut Change) -> bool {
    let (before, after) = (change.before, change.after);
    let becomes_generated = before.text("generated").is_none() && after.text("generated").is_some();
    let changes_kind = before.text("generated").is_some()
        && (before.flag("virtual") != after.flag("virtual")
            || before.flag("virtual") && after.text("generated").is_none());
    let other_expression = change.differs("generated")
        && after.text("generated").is_some()
        && !(after.known_flag("set_expression") && before.text("generated").is_some());
    let retyped = after.text("generated").is_some() && (change.differs("type") || change.differs("collation"));
    if !(becomes_generated || changes_kind || other_expression || retyped) {
        return false;
    }
    change.replace();
    true
}

fn retyped(change: &mut Change) {
    let (type_differs, collation_differs) = (change.claim("type"), change.claim("collation"));
    if !type_differs && !collation_differs {
        return;
    }
    let (before, after) = (change.before, change.after);
    let way = column_cast::conversion(&identifier(after.id.name()), before, after, change.from, change.to);
    change.affects(way.effect);
    if type_differs && follows(change, "type") || collation_differs && !type_differs && follows(change, "collation") {
        return;
    }
    if before.known_flag("of_type") && after.known_flag("of_type") {
        return;
    }
    // PostgreSQL does not change the type of a column that its table is partitioned by.
    if before.known_flag("partition_key")
        || inheriting(before, change.from).iter().any(|inheritor| inheritor.known_flag("partition_key"))
    {
        way.risks.into_iter().for_each(|risk| change.risk(risk));
        change.recreate();
        return;
    }
    let mut text = format!("TYPE {}", after.text("type").unwrap_or_default());
    if let Some(collation) = after.text("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(using) = &way.using {
        text.push_str(&format!(" USING {using}"));
    }
    way.risks.into_iter().for_each(|risk| change.risk(risk));
    change.push_action(&alter_parent(after), &format!("ALTER COLUMN {} {text}", identifier(after.id.name())));
}

fn expression(change: &mut Change) {
    if !change.claim("generated") {
        return;
    }
    change.claim("virtual");
    if follows(change, "generated") {
        return;
    }
    match change.after.written("generated") {
        Some(expression) => {
            let text = format!("SET EXPRESSION AS ({})", bare(expression));
            say(change, "generated", &text);
            if !change.after.flag("virtual") {
                change.risk(Risk::RewritesTable(format!("{} is computed again for every row", change.after.id)));
            }
        }
        None => say(change, "generated", "DROP EXPRESSION"),
    }
    change.affects(Impact::None);
}
