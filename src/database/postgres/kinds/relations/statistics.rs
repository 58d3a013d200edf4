//! Extended statistics.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{drop_by_address, rename_by_address};
use crate::database::postgres::kinds::trigger::relation_kind;
use crate::schema::Object;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;
use crate::sql::quote::qualified;

pub static KIND: Kind = Kind {
    name: "statistics",
    create,
    drop: drop_by_address,
    alter: |change| {
        if !change.differs("definition") && change.claim("target") {
            change.statements.push(target(change.after));
        }
    },
    rename: Some(rename_by_address),
    drop_during_rewrite: |_| true,
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_statistic_ext'::regclass::oid AS _class, s.oid AS _oid, ARRAY[n.nspname, s.stxname]::text[] AS _path,
                {} AS _parent_kind, ARRAY[cn.nspname, c.relname]::text[] AS _parent,
                pg_get_statisticsobjdef(s.oid) AS definition, nullif(s.stxstattarget, -1)::text AS target
         FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
              JOIN pg_class c ON c.oid = s.stxrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
         WHERE {} AND {} AND {} AND {}",
        relation_kind("c"),
        asked.schema("n.nspname"),
        asked.schema("cn.nspname"),
        asked.not_ours("cn.nspname", "c.relname"),
        asked.own("pg_statistic_ext", "s.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut statements = vec![Statement::new(object.written("definition").unwrap_or_default(), &object.id)];
    if object.text("target").is_some() {
        statements.push(target(object));
    }
    statements
}

fn target(object: &Object) -> Statement {
    let target = object.text("target").unwrap_or("-1");
    Statement::new(format!("ALTER STATISTICS {} SET STATISTICS {target}", qualified(&object.id.path)), &object.id)
}
