//! Publications. The tables and schemas that they name are objects that live in them; one that names only what is in
//! schemas that nobody asked for is another's.

use crate::database::postgres::kinds::address::{address, drop_by_address, rename_by_address};
use crate::database::postgres::kinds::{QueryContext, publication_schema, publication_table};
use crate::schema::Object;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;

pub static KIND: Kind = Kind {
    name: "publication",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let generated =
        if asked.version >= 180_000 { "CASE p.pubgencols WHEN 's' THEN 'stored' END" } else { "NULL::text" };
    format!(
        "SELECT 'pg_publication'::regclass::oid AS _class, p.oid AS _oid, ARRAY[p.pubname::text] AS _path,
                p.puballtables AS all_tables, p.pubviaroot AS via_root, {generated} AS generated_columns,
                concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                    CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS publish
         FROM pg_publication p
              CROSS JOIN LATERAL (SELECT bool_or({}) AS ours FROM ({}) x JOIN pg_namespace n ON n.oid = x.oid) members
         WHERE coalesce(members.ours, true) AND {}",
        asked.schema("n.nspname"),
        MEMBERS.replace("{schemas}", if asked.version >= 150_000 { SCHEMAS } else { "" }),
        asked.own("pg_publication", "p.oid"),
    )
}

/// The schemas of what a publication names; whole schemas came with PostgreSQL 15.
const MEMBERS: &str = "SELECT c.relnamespace AS oid FROM pg_publication_rel r JOIN pg_class c ON c.oid = r.prrelid WHERE r.prpubid = p.oid {schemas}";
const SCHEMAS: &str = "UNION ALL SELECT s.pnnspid FROM pg_publication_namespace s WHERE s.pnpubid = p.oid";

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut text = format!("CREATE {}", address(object));
    // PostgreSQL 14 takes the word TABLE only once.
    let tables = creation.inline_in(&object.id).filter(|part| part.id.kind == "publication table");
    let tables: Vec<String> = tables.map(publication_table::member).collect();
    let schemas = creation.inline_in(&object.id).filter(|part| part.id.kind == "publication schema");
    let members: Vec<String> = (!tables.is_empty())
        .then(|| format!("TABLE {}", tables.join(", ")))
        .into_iter()
        .chain(schemas.map(publication_schema::member))
        .collect();
    if object.flag("all_tables") {
        text.push_str(" FOR ALL TABLES");
    } else if !members.is_empty() {
        text.push_str(&format!(" FOR {}", members.join(", ")));
    }
    let options: Vec<String> = ["publish", "via_root", "generated_columns"]
        .into_iter()
        .filter(|property| object.properties.contains_key(property))
        .filter(|property| *property != "publish" || object.text("publish") != Some(EVERYTHING))
        .map(|property| option(object, property))
        .collect();
    if !options.is_empty() {
        text.push_str(&format!(" WITH ({})", options.join(", ")));
    }
    vec![Statement::new(text, &object.id)]
}

const EVERYTHING: &str = "insert, update, delete, truncate";

fn alter(change: &mut Change) {
    if change.differs("all_tables") {
        return;
    }
    let options =
        ["publish", "via_root", "generated_columns"].map(|property| change.claim(property).then_some(property));
    let options: Vec<String> = options.into_iter().flatten().map(|property| option(change.after, property)).collect();
    change.push_statement(format!("ALTER {} SET ({})", address(change.after), options.join(", ")));
}

fn option(object: &Object, property: &str) -> String {
    match property {
        "publish" => format!("publish = '{}'", object.text("publish").unwrap_or_default()),
        "via_root" => format!("publish_via_partition_root = {}", object.flag("via_root")),
        _ => format!("publish_generated_columns = {}", object.text("generated_columns").unwrap_or("none")),
    }
}
