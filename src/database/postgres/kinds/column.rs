//! Columns of tables. A default is an object of its own, so that what it calls can come and go around it.

use super::{Asked, options};
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Object};
use crate::schema::change::{Change, Effect};
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "column",
    create: |creation| {
        let action = format!("ADD COLUMN {}", definition(creation.object, creation));
        let alter = alter_parent(creation.object);
        vec![Statement::action(&alter, &action, &creation.object.id)]
    },
    drop: |object, _| {
        let action = format!("DROP COLUMN {}", identifier(object.id.name()));
        vec![Statement::action(&alter_parent(object), &action, &object.id)]
    },
    alter,
    inline: |_, _| true,
    holds_data: |object, _| object.text("generated").is_none(),
    // PostgreSQL refuses to give a column another type that a generated column reads.
    steps_aside: |object| object.text("generated").is_some(),
    rename: Some(|object, name, _| {
        let (old, new) = (identifier(object.id.name()), identifier(name));
        vec![Statement::new(format!("{} RENAME COLUMN {old} TO {new}", alter_parent(object)), &object.id)]
    }),
    settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    let statistics = if asked.version >= 170_000 {
        "a.attstattarget::text"
    } else {
        "CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END"
    };
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, a.attnum::int4 AS _sub, a.attnum::int4 AS _place,
                'pg_attrdef'::regclass::oid AS _also_class, d.oid AS _also_oid,
                ARRAY[n.nspname, c.relname, a.attname]::text[] AS _path,
                'table' AS _parent_kind, ARRAY[n.nspname, c.relname]::text[] AS _parent,
                format_type(a.atttypid, a.atttypmod) AS type,
                CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format('%I.%I', cn.nspname, co.collname)
                    FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace WHERE co.oid = a.attcollation) END AS collation,
                a.attnotnull AS not_null,
                CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
                a.attgenerated = 'v' AS virtual,
                CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity,
                CASE WHEN s.seqrelid IS NOT NULL THEN format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s',
                    s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END) END AS identity_options,
                CASE WHEN s.seqrelid IS NOT NULL THEN (SELECT format('%I.%I', sn.nspname, sc.relname) FROM pg_class sc JOIN pg_namespace sn ON sn.oid = sc.relnamespace WHERE sc.oid = s.seqrelid) END AS _known_sequence,
                CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END AS storage,
                CASE t.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END AS _known_storage,
                CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
                {statistics} AS statistics,
                -- PostgreSQL 15.20 keeps a counter of its own there.
                ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE o NOT LIKE 'pg\\_attver=%' ORDER BY 1) AS options
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_type t ON t.oid = a.atttypid
              LEFT JOIN pg_attrdef d ON a.attgenerated <> '' AND d.adrelid = a.attrelid AND d.adnum = a.attnum
              LEFT JOIN pg_depend sd ON a.attidentity <> '' AND sd.refclassid = 'pg_class'::regclass AND sd.refobjid = c.oid
                        AND sd.refobjsubid = a.attnum AND sd.classid = 'pg_class'::regclass AND sd.deptype = 'i'
              LEFT JOIN pg_sequence s ON s.seqrelid = sd.objid
         WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND (a.attislocal OR a.attinhcount = 0) AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

