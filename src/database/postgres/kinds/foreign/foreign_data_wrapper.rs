//! Foreign data wrappers that come from no extension.

use crate::database::postgres::kinds::address::{address, drop_by_address, rename_by_address};
use crate::database::postgres::kinds::{QueryContext, options, privilege};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;

pub static KIND: Kind = Kind {
    name: "foreign data wrapper",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    after_create: privilege::after_create,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    let function = |column: &str| {
        format!(
            "(SELECT format('%I.%I', fn.nspname, f.proname) FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = w.{column})"
        )
    };
    format!(
        "SELECT 'pg_foreign_data_wrapper'::regclass::oid AS _class, w.oid AS _oid, ARRAY[w.fdwname::text] AS _path,
                {} AS handler, {} AS validator, {options}
         FROM pg_foreign_data_wrapper w WHERE {}",
        function("fdwhandler"),
        function("fdwvalidator"),
        asked.own("pg_foreign_data_wrapper", "w.oid"),
        options = options::without_secrets("w.fdwoptions"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let handler = object.text("handler").map(|handler| format!(" HANDLER {handler}")).unwrap_or_default();
    let validator = object.text("validator").map(|validator| format!(" VALIDATOR {validator}")).unwrap_or_default();
    let options = options::foreign(object.list("options")) + &options::secrets_left_out(object);
    vec![Statement::new(format!("CREATE {}{handler}{validator}{options}", address(object)), &object.id)]
}

fn alter(change: &mut Change) {
    let alter = format!("ALTER {}", address(change.after));
    for (property, word) in [("handler", "HANDLER"), ("validator", "VALIDATOR")] {
        if change.claim(property) {
            change.push_statement(match change.after.text(property) {
                Some(function) => format!("{alter} {word} {function}"),
                None => format!("{alter} NO {word}"),
            });
        }
    }
    if change.claim("options") {
        let options = options::foreign_change(change.before.list("options"), change.after.list("options"));
        change.push_statement(format!("{alter} {options}"));
    }
}
