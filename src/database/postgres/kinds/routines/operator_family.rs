//! Operator families, and their members that belong to no operator class.

use crate::database::postgres::kinds::QueryContext;
use crate::database::postgres::kinds::address::{address, drop_by_address};
use crate::schema::change::Change;
use crate::schema::kind::{Creation, Kind};
use crate::sql::Statement;

pub static KIND: Kind = Kind { name: "operator family", create, drop: drop_by_address, alter, ..Kind::REPLACED };

pub fn query(asked: &QueryContext) -> String {
    let members = members("'pg_opfamily'::regclass", "f.oid", "a");
    format!(
        "SELECT 'pg_opfamily'::regclass::oid AS _class, f.oid AS _oid, ARRAY[n.nspname, f.opfname, m.amname]::text[] AS _path,
                {members} AS members
         FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
         WHERE f.oid >= 16384 AND {} AND {}",
        asked.schema("n.nspname"),
        asked.own("pg_opfamily", "f.oid"),
    )
}

/// Returns an SQL array of the operators and functions that are attached to the object `holder` of catalog `class` by
/// dependencies of this type, each as ALTER OPERATOR FAMILY … ADD writes it.
///
/// A member of an operator class is attached to it internally; one that could be taken away without breaking a class is attached to
/// the family (manual, "Interfacing Extensions to Indexes").
pub fn members(class: &str, holder: &str, dependency: &str) -> String {
    format!(
        "ARRAY(SELECT x.text FROM (
            SELECT 1 AS place, o.amopstrategy AS number, format('OPERATOR %s %I.%s (%s, %s)', o.amopstrategy, pn.nspname, p.oprname,
                    format_type(o.amoplefttype, NULL), format_type(o.amoprighttype, NULL)) || coalesce(' FOR ORDER BY ' || (
                        SELECT format('%I.%I', sn.nspname, s.opfname) FROM pg_opfamily s JOIN pg_namespace sn ON sn.oid = s.opfnamespace WHERE s.oid = o.amopsortfamily), '') AS text
            FROM pg_depend d JOIN pg_amop o ON o.oid = d.objid JOIN pg_operator p ON p.oid = o.amopopr JOIN pg_namespace pn ON pn.oid = p.oprnamespace
            WHERE d.classid = 'pg_amop'::regclass AND d.refclassid = {class} AND d.refobjid = {holder} AND d.deptype = '{dependency}'
            UNION ALL
            SELECT 2, s.amprocnum, format('FUNCTION %s (%s, %s) %s', s.amprocnum, format_type(s.amproclefttype, NULL), format_type(s.amprocrighttype, NULL), s.amproc::regprocedure)
            FROM pg_depend d JOIN pg_amproc s ON s.oid = d.objid
            WHERE d.classid = 'pg_amproc'::regclass AND d.refclassid = {class} AND d.refobjid = {holder} AND d.deptype = '{dependency}') x
            ORDER BY x.place, x.number, x.text)"
    )
}

fn create(creation: &Creation) -> Vec<Statement> {
    let object = creation.object;
    let mut statements = vec![Statement::new(format!("CREATE {}", address(object)), &object.id)];
    if !object.list("members").is_empty() {
        let members = object.list("members").join(",\n    ");
        statements.push(Statement::new(format!("ALTER {} ADD\n    {members}", address(object)), &object.id));
    }
    statements
}

fn alter(change: &mut Change) {
    if change.claim("members") {
        let (old, new) = (change.before.list("members"), change.after.list("members"));
        let gone: Vec<String> = old.iter().filter(|member| !new.contains(member)).filter_map(|m| slot(m)).collect();
        let come: Vec<&str> = new.iter().filter(|member| !old.contains(member)).map(String::as_str).collect();
        for (verb, list) in [("DROP", gone.join(", ")), ("ADD", come.join(", "))] {
            if !list.is_empty() {
                change.push_statement(format!("ALTER {} {verb} {list}", address(change.after)));
            }
        }
    }
}

/// Returns a member as DROP names it: `OPERATOR 1 (integer, integer)`, `FUNCTION 1 (integer, integer)`.
fn slot(member: &str) -> Option<String> {
    let mut words = member.splitn(3, ' ');
    let (what, number, rest) = (words.next()?, words.next()?, words.next()?);
    let types = rest.get(rest.find('(')?..=rest.find(')')?)?;
    Some(format!("{what} {number} {types}"))
}

#[cfg(test)]
mod tests {
    use super::slot;

    #[test]
    fn a_member_is_dropped_by_its_slot() {
        let slots = ["OPERATOR 1 app.< (integer, bigint)", "FUNCTION 2 (a, b) app.f(a, b)"].map(slot);
        assert_eq!(slots, [Some("OPERATOR 1 (integer, bigint)".to_owned()), Some("FUNCTION 2 (a, b)".to_owned())]);
    }
}
