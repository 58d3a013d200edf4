//! Event triggers. They belong to no schema: one whose function is outside the configured schemas is not managed.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{drop_by_address, rename_by_address};
use crate::database::postgres::kinds::trigger::state;
use crate::schema::Object;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::identifier;

pub static KIND: Kind = Kind {
    name: "event trigger",
    create,
    drop: drop_by_address,
    alter: |change| {
        if !change.differs("definition") && change.claim("enabled") {
            change.statements.push(enabled(change.after));
        }
    },
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_event_trigger'::regclass::oid AS _class, e.oid AS _oid, ARRAY[e.evtname::text] AS _path,
                format('CREATE EVENT TRIGGER %I ON %I%s EXECUTE FUNCTION %I.%I()', e.evtname, e.evtevent,
                    E'\\n    WHEN TAG IN (' || (SELECT string_agg(quote_literal(tag), ', ' ORDER BY i) FROM unnest(e.evttags) WITH ORDINALITY u (tag, i)) || E')\\n   ',
                    n.nspname, p.proname) AS definition,
                {} AS enabled
         FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE {} AND {}",
        state("e.evtenabled"),
        asked.schema("n.nspname"),
        asked.own("pg_event_trigger", "e.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut statements = vec![Statement::new(object.text("definition").unwrap_or_default(), &object.id)];
    if object.text("enabled").is_some() {
        statements.push(enabled(object));
    }
    statements
}

fn enabled(object: &Object) -> Statement {
    let state = object.text("enabled").unwrap_or("ENABLE");
    Statement::new(format!("ALTER EVENT TRIGGER {} {state}", identifier(object.id.name())), &object.id)
}
