//! Whose code may run with the rights of this connection: its owner tells.
//!
//! What belongs to the connected role or to a superuser is trusted, and so is what belongs to a group that nobody else
//! can act as. Functions, checks and triggers of anybody else's are a stranger's: they were written to run with the
//! rights of their callers, and the caller would be this connection.

use super::Connection;
use crate::database::{DatabaseError, SqlError};
use crate::sql::{Syntax, quote};

/// Returns a condition that is true when the role whose oid is the SQL expression `owner` is trusted. Whatever the
/// search path is, it calls only what is the system's.
pub fn is_trusted(owner: &str) -> String {
    format!(
        "(pg_catalog.pg_get_userbyid({owner}) OPERATOR(pg_catalog.=) current_user \
         OR pg_catalog.pg_get_userbyid({owner}) OPERATOR(pg_catalog.=) session_user \
         OR EXISTS (SELECT FROM pg_catalog.pg_roles o WHERE o.oid OPERATOR(pg_catalog.=) {owner} \
             AND (o.rolsuper OR NOT o.rolcanlogin AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles m \
                  WHERE m.rolcanlogin AND NOT m.rolsuper AND m.rolname OPERATOR(pg_catalog.<>) session_user \
                  AND pg_catalog.pg_has_role(m.oid, o.oid, 'MEMBER')))))"
    )
}

/// Returns the name of an object's owner where it is a stranger's code; null if the owner is trusted, or `is_code` is
/// false.
pub fn stranger(owner: &str, is_code: &str) -> String {
    format!(
        "CASE WHEN {is_code} AND NOT {} THEN pg_catalog.pg_get_userbyid({owner})::pg_catalog.text END",
        is_trusted(owner)
    )
}

/// Returns a condition that is true when the expression or query that the SQL expression `node` stores (a `pg_node_tree`)
/// calls a volatile function: those of the server's own may read and write files.
pub fn is_volatile(node: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.regexp_matches({node}::pg_catalog.text, ':(op)?funcid ([0-9]+)', 'g') called \
         JOIN pg_catalog.pg_proc v ON v.oid OPERATOR(pg_catalog.=) called[2]::pg_catalog.oid \
         WHERE v.provolatile OPERATOR(pg_catalog.=) 'v')"
    )
}

/// Returns a query of one row and cell: the schema that the version table `name` (quoted, as configured) is in, or would
/// be made in. It fails with `NOT_TRUSTED` when the table is a stranger's.
pub fn place_of_version_table(name: &str) -> String {
    place(name, &is_trusted("c.relowner"))
}

/// As `place_of_version_table`, for a stranger's table in which `refuse_code_in` found no code.
pub fn place_of_plain_table(name: &str) -> String {
    place(name, "true")
}

fn place(name: &str, is_trusted: &str) -> String {
    format!(
        "SELECT CASE WHEN c.oid IS NULL THEN pg_catalog.current_schema()::pg_catalog.text \
         WHEN {is_trusted} THEN n.nspname::pg_catalog.text \
         ELSE pg_catalog.concat('owned by ', pg_catalog.pg_get_userbyid(c.relowner))::int::pg_catalog.text END \
         FROM (SELECT pg_catalog.to_regclass({}) AS oid) t \
         LEFT JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.oid \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace",
        quote::literal(name, Syntax::Postgres)
    )
}

/// invalid_text_representation: a query has no other way to fail with a reason of its own.
pub const NOT_TRUSTED: &str = "22P02";

/// Refuses a version table of a stranger's that is more than a plain table: a view, rules, triggers, policies, and what is
/// computed in columns, checks and indexes would run with the rights of this connection whenever a row is read or written.
///
/// # Errors
/// What is there, whose it is, and what to do.
pub fn refuse_code_in(connection: &Connection, name: &str) -> Result<(), DatabaseError> {
    let failed = |error| DatabaseError::Sql { doing: format!("looking at the version table {name}"), error };
    let answers = connection.run(&plain_table(name)).map_err(failed)?;
    let row = answers.into_iter().next_back().and_then(|rows| rows.into_iter().next()).unwrap_or_default();
    match row.as_slice() {
        [_, Some(is_plain)] if is_plain == "t" => Ok(()),
        [owner, ..] => {
            let owner = quote::identifier(owner.as_deref().unwrap_or("nobody"));
            let message = format!(
                "it belongs to the role {owner}, who is neither this user nor a superuser, and it is not a plain table: what \
                 {owner} wrote into it would run with the rights of this user"
            );
            let hint = format!(
                "connect as {owner}, or take the table over (ALTER TABLE … OWNER TO CURRENT_USER) when its triggers, rules, \
                 policies, types and checks are as they should be"
            );
            Err(failed(SqlError { message, hint: Some(hint), ..SqlError::default() }))
        }
        // It is not there any more.
        [] => Ok(()),
    }
}

/// The owner, and whether nothing but the server's own code runs when the table is read or written. The name is resolved
/// on the session's own search path, all else is the system's.
fn plain_table(name: &str) -> String {
    format!(
        "SELECT pg_catalog.pg_get_userbyid(c.relowner), c.relkind OPERATOR(pg_catalog.=) 'r' \
         AND NOT c.relhasrules AND NOT c.relhastriggers AND NOT c.relrowsecurity AND NOT c.relispartition \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid \
             AND (a.atttypid OPERATOR(pg_catalog.>=) 16384 OR a.attgenerated OPERATOR(pg_catalog.<>) '')) \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef d WHERE d.adrelid OPERATOR(pg_catalog.=) c.oid \
             AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) OPERATOR(pg_catalog.!~) '^[0-9]+$') \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid \
             AND k.contype OPERATOR(pg_catalog.<>) 'p' AND k.contype OPERATOR(pg_catalog.<>) 'n') \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid \
             AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)) \
         FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({})",
        quote::literal(name, Syntax::Postgres)
    )
}
