//! Sequences. One that a column owns dies with the column; a serial's is written as such. An identity's sequence is a
//! part of its column.

use crate::database::postgres::kinds::address::drop_by_address;
use crate::database::postgres::kinds::column::default_of;
use crate::database::postgres::kinds::{QueryContext, privilege, recreate_table};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::Syntax;
use crate::sql::quote::{identifier, literal, qualified};

pub static KIND: Kind = Kind {
    name: "sequence",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER SEQUENCE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    recreate: Some(recreate_table::SEQUENCE),
    inline: |sequence, catalog, _| serial_type(sequence, catalog).is_some(),
    claimed_names: |object| vec![format!("relation {}", qualified(&object.id.path))],
    after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    // `o` is the column that owns the sequence: an auto dependency on it (OWNED BY, serial). LIMIT 1 keeps one row for each
    // sequence whatever pg_depend holds. An internal dependency on a column is that of an identity, whose sequence is a
    // part of the column: those are left out. Source: manual, "pg_depend".
    //
    // A bound or start is a property only if it differs from the default for the type and direction, which
    // `init_params` in sequence.c chooses: otherwise the same sequence would compare unequal after a change of type.
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                CASE WHEN o.attname IS NOT NULL THEN 'column' END AS _parent_kind, o.path AS _parent,
                CASE WHEN o.path IS NOT NULL THEN format('%I.%I.%I', o.path[1], o.path[2], o.path[3]) END AS owned_by,
                CASE WHEN q.seqtypid <> 20 THEN format_type(q.seqtypid, NULL) END AS type,
                CASE WHEN q.seqstart <> CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END THEN q.seqstart::text END AS start,
                CASE WHEN q.seqincrement <> 1 THEN q.seqincrement::text END AS increment,
                CASE WHEN q.seqmin <> CASE WHEN q.seqincrement > 0 THEN 1 ELSE {LEAST} END THEN q.seqmin::text END AS minimum,
                CASE WHEN q.seqmax <> CASE WHEN q.seqincrement < 0 THEN -1 ELSE {GREATEST} END THEN q.seqmax::text END AS maximum,
                CASE WHEN q.seqcache <> 1 THEN q.seqcache::text END AS cache, q.seqcycle AS cycle,
                c.relpersistence = 'u' AS unlogged,
                CASE WHEN q.seqincrement > 0 THEN q.seqmin ELSE q.seqmax END::text AS _known_first,
                q.seqmin::text AS _known_least, q.seqmax::text AS _known_greatest
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence q ON q.seqrelid = c.oid
              LEFT JOIN LATERAL (SELECT a.attname, ARRAY[tn.nspname, t.relname, a.attname]::text[] AS path
                    FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
                         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'a'
                          AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND t.relkind IN ('r', 'p') LIMIT 1) o ON true
         WHERE c.relkind = 'S' AND {} AND {} AND {}
               AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid AND i.deptype = 'i' AND i.refobjsubid > 0)",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

const LEAST: &str = "CASE q.seqtypid WHEN 21 THEN -32768 WHEN 23 THEN -2147483648 ELSE -9223372036854775808 END";
const GREATEST: &str = "CASE q.seqtypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 ELSE 9223372036854775807 END";

/// Returns `serial`, `bigserial` or `smallserial` when that word makes exactly this sequence, its column and the default.
pub fn serial_type(sequence: &Object, catalog: &Catalog) -> Option<&'static str> {
    let column = catalog.get(sequence.parent.as_ref()?)?;
    let table = catalog.get(column.parent.as_ref()?)?;
    let (serial, sequence_type) = match column.text("type")? {
        "integer" => ("serial", Some("integer")),
        "bigint" => ("bigserial", None),
        "smallint" => ("smallserial", Some("smallint")),
        _ => return None,
    };
    let name = format!("{}_{}_seq", table.id.name(), column.id.name());
    let same_schema = sequence.id.path.first() == table.id.path.first();
    let plain = ["start", "increment", "minimum", "maximum", "cache", "cycle"]
        .iter()
        .all(|name| !sequence.properties.contains_key(name));
    let of_table = sequence.flag("unlogged") == table.flag("unlogged")
        || !sequence.flag("unlogged") && !table.known_flag("since_15");
    // A name that long would be cut short by the server in its own way.
    let is_serial = sequence.id.name() == name
        && name.len() < 63
        && same_schema
        && plain
        && of_table
        && sequence.text("type") == sequence_type
        && column.flag("not_null")
        && column.text("collation").is_none()
        && column.text("compression").is_none()
        && default_of(column, catalog).and_then(|default| default.text("definition")) == Some(&next(sequence))
        // Its default would be needed before the sequence is there.
        && !column.known_flag("inherited");
    is_serial.then_some(serial)
}

