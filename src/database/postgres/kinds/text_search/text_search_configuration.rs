//! Text search configurations and their mappings of tokens to dictionaries.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{address, drop_by_address, rename_by_address};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;

pub static KIND: Kind = Kind {
    name: "text search configuration",
    create,
    drop: drop_by_address,
    alter,
    rename: Some(rename_by_address),
    ..Kind::REPLACED
};

pub fn query(asked: &QueryContext) -> String {
    format!(
        "SELECT 'pg_ts_config'::regclass::oid AS _class, c.oid AS _oid, ARRAY[n.nspname, c.cfgname]::text[] AS _path,
                format('%I.%I', pn.nspname, p.prsname) AS parser,
                ARRAY(SELECT format('%I WITH %s', t.alias, string_agg(format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY m.mapseqno))
                      FROM ts_token_type(c.cfgparser) t JOIN pg_ts_config_map m ON m.mapcfg = c.oid AND m.maptokentype = t.tokid
                           JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
                      GROUP BY t.tokid, t.alias ORDER BY t.tokid) AS mappings
         FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
              JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace pn ON pn.oid = p.prsnamespace
         WHERE c.oid >= 16384 AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_ts_config", "c.oid"),
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let parser = object.text("parser").unwrap_or_default();
    let mut statements = vec![Statement::new(format!("CREATE {} (PARSER = {parser})", address(object)), &object.id)];
    for mapping in object.list("mappings") {
        statements.push(Statement::new(format!("ALTER {} ADD MAPPING FOR {mapping}", address(object)), &object.id));
    }
    statements
}

fn alter(change: &mut Change) {
    if change.differs("parser") || !change.claim("mappings") {
        return;
    }
    let (old, new) = (change.before.list("mappings"), change.after.list("mappings"));
    let token = |mapping: &str| mapping.split(" WITH ").next().unwrap_or_default().to_owned();
    let has = |list: &[String], wanted: &str| list.iter().any(|mapping| token(mapping) == wanted);
    let name = address(change.after);
    for gone in old.iter().map(|mapping| token(mapping)).filter(|token| !has(new, token)) {
        change.push_statement(format!("ALTER {name} DROP MAPPING FOR {gone}"));
    }
    for mapping in new.iter().filter(|mapping| !old.contains(mapping)) {
        let verb = if has(old, &token(mapping)) { "ALTER" } else { "ADD" };
        change.push_statement(format!("ALTER {name} {verb} MAPPING FOR {mapping}"));
    }
}