/// Returns the column as it stands in CREATE TABLE or ADD COLUMN.
pub fn definition(column: &Object, creation: &Creation) -> String {
    let mut text = format!("{} {}", identifier(column.id.name()), column.text("type").unwrap_or_default());
    if let Some(method) = column.text("compression") {
        text.push_str(&format!(" COMPRESSION {method}"));
    }
    if let Some(collation) = column.text("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    let default = creation.inline_in(&column.id).filter(|child| child.id.kind == "default");
    if let Some(default) = default.filter_map(|child| child.text("definition")).next() {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if let Some(expression) = column.text("generated") {
        let kind = if column.flag("virtual") { "VIRTUAL" } else { "STORED" };
        text.push_str(&format!(" GENERATED ALWAYS AS ({expression}) {kind}"));
    }
    if let Some(identity) = column.text("identity") {
        text.push_str(&format!(" GENERATED {identity} AS IDENTITY{}", sequence_options(column)));
    }
    if column.flag("not_null") {
        text.push_str(" NOT NULL");
    }
    text
}

fn sequence_options(column: &Object) -> String {
    let options = column.text("identity_options").unwrap_or_default();
    let default = format!("START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE {} CACHE 1 NO CYCLE", largest(column));
    let chosen = format!("{}_{}_seq", column.parent.as_ref().map_or("", |table| table.name()), column.id.name());
    let path = column.parent.iter().flat_map(|table| table.path.first().cloned()).chain([chosen]).collect::<Vec<_>>();
    let name = column.known_text("sequence").filter(|name| *name != crate::sql::quote::qualified(&path));
    let name = name.map(|name| format!("SEQUENCE NAME {name} ")).unwrap_or_default();
    let options = if options == default { "" } else { options };
    let inside = format!("{name}{options}");
    if inside.is_empty() { inside } else { format!(" ({})", inside.trim_end()) }
}

fn largest(column: &Object) -> &'static str {
    match column.text("type") {
        Some("smallint") => "32767",
        Some("integer") => "2147483647",
        _ => "9223372036854775807",
    }
}

/// Says what CREATE TABLE and ADD COLUMN can't.
fn settle(column: &Object, _from: &Catalog, _to: &Catalog) -> Vec<Statement> {
    let mut settings = Vec::new();
    if let Some(storage) = column.text("storage") {
        settings.push(format!("SET STORAGE {storage}"));
    }
    if let Some(target) = column.text("statistics") {
        settings.push(format!("SET STATISTICS {target}"));
    }
    settings.extend(options::set_and_reset(&[], column.list("options")));
    let name = identifier(column.id.name());
    let alter = |setting: String| Statement::action(&alter_parent(column), &format!("ALTER COLUMN {name} {setting}"), &column.id);
    settings.into_iter().map(alter).collect()
}

fn alter(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    if change.differs("generated") && (after.text("generated").is_some() || before.flag("virtual")) || change.differs("virtual") {
        // Dropped and added; where that would lose values the planner refuses.
        return;
    }
    let alter = alter_parent(after);
    let name = identifier(after.id.name());
    let say = |change: &mut Change, action: &str| change.say_action(&alter, &format!("ALTER COLUMN {name} {action}"));
    if change.claim("generated") {
        say(change, "DROP EXPRESSION");
    }
    if change.differs("identity") && after.text("identity").is_none() {
        change.claim("identity");
        change.claim("identity_options");
        say(change, "DROP IDENTITY");
    }
    let (retyped, collated) = (change.claim("type"), change.claim("collation"));
    if retyped || collated {
        let type_name = after.text("type").unwrap_or_default();
        let collation = after.text("collation").map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        let base = |object: &Object| object.text("type").unwrap_or_default().split('(').next().unwrap_or_default().to_owned();
        let resized = base(before) == base(after);
        let using = if resized { String::new() } else { format!(" USING {name}::{}{type_name}", through(before, after)) };
        say(change, &format!("TYPE {type_name}{collation}{using}"));
        if resized && retyped {
            change.affects(Effect::Resized);
        } else {
            change.affects(Effect::Rewritten);
            change.risk(Risk::RewritesTable(format!("{} is given another type", after.id)));
        }
        if retyped {
            change.risk(Risk::MayFail(format!("{} must hold values that fit {type_name}", after.id)));
        }
    }
    if change.claim("not_null") {
        let verb = if after.flag("not_null") { "SET" } else { "DROP" };
        say(change, &format!("{verb} NOT NULL"));
        if after.flag("not_null") {
            change.risk(Risk::MayFail(format!("{} becomes NOT NULL, so it fails where it holds nulls", after.id)));
        }
    }
    let (identity, options_differ) = (change.claim("identity"), change.claim("identity_options"));
    if identity && before.text("identity").is_none() {
        let kind = after.text("identity").unwrap_or_default();
        say(change, &format!("ADD GENERATED {kind} AS IDENTITY{}", sequence_options(after)));
    } else if identity || options_differ {
        if identity {
            say(change, &format!("SET GENERATED {}", after.text("identity").unwrap_or_default()));
        }
        if options_differ {
            let options = after.text("identity_options").unwrap_or_default();
            let set: Vec<String> = split_options(options).map(|option| format!("SET {option}")).collect();
            say(change, &set.join(" "));
        }
    }
    if change.claim("storage") {
        let storage = after.text("storage").or(after.known_text("storage")).unwrap_or("EXTENDED");
        say(change, &format!("SET STORAGE {storage}"));
    }
    if change.claim("compression") {
        say(change, &format!("SET COMPRESSION {}", after.text("compression").unwrap_or("default")));
    }
    if change.claim("statistics") {
        say(change, &format!("SET STATISTICS {}", after.text("statistics").unwrap_or("-1")));
    }
    if change.claim("options") {
        for setting in options::set_and_reset(before.list("options"), after.list("options")) {
            say(change, &setting);
        }
    }
}

/// `START WITH 1 INCREMENT BY 1 … NO CYCLE` into its options.
fn split_options(options: &str) -> impl Iterator<Item = &str> {
    let starts: Vec<usize> = ["START WITH", "INCREMENT BY", "MINVALUE", "MAXVALUE", "CACHE", "NO CYCLE", "CYCLE"]
        .iter()
        .filter_map(|word| options.find(word))
        .collect();
    let mut starts: Vec<usize> = starts.into_iter().filter(|&at| !options[..at].ends_with("NO ")).collect();
    starts.sort_unstable();
    starts.push(options.len());
    let pieces: Vec<&str> = starts.windows(2).map(|pair| options[pair[0]..pair[1]].trim()).collect();
    pieces.into_iter()
}

/// What a value goes through where there is no cast from one type to the other.
fn through(before: &Object, after: &Object) -> &'static str {
    let known = |object: &Object| {
        let written = object.text("type").unwrap_or_default();
        !written.contains('.') && !matches!(written, "jsonb" | "json" | "uuid" | "boolean")
    };
    match (before.text("type"), after.text("type")) {
        (Some("boolean"), Some("integer")) | (Some("integer"), Some("boolean")) => "",
        _ if known(before) && known(after) => "",
        (_, Some(after)) if after.ends_with("[]") => "text::",
        _ => "text::",
    }
}

/// Returns the beginning of an ALTER of the table in which `object` lives.
fn alter_parent(object: &Object) -> String {
    format!("ALTER TABLE {}", object.parent.as_ref().map(|parent| crate::sql::quote::qualified(&parent.path)).unwrap_or_default())
}
