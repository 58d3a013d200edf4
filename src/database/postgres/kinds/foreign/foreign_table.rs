//! Foreign tables: their columns are like a table's, their rows are elsewhere.

use crate::database::postgres::kinds::address::drop_by_address;
use crate::database::postgres::kinds::{QueryContext, foreign_check, foreign_column, options, privilege, view};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "foreign table",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER FOREIGN TABLE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    claimed_names: view::claimed_names,
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                s.srvname::text AS server, {options},
                ARRAY(SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
                      JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid ORDER BY i.inhseqno) AS inherits,
                pg_get_expr(c.relpartbound, c.oid) AS bound
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_foreign_table f ON f.ftrelid = c.oid JOIN pg_foreign_server s ON s.oid = f.ftserver
         WHERE {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
        options = options::without_secrets("f.ftoptions"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let parts: Vec<String> = creation
        .inline_in(&object.id)
        .map(|child| match child.id.kind {
            "foreign check" => foreign_check::definition(child),
            _ => foreign_column::definition(child),
        })
        .collect();
    let mut text = format!("CREATE FOREIGN TABLE {} ", qualified(&object.id.path));
    let inherits = object.list("inherits").join(", ");
    match object.text("bound") {
        Some(bound) => text.push_str(&format!("PARTITION OF {inherits} {bound}")),
        None => text.push_str(&if parts.is_empty() {
            "()".to_owned()
        } else {
            format!("(\n    {}\n)", parts.join(",\n    "))
        }),
    }
    if object.text("bound").is_none() && !inherits.is_empty() {
        text.push_str(&format!(" INHERITS ({inherits})"));
    }
    text.push_str(&format!(" SERVER {}", identifier(object.text("server").unwrap_or_default())));
    text.push_str(&options::foreign(object.list("options")));
    text.push_str(&options::secrets_left_out(object));
    let mut statements = vec![Statement::new(text, &object.id)];
    let columns = creation.inline_in(&object.id).filter(|child| child.id.kind == "foreign column");
    statements.extend(columns.flat_map(foreign_column::settings));
    statements
}

fn alter(change: &mut Change) {
    if change.differs("server") || change.differs("bound") || change.differs("inherits") {
        return;
    }
    if change.claim("options") {
        let options = options::foreign_change(change.before.list("options"), change.after.list("options"));
        change.push_action(&format!("ALTER FOREIGN TABLE {}", qualified(&change.after.id.path)), &options);
    }
}