/// Returns a statement that lets the sequence (an expression of its name) go on behind the values that the column has.
pub fn go_on_behind(sequence: &str, column: &str, table: &str) -> String {
    format!("SELECT pg_catalog.setval({sequence}, pg_catalog.max({column})) FROM {table} HAVING max({column}) > 0")
}

/// Returns the options that lead from one list to another, those that are gone set back.
pub fn changed_options(old: &[String], new: &[String]) -> Vec<String> {
    let word = |option: &String| option.split(' ').next().unwrap_or_default().to_owned();
    let gone = old.iter().map(word).filter(|name| !new.iter().any(|option| word(option) == *name));
    let set_back = gone.filter(|name| name != "START").map(|name| match name.as_str() {
        "INCREMENT" => "INCREMENT BY 1".to_owned(),
        "CACHE" => "CACHE 1".to_owned(),
        name => format!("NO {name}"),
    });
    let set = new.iter().filter(|option| !old.contains(option) && word(option) != "START").cloned();
    // Bounds are stored too, and turn round with the direction.
    let turns = descends(old) != descends(new);
    let says = |name: &str| [old, new].iter().any(|options| options.iter().any(|option| word(option) == name));
    let bounds =
        ["MINVALUE", "MAXVALUE"].into_iter().filter(|name| turns && !says(name)).map(|name| format!("NO {name}"));
    // The first value is stored, so it is said again when what it is derived from has changed.
    let start = (start_of(old) != start_of(new)).then(|| format!("START WITH {}", start_of(new)));
    set_back.chain(bounds).chain(set).chain(start).collect()
}

fn descends(options: &[String]) -> bool {
    options.iter().any(|option| option.starts_with("INCREMENT BY -"))
}

/// Returns the first value of a sequence with these options.
fn start_of(options: &[String]) -> &str {
    let value = |words: &str| options.iter().find_map(|option| option.strip_prefix(words)?.strip_prefix(' '));
    let (bound, usual) = if descends(options) { ("MAXVALUE", "-1") } else { ("MINVALUE", "1") };
    value("START WITH").or(value(bound)).unwrap_or(usual)
}

fn next(sequence: &Object) -> String {
    format!("nextval({}::regclass)", literal(&qualified(&sequence.id.path), Syntax::Postgres))
}

fn create(creation: &Creation) -> Vec<Statement> {
    let sequence = creation.object;
    let unlogged = if sequence.flag("unlogged") { "UNLOGGED " } else { "" };
    let mut text = format!("CREATE {unlogged}SEQUENCE {}", qualified(&sequence.id.path));
    if let Some(kind) = sequence.text("type") {
        text.push_str(&format!(" AS {kind}"));
    }
    for option in options(sequence) {
        text.push_str(&format!(" {option}"));
    }
    if let Some(owner) = sequence.text("owned_by") {
        text.push_str(&format!(" OWNED BY {owner}"));
    }
    vec![Statement::new(text, &sequence.id)]
}

const OPTIONS: [(&str, &str, &str); 5] = [
    ("increment", "INCREMENT BY", "INCREMENT BY 1"),
    ("minimum", "MINVALUE", "NO MINVALUE"),
    ("maximum", "MAXVALUE", "NO MAXVALUE"),
    ("start", "START WITH", ""),
    ("cache", "CACHE", "CACHE 1"),
];

fn options(sequence: &Object) -> Vec<String> {
    let valued = OPTIONS.iter().filter_map(|(name, words, _)| Some(format!("{words} {}", sequence.text(name)?)));
    valued.chain(sequence.flag("cycle").then(|| "CYCLE".to_owned())).collect()
}

