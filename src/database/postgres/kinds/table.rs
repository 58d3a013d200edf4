//! Tables: plain, partitioned, partitions, inherited, unlogged.

use super::{Asked, column, constraint, options, privilege};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::schema::plan::Risk;
use crate::schema::Object;
use crate::sql::Statement;
use crate::sql::quote::{identifier, qualified};

pub static KIND: Kind = Kind {
    name: "table",
    create,
    drop: |object, _| vec![Statement::new(format!("DROP TABLE {}", qualified(&object.id.path)), &object.id)],
    alter,
    rename: Some(|object, name, _| {
        let text = format!("ALTER TABLE {} RENAME TO {}", qualified(&object.id.path), identifier(name));
        vec![Statement::new(text, &object.id)]
    }),
    holds_data: |_, _| true,
    occupies: |object| vec![format!("relation {}", qualified(&object.id.path))],
    settle: privilege::settle,
    ..Kind::REPLACED
};

pub fn query(asked: &Asked) -> String {
    format!(
        "SELECT 'pg_class'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.relname]::text[] AS _path,
                c.relpersistence = 'u' AS unlogged,
                CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
                CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
                ARRAY(SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent
                      JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = c.oid ORDER BY h.inhseqno) AS parents,
                c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security,
                CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN 'USING INDEX ' ||
                    (SELECT quote_ident(ic.relname) FROM pg_index x JOIN pg_class ic ON ic.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisreplident) END AS replica_identity,
                CASE WHEN am.amname <> 'heap' THEN am.amname::text END AS access_method,
                CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
                (SELECT spcname::text FROM pg_tablespace ts WHERE ts.oid = c.reltablespace) AS tablespace,
                ARRAY(SELECT o FROM unnest(c.reloptions || ARRAY(SELECT 'toast.' || x FROM pg_class tc, unnest(tc.reloptions) x WHERE tc.oid = c.reltoastrelid)) o ORDER BY 1) AS options
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
         WHERE c.relkind IN ('r', 'p') AND {} AND {} AND {}",
        asked.schema("n.nspname"),
        asked.not_ours("n.nspname", "c.relname"),
        asked.own("pg_class", "c.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let children = || creation.inline_in(&object.id);
    let columns = children().filter(|child| child.id.kind == "column").map(|child| column::definition(child, creation));
    let constraints = children().filter(|child| child.id.kind == "constraint").map(constraint::clause);
    let parts: Vec<String> = columns.chain(constraints).collect();
    let unlogged = if object.flag("unlogged") { "UNLOGGED " } else { "" };
    let name = qualified(&object.id.path);
    let body = if parts.is_empty() { "()".to_owned() } else { format!("(\n    {}\n)", parts.join(",\n    ")) };
    let parents = object.list("parents");
    let mut text = match (object.text("bound"), object.text("of_type"), parents) {
        (Some(bound), _, [parent, ..]) => {
            let body = if parts.is_empty() { String::new() } else { format!(" {body}") };
            format!("CREATE {unlogged}TABLE {name} PARTITION OF {parent}{body} {bound}")
        }
        (_, Some(of), _) => format!("CREATE {unlogged}TABLE {name} OF {of}"),
        (_, _, []) => format!("CREATE {unlogged}TABLE {name} {body}"),
        (_, _, parents) => format!("CREATE {unlogged}TABLE {name} {body} INHERITS ({})", parents.join(", ")),
    };
    if let Some(key) = object.text("partition_key") {
        text.push_str(&format!(" PARTITION BY {key}"));
    }
    if let Some(method) = object.text("access_method") {
        text.push_str(&format!(" USING {method}"));
    }
    text.push_str(&options::with(object.list("options")));
    if let Some(tablespace) = object.text("tablespace") {
        text.push_str(&format!(" TABLESPACE {}", identifier(tablespace)));
    }
    let mut statements = vec![Statement::new(text, &object.id)];
    for (property, setting) in SECURITY {
        if object.flag(property) {
            statements.push(action(object, &format!("{} ROW LEVEL SECURITY", setting.0)));
        }
    }
    // One that names an index follows the index, in `index`.
    if let Some(identity) = object.text("replica_identity").filter(|identity| !identity.starts_with("USING")) {
        statements.push(action(object, &format!("REPLICA IDENTITY {identity}")));
    }
    statements
}

/// The flags of row security, and what switches them on and off.
const SECURITY: [(&str, (&str, &str)); 2] =
    [("row_security", ("ENABLE", "DISABLE")), ("force_row_security", ("FORCE", "NO FORCE"))];

fn action(object: &Object, action: &str) -> Statement {
    Statement::new(format!("ALTER TABLE {} {action}", qualified(&object.id.path)), &object.id)
}

fn alter(change: &mut Change) {
    let (before, after) = (change.before, change.after);
    if change.claim("unlogged") {
        change.statements.push(action(after, if after.flag("unlogged") { "SET UNLOGGED" } else { "SET LOGGED" }));
        change.risk(Risk::RewritesTable(format!("{} is written anew", after.id)));
    }
    for (property, (on, off)) in SECURITY {
        if change.claim(property) {
            let word = if after.flag(property) { on } else { off };
            change.statements.push(action(after, &format!("{word} ROW LEVEL SECURITY")));
        }
    }
    if change.claim("replica_identity") {
        let identity = after.text("replica_identity").unwrap_or("DEFAULT");
        change.statements.push(action(after, &format!("REPLICA IDENTITY {identity}")));
    }
    if change.claim("options") {
        for setting in options::set_and_reset(before.list("options"), after.list("options")) {
            change.statements.push(action(after, &setting));
        }
    }
    if change.claim("access_method") {
        change.statements.push(action(after, &format!("SET ACCESS METHOD {}", after.text("access_method").unwrap_or("heap"))));
        change.risk(Risk::RewritesTable(format!("{} is written anew", after.id)));
    }
    if change.claim("tablespace") {
        let name = identifier(after.text("tablespace").unwrap_or("pg_default"));
        change.statements.push(action(after, &format!("SET TABLESPACE {name}")));
    }
    let name = qualified(&after.id.path);
    let (bound, parents) = (change.claim("bound"), change.claim("parents"));
    if bound || parents {
        match (before.text("bound"), before.list("parents")) {
            (Some(_), [parent, ..]) => change.say(format!("ALTER TABLE {parent} DETACH PARTITION {name}")),
            (_, old) => old
                .iter()
                .filter(|parent| !after.list("parents").contains(parent))
                .for_each(|parent| change.say(format!("ALTER TABLE {name} NO INHERIT {parent}"))),
        }
        match (after.text("bound"), after.list("parents")) {
            (Some(bound), [parent, ..]) => change.say(format!("ALTER TABLE {parent} ATTACH PARTITION {name} {bound}")),
            (_, new) => new
                .iter()
                .filter(|parent| before.text("bound").is_some() || !before.list("parents").contains(parent))
                .for_each(|parent| change.say(format!("ALTER TABLE {name} INHERIT {parent}"))),
        }
    }
    if change.differs("partition_key") {
        change.refusal = Some(
            "PostgreSQL does not change how a table is partitioned: make a table beside it and copy the rows".to_owned(),
        );
    }
}
