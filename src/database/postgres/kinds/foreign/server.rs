//! Foreign servers.

use crate::database::postgres::kinds::address::{address, drop_by_address, rename_by_address};
use crate::database::postgres::kinds::{QueryContext, options, privilege};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::quote::{identifier, literal};
use crate::sql::{Statement, Syntax};

pub static KIND: Kind = Kind {
    name: "server",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_foreign_server'::regclass::oid AS _class, s.oid AS _oid, ARRAY[s.srvname::text] AS _path,
                w.fdwname::text AS wrapper, s.srvtype AS type, s.srvversion AS version,
                {options}
         FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE {}",
        asked.own("pg_foreign_server", "s.oid"),
        options = options::without_secrets("s.srvoptions"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let quoted = |property: &str, word: &str| {
        object.text(property).map(|text| format!(" {word} {}", literal(text, Syntax::Postgres))).unwrap_or_default()
    };
    let text = format!(
        "CREATE {}{}{} FOREIGN DATA WRAPPER {}{}{}",
        address(object),
        quoted("type", "TYPE"),
        quoted("version", "VERSION"),
        identifier(object.text("wrapper").unwrap_or_default()),
        options::foreign(object.list("options")),
        options::secrets_left_out(object),
    );
    vec![Statement::new(text, &object.id)]
}

fn alter(change: &mut Change) {
    if change.differs("wrapper") || change.differs("type") {
        return;
    }
    let mut text = format!("ALTER {}", address(change.after));
    if change.claim("version") {
        match change.after.text("version") {
            Some(version) => text.push_str(&format!(" VERSION {}", literal(version, Syntax::Postgres))),
            None => text.push_str(" VERSION NULL"),
        }
    }
    if change.claim("options") {
        let options = options::foreign_change(change.before.list("options"), change.after.list("options"));
        text.push_str(&format!(" {options}"));
    }
    change.push_statement(text);
}