fn alter(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    let name = qualified(&after.id.path);
    let mut parts = Vec::new();
    let retyped = change.claim("type");
    if retyped {
        parts.push(format!("AS {}", after.text("type").unwrap_or("bigint")));
    }
    let turns = descends(&options(before)) != descends(&options(after));
    for (option, words, reset) in OPTIONS {
        let is_bound = option == "minimum" || option == "maximum";
        let differs = change.claim(option);
        // The first value is stored, so it is said again when what it is derived from has changed.
        let derived = option == "start" && before.known_text("first") != after.known_text("first");
        match after.text(option) {
            Some(value) if differs || derived => parts.push(format!("{words} {value}")),
            None if option == "start" && (differs || derived) => {
                parts.push(format!("START WITH {}", after.known_text("first").unwrap_or("1")));
            }
            // Bounds are stored too, and turn round with the direction.
            None if differs || turns && is_bound => parts.push(reset.to_owned()),
            _ => {}
        }
    }
    if change.claim("cycle") {
        parts.push(if after.flag("cycle") { "CYCLE".to_owned() } else { "NO CYCLE".to_owned() });
    }
    let number = |object: &Object, fact: &str| object.known_text(fact)?.parse::<i64>().ok();
    let bounds = |object: &Object| number(object, "least").zip(number(object, "greatest"));
    if let (Some(old), Some(new)) = (bounds(before), bounds(after)) {
        let said = (change.differs("minimum"), change.differs("maximum"));
        match into_bounds(&name, old, new, said, &options(after)) {
            Some(statements) => statements.into_iter().for_each(|text| change.push_statement(text)),
            None => parts.push("RESTART".to_owned()),
        }
    }
    if !parts.is_empty() {
        change.push_statement(format!("ALTER SEQUENCE {name} {}", parts.join(" ")));
    }
    if change.claim("unlogged") {
        change.push_statement(format!(
            "ALTER SEQUENCE {name} SET {}",
            if after.flag("unlogged") { "UNLOGGED" } else { "LOGGED" }
        ));
    }
    if change.claim("owned_by") {
        change.push_statement(format!("ALTER SEQUENCE {name} OWNED BY {}", after.text("owned_by").unwrap_or("NONE")));
    }
}

/// Returns what brings the place where a sequence is into new bounds, as far as these are `said` newly: PostgreSQL refuses
/// them otherwise. None if the old bounds have no such place.
pub fn into_bounds(
    name: &str,
    (old_least, old_greatest): (i64, i64),
    (least, greatest): (i64, i64),
    (least_said, greatest_said): (bool, bool),
    options: &[String],
) -> Option<Vec<String>> {
    if least > old_greatest || greatest < old_least {
        return None;
    }
    let descends = descends(options);
    let start = start_of(options).parse::<i64>().unwrap_or(least).clamp(least, greatest).clamp(old_least, old_greatest);
    let quoted = literal(name, Syntax::Postgres);
    // What is before the first value starts again; what is behind the last one has come to its end.
    let set = |value: i64, called: bool, beyond: String| {
        format!("SELECT pg_catalog.setval({quoted}, {value}, {called}) FROM {name} WHERE last_value {beyond}")
    };
    let mut statements = Vec::new();
    if least > old_least && least_said {
        statements.push(set(if descends { least } else { start }, descends, format!("< {least}")));
    }
    if greatest < old_greatest && greatest_said {
        statements.push(set(if descends { start } else { greatest }, !descends, format!("> {greatest}")));
    }
    Some(statements)
}

/// A sequence that a filled column gets continues behind the column's values.
fn after_create(sequence: &Object, from: &Catalog, to: &Catalog) -> Vec<Statement> {
    let mut statements = privilege::after_create(sequence, from, to);
    statements.extend(go_on(sequence, from).map(|text| Statement::new(text, &sequence.id)));
    statements
}

/// Returns the statement that lets a new sequence go on behind the values that its column has in this catalog.
pub fn go_on(sequence: &Object, from: &Catalog) -> Option<String> {
    let numeric = |column: &&Object| matches!(column.text("type"), Some("integer" | "bigint" | "smallint"));
    let column = sequence.parent.as_ref().and_then(|id| from.get(id)).filter(numeric)?;
    let table = column.parent.as_ref().map(|table: &Id| qualified(&table.path)).unwrap_or_default();
    let name = literal(&qualified(&sequence.id.path), Syntax::Postgres);
    Some(go_on_behind(&name, &identifier(column.id.name()), &table))
}
