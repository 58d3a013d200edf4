//! User mappings. The server shows their options to their owners only; what can't be seen is no difference.
//! Passwords are not read at all.

use crate::database::postgres::kinds::address::{address, drop_by_address};
use crate::database::postgres::kinds::{QueryContext, options};
use crate::schema::kind::Kind;
use crate::sql::Statement;

pub static KIND: Kind = Kind {
    name: "user mapping",
    create: |creation| {
        let options = options::foreign(creation.object.list("options"));
        let secrets = options::secrets_left_out(creation.object);
        vec![Statement::new(format!("CREATE {}{options}{secrets}", address(creation.object)), &creation.object.id)]
    },
    drop: drop_by_address,
    alter: |change| {
        if change.claim("options") {
            let options = options::foreign_change(change.before.list("options"), change.after.list("options"));
            change.push_statement(format!("ALTER {} {options}", address(change.after)));
        }
    },
    ..Kind::REPLACED
};

pub fn query(_: &QueryContext) -> String {
    format!(
        "SELECT 'pg_user_mapping'::regclass::oid AS _class, m.umid AS _oid,
            ARRAY[m.srvname::text, CASE m.umuser WHEN 0 THEN 'public' ELSE m.usename::text END] AS _path,
            {}
     FROM pg_user_mappings m",
        options::without_secrets("m.umoptions")
    )
}
