//! Tables: plain, partitioned, typed, unlogged. That one is a partition or inherits is an object of its own.

use crate::database::postgres::kinds::address::drop_by_address;
use crate::database::postgres::kinds::inherited::{inherited, inherited_from};
use crate::database::postgres::kinds::{
    QueryContext, column, constraint, not_null, options, partition, privilege, recreate_table,
};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::schema::{Catalog, Id, Object};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "table",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER TABLE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    holds_data: |_, _| true,
    recreate: Some(recreate_table::TABLE),
    claimed_names: |object| {
        let name = qualified(&object.id.path);
        vec![format!("relation {name}"), format!("type {name}")]
    },
    after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                c.relpersistence = 'u' AS unlogged,
                CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
                CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
                ARRAY(SELECT o FROM (SELECT unnest(c.reloptions) UNION ALL SELECT 'toast.' || unnest(t.reloptions)) x (o) ORDER BY o) AS options,
                ARRAY(SELECT unnest(c.reloptions) UNION ALL SELECT 'toast.' || unnest(t.reloptions)) AS _known_options,
                c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced,
                CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN 'USING INDEX' END AS replica_identity,
                (SELECT m.amname::text FROM pg_am m WHERE m.oid = c.relam AND m.amname <> current_setting('default_table_access_method')) AS access_method,
                (SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = c.reltablespace) AS tablespace,
                CASE WHEN pg_get_userbyid(c.relowner) <> current_user THEN pg_get_userbyid(c.relowner)::text END AS _known_owner,
                c.relhassubclass AS _known_has_children, {} AS _known_since_15
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
         WHERE c.relkind IN ('r', 'p') AND {} AND {} AND {}",
        asked.version >= 150_000,
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let table = creation.object;
    let inside: Vec<&Object> = creation.inline_in(&table.id).collect();
    let link = inside.iter().find(|child| child.id.kind == "partition");
    // It becomes a partition later, and has all that it takes by itself.
    let attached = link.is_none() && partition::is_attached_later(&table.id.path, creation.catalog, creation.from);
    let mut parts = Vec::new();
    for child in inside.iter().filter(|child| child.id.kind == "column") {
        if table.text("of_type").is_some() && child.known_flag("of_type") {
            parts.extend(column::override_of(child, creation));
        } else if attached || !inherited(child) || child.known_flag("local") {
            parts.push(column::definition(child, creation));
        } else {
            parts.extend(not_null::beside_the_parents(child, inherited_from(child, creation.catalog)));
        }
    }
    let constraints =
        inside.iter().filter(|child| child.id.kind == "constraint" && (attached || constraint::is_written(child)));
    let column_is_written = |name: &str| {
        let written = inside.iter().filter(|child| child.id.kind == "column" && child.id.name() == name);
        table.text("of_type").is_none()
            && written.into_iter().any(|column| attached || !inherited(column) || column.known_flag("local"))
    };
    parts.extend(
        constraints
            .filter(|key| !constraint::goes_in_column(key, column_is_written))
            .map(|key| constraint::clause(key)),
    );

    let unlogged = if table.flag("unlogged") { "UNLOGGED " } else { "" };
    let mut text = format!("CREATE {unlogged}TABLE {}", qualified(&table.id.path));
    if let Some(link) = link {
        text.push_str(&format!(" PARTITION OF {}", qualified(link.known_list("of"))));
    }
    if let Some(of) = table.text("of_type") {
        text.push_str(&format!(" OF {of}"));
    }
    match parts.is_empty() {
        true if link.is_some() || table.text("of_type").is_some() => {}
        true => text.push_str(" ()"),
        false => text.push_str(&format!(" (\n    {}\n)", parts.join(",\n    "))),
    }
    if let Some(link) = link {
        text.push_str(&format!(" {}", link.text("bound").unwrap_or_default()));
    }
    let parents: Vec<String> = inside
        .iter()
        .filter(|child| child.id.kind == "inheritance")
        .map(|link| qualified(link.known_list("of")))
        .collect();
    if !parents.is_empty() {
        text.push_str(&format!(" INHERITS ({})", parents.join(", ")));
    }
    if let Some(key) = table.text("partition_by") {
        text.push_str(&format!(" PARTITION BY {key}"));
    }
    // A partition takes its parent's, unless it says its own.
    let of_parent =
        link.and_then(|link| creation.catalog.get(&Id::new("table", link.known_list("of").iter().cloned())));
    let parents = of_parent.and_then(|parent| parent.text("access_method")).map(|_| USUAL_METHOD);
    if let Some(method) = table.text("access_method").or(parents) {
        text.push_str(&format!(" USING {}", identifier(method)));
    }
    text.push_str(&options::with(table.known_list("options")));
    if let Some(space) = table.text("tablespace") {
        text.push_str(&format!(" TABLESPACE {}", identifier(space)));
    }
    vec![Statement::new(text, &table.id)]
}

