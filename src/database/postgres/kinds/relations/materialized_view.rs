//! Materialized views. Their rows can be recomputed, so they may be dropped and created again.

use crate::database::postgres::kinds::address::{depends_on_extensions, drop_by_address, rename_by_address};
use crate::database::postgres::kinds::{QueryContext, options, privilege, view};
use crate::database::postgres::trust;
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "materialized view",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    drop_during_rewrite: |_| true,
    claimed_names: view::claimed_names,
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                {definition} AS definition, {columns} AS _known_columns, c.reloptions || t.reloptions AS options, nullif(m.amname, 'heap')::text AS method,
                s.spcname::text AS tablespace, NOT c.relispopulated AS unpopulated,
                ARRAY(SELECT format('ALTER COLUMN %I %s', a.attname, x.setting) FROM pg_attribute a
                      JOIN pg_type y ON y.oid = a.atttypid
                      CROSS JOIN LATERAL (VALUES
                        ('SET STATISTICS ' || nullif(a.attstattarget, -1)),
                        ('SET STORAGE ' || CASE WHEN a.attstorage <> y.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END END),
                        ('SET COMPRESSION ' || CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END)) x (setting)
                      WHERE a.attrelid = c.oid AND a.attnum > 0 AND x.setting IS NOT NULL ORDER BY a.attnum, x.setting) AS settings,
                ARRAY(SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'x' ORDER BY 1) AS extensions, {since_15} AS _known_since_15, {stranger} AS _known_stranger
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am m ON m.oid = c.relam
              LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
              LEFT JOIN LATERAL (SELECT array_agg('toast.' || o ORDER BY i) AS reloptions
                                 FROM pg_class tc, unnest(tc.reloptions) WITH ORDINALITY u (o, i) WHERE tc.oid = c.reltoastrelid) t ON true
         WHERE c.relkind = 'm' AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
        definition = view::DEFINITION,
        columns = view::COLUMNS,
        since_15 = asked.version >= 150_000,
        // To make one is to run its query.
        stranger = trust::stranger("c.relowner", "true"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let name = qualified(&object.id.path);
    let method = object.text("method").map(|method| format!(" USING {}", identifier(method))).unwrap_or_default();
    let place = object.text("tablespace").map(|space| format!(" TABLESPACE {}", identifier(space))).unwrap_or_default();
    let with = options::with(object.list("options"));
    let filled = if object.flag("unpopulated") { "\nWITH NO DATA" } else { "" };
    let (columns, query) = view::columns_and_query(object);
    let text = format!("CREATE MATERIALIZED VIEW {name}{columns}{method}{with}{place} AS\n{query}{filled}");
    let mut statements = vec![Statement::new(text, &object.id)];
    for setting in object.list("settings") {
        statements.push(Statement::action(&format!("ALTER MATERIALIZED VIEW {name}"), setting, &object.id));
    }
    statements.extend(depends_on_extensions(object, &[], object.list("extensions")));
    statements
}

fn alter(change: &mut Change) {
    // The settings of columns go back to their defaults only with the view itself.
    let (old, new) = (change.before.list("settings"), change.after.list("settings"));
    let whole = ["definition"].iter().any(|property| change.differs(property))
        || old.iter().any(|setting| !new.contains(setting));
    if whole {
        return;
    }
    let alter = format!("ALTER MATERIALIZED VIEW {}", qualified(&change.after.id.path));
    if change.claim("settings") {
        for setting in new.iter().filter(|setting| !old.contains(setting)) {
            change.push_action(&alter, setting);
        }
    }
    if change.claim("options") {
        for action in options::set_and_reset_in_order(change.before.list("options"), change.after.list("options")) {
            change.push_action(&alter, &action);
        }
    }
    // PostgreSQL 14 can't change it.
    if change.after.known_flag("since_15") && change.claim("method") {
        change.push_statement(format!(
            "{alter} SET ACCESS METHOD {}",
            identifier(change.after.text("method").unwrap_or("heap"))
        ));
    }
    if change.claim("tablespace") {
        let place = identifier(change.after.text("tablespace").unwrap_or("pg_default"));
        change.push_statement(format!("{alter} SET TABLESPACE {place}"));
    }
    if change.claim("extensions") {
        let more =
            depends_on_extensions(change.after, change.before.list("extensions"), change.after.list("extensions"));
        change.statements.extend(more);
    }
    if change.claim("unpopulated") {
        let filled = if change.after.flag("unpopulated") { " WITH NO DATA" } else { "" };
        change.push_statement(format!("REFRESH MATERIALIZED VIEW {}{filled}", qualified(&change.after.id.path)));
    }
}