/// What `default_table_access_method` is, unless somebody changed it.
const USUAL_METHOD: &str = "heap";

fn alter_table(table: &Object) -> String {
    format!("ALTER TABLE {}", qualified(&table.id.path))
}

fn after_create(table: &Object, from: &Catalog, to: &Catalog) -> Vec<Statement> {
    let mut statements = privilege::after_create(table, from, to);
    let mut say = |action: &str| statements.push(Statement::action(&alter_table(table), action, &table.id));
    if table.flag("row_security") {
        say("ENABLE ROW LEVEL SECURITY");
    }
    if table.flag("row_security_forced") {
        say("FORCE ROW LEVEL SECURITY");
    }
    // The index that identifies rows says so itself.
    if let Some(identity @ ("FULL" | "NOTHING")) = table.text("replica_identity") {
        say(&format!("REPLICA IDENTITY {identity}"));
    }
    statements
}

fn alter(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    let alter = alter_table(after);
    // PostgreSQL can't change whether or how a table is partitioned.
    if change.differs("partition_by") {
        change.recreate();
        return;
    }
    if change.claim("of_type") {
        let action = after.text("of_type").map_or("NOT OF".to_owned(), |of| format!("OF {of}"));
        change.push_action(&alter, &action);
    }
    if change.claim("unlogged") {
        change.push_statement(format!("{alter} SET {}", if after.flag("unlogged") { "UNLOGGED" } else { "LOGGED" }));
        change.risk(Risk::RewritesTable(format!("{} is written to another place", after.id)));
    }
    if change.claim("options") {
        for action in options::set_and_reset_in_order(before.known_list("options"), after.known_list("options")) {
            change.push_action(&alter, &action);
        }
    }
    if change.claim("row_security") {
        let verb = if after.flag("row_security") { "ENABLE" } else { "DISABLE" };
        change.push_action(&alter, &format!("{verb} ROW LEVEL SECURITY"));
    }
    if change.claim("row_security_forced") {
        let verb = if after.flag("row_security_forced") { "FORCE" } else { "NO FORCE" };
        change.push_action(&alter, &format!("{verb} ROW LEVEL SECURITY"));
    }
    if change.claim("replica_identity") {
        match after.text("replica_identity") {
            Some("USING INDEX") => {}
            identity => change.push_action(&alter, &format!("REPLICA IDENTITY {}", identity.unwrap_or("DEFAULT"))),
        }
    }
    // PostgreSQL 14 can't change it.
    if after.known_flag("since_15") && change.claim("access_method") {
        let partitioned = after.text("partition_by").is_some();
        let usual = if partitioned { "DEFAULT" } else { USUAL_METHOD };
        let method = after.text("access_method").map_or(usual.to_owned(), identifier);
        change.push_statement(format!("{alter} SET ACCESS METHOD {method}"));
        if !partitioned {
            change.risk(Risk::RewritesTable(format!("{} is stored in another way", after.id)));
        }
    }
    if change.claim("tablespace") {
        let space = after.text("tablespace").map_or("pg_default".to_owned(), identifier);
        change.push_statement(format!("{alter} SET TABLESPACE {space}"));
        change.risk(Risk::RewritesTable(format!("{} is written to another place", after.id)));
    }
}
