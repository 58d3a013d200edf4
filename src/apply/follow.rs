//! Alembic's own version table, kept in step with this tool's while a team moves from one to the other.
//!
//! Alembic's table has the newest applied revisions: those that no applied revision follows or depends on. What has to
//! change there after a step is said in SQL that looks at this tool's version table when it runs, not computed before, so
//! that it is right online and in a script, for branches, merges and revisions that were written later.

use std::collections::BTreeMap;

use crate::database::Dialect;
use crate::database::version_table;
use crate::revision::{Direction, Revision, RevisionId};
use crate::sql::quote::{literal, qualified};

/// The root that an import makes of what a project makes before Alembic's first revision; Alembic knows nothing of it.
pub const BEFORE_ALEMBIC: &[&str] = &["initial", "before_alembic", "before_all_of_alembic"];

/// Alembic's table, and who follows whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follower {
    /// As configured: `alembic_version`, or `schema.alembic_version`.
    table: String,
    /// The revisions that one follows or depends on.
    above: BTreeMap<RevisionId, Vec<RevisionId>>,
    /// The revisions that follow or depend on one.
    below: BTreeMap<RevisionId, Vec<RevisionId>>,
}

impl Follower {
    /// `revisions` are all of the project; what one depends on may be named by a label.
    pub fn new(table: &str, revisions: &[&Revision]) -> Self {
        let mut follower = Follower { table: table.to_owned(), ..Follower::default() };
        let labelled = |label: &str| {
            let mut all = revisions.iter();
            all.find(|revision| revision.branch_labels.iter().any(|own| own == label))
                .map(|revision| revision.id.clone())
        };
        let ids: std::collections::BTreeSet<&str> = revisions.iter().map(|revision| revision.id.as_str()).collect();
        for revision in revisions {
            let id = |name: &String| if ids.contains(name.as_str()) { Some(name.clone()) } else { labelled(name) };
            for parent in revision.revises.iter().chain(&revision.depends_on).filter_map(id) {
                follower.below.entry(parent.clone()).or_default().push(revision.id.clone());
                follower.above.entry(revision.id.clone()).or_default().push(parent);
            }
        }
        follower
    }

    /// Returns the statement that makes Alembic's table if it does not exist.
    ///
    /// Source: Alembic, `MigrationContext._version`.
    pub fn create(&self, dialect: &Dialect) -> String {
        let name = self.name(dialect);
        format!(
            "CREATE TABLE IF NOT EXISTS {name} (version_num VARCHAR(32) NOT NULL, \
             CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    }

    /// Returns the statements that bring Alembic's table after one step, which has changed `own_table` already.
    pub fn after(&self, revision: &str, direction: Direction, own_table: &str, dialect: &Dialect) -> Vec<String> {
        let name = self.name(dialect);
        let none = Vec::new();
        let above = self.above.get(revision).unwrap_or(&none);
        let mut statements = vec![self.create(dialect)];
        // The row of the revision itself goes either way, so that running this twice is harmless.
        let mut gone = vec![revision];
        if direction == Direction::Upgrade {
            gone.extend(above.iter().map(String::as_str));
        }
        statements.push(format!(
            "DELETE FROM {name} WHERE {}",
            (dialect.scripting.is_one_of)("version_num", &list(&gone, dialect))
        ));
        match direction {
            Direction::Upgrade => statements.extend(self.insert(revision, own_table, dialect)),
            Direction::Downgrade => {
                statements.extend(above.iter().filter_map(|parent| self.insert(parent, own_table, dialect)));
            }
        }
        statements
    }

    /// Returns the statements that rewrite Alembic's table, after a stamp.
    pub fn recreate(&self, own_table: &str, dialect: &Dialect) -> Vec<String> {
        let name = self.name(dialect);
        let equals = dialect.scripting.equals;
        let edges: Vec<String> = self
            .below
            .iter()
            .flat_map(|(parent, children)| children.iter().map(move |child| (parent, child)))
            .map(|(parent, child)| format!("({}, {})", literal(parent, dialect.syntax), literal(child, dialect.syntax)))
            .collect();
        let followed = if edges.is_empty() {
            String::new()
        } else {
            format!(
                " AND NOT EXISTS (WITH edge (parent, child) AS (VALUES {}) SELECT 1 FROM edge JOIN {own_table} AS other \
                 ON other.revision {equals} edge.child WHERE edge.parent {equals} own.revision)",
                edges.join(", ")
            )
        };
        vec![
            self.create(dialect),
            format!("DELETE FROM {name}"),
            format!(
                "INSERT INTO {name} (version_num) SELECT own.revision FROM {own_table} AS own WHERE {}{followed}",
                (dialect.scripting.is_none_of)("own.revision", &list(BEFORE_ALEMBIC, dialect))
            ),
        ]
    }

    /// Returns the statement that inserts a revision that is applied, unless one that is applied follows it.
    fn insert(&self, revision: &str, own_table: &str, dialect: &Dialect) -> Option<String> {
        if BEFORE_ALEMBIC.contains(&revision) && !self.above.contains_key(revision) {
            return None;
        }
        let name = self.name(dialect);
        let id = literal(revision, dialect.syntax);
        let is_one_of = dialect.scripting.is_one_of;
        let mut conditions = vec![
            format!("EXISTS (SELECT 1 FROM {own_table} WHERE {})", is_one_of("revision", &id)),
            format!("NOT EXISTS (SELECT 1 FROM {name} WHERE {})", is_one_of("version_num", &id)),
        ];
        if let Some(below) = self.below.get(revision) {
            let below: Vec<&str> = below.iter().map(String::as_str).collect();
            let list = list(&below, dialect);
            conditions.push(format!("NOT EXISTS (SELECT 1 FROM {own_table} WHERE {})", is_one_of("revision", &list)));
        }
        Some(format!("INSERT INTO {name} (version_num) SELECT {id} WHERE {}", conditions.join(" AND ")))
    }

    fn name(&self, dialect: &Dialect) -> String {
        qualified(&version_table::path(&self.table, dialect.syntax))
    }
}

fn list(ids: &[&str], dialect: &Dialect) -> String {
    ids.iter().map(|id| literal(id, dialect.syntax)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::dialect_named;

    /// Runs steps on SQLite in memory and returns Alembic's rows.
    fn rows(steps: &str) -> String {
        let revision = |id: &str, parents: &[&str], depends: &[&str]| Revision {
            id: id.to_owned(),
            revises: parents.iter().map(|id| (*id).to_owned()).collect(),
            depends_on: depends.iter().map(|id| (*id).to_owned()).collect(),
            ..Revision::default()
        };
        // a - b - {c1, c2} - e; x depends on b.
        let mut all = vec![revision("a", &[], &[]), revision("b", &["a"], &[]), revision("c1", &["b"], &[])];
        all.extend([revision("c2", &["b"], &[]), revision("e", &["c1", "c2"], &[]), revision("x", &[], &["b"])]);
        let follower = Follower::new("alembic_version", &all.iter().collect::<Vec<_>>());
        let dialect = dialect_named("sqlite").expect("SQLite is known");
        let database = rusqlite::Connection::open_in_memory().expect("SQLite opens");
        database.execute_batch("CREATE TABLE own (revision text PRIMARY KEY)").expect("a table is made");
        for step in steps.split(' ') {
            let (sign, id) = step.split_at(1);
            let (change, after) = match sign {
                "+" => {
                    (format!("INSERT INTO own VALUES ('{id}')"), follower.after(id, Direction::Upgrade, "own", dialect))
                }
                "-" => (
                    format!("DELETE FROM own WHERE revision = '{id}'"),
                    follower.after(id, Direction::Downgrade, "own", dialect),
                ),
                _ => (format!("INSERT INTO own VALUES ('{id}')"), follower.recreate("own", dialect)),
            };
            database.execute_batch(&format!("{change};{}", after.join(";"))).expect("the statements run");
        }
        let mut query = database.prepare("SELECT version_num FROM alembic_version ORDER BY 1").expect("a query");
        let rows = query.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        rows.map(|row| row.expect("a row")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_rows_are_those_that_alembic_would_have() {
        assert_eq!(rows("+a +b"), "b");
        assert_eq!(rows("+a +b +c1 +c2"), "c1 c2");
        assert_eq!(rows("+a +b +c1 +c2 +e"), "e");
        assert_eq!(rows("+a +b +c1 +c2 +e -e"), "c1 c2");
        assert_eq!(rows("+a +b +c1 +c2 -c1"), "c2");
        assert_eq!(rows("+a +b +c1 +c2 -c1 -c2"), "b");
        assert_eq!(rows("+a +b +x"), "x");
        assert_eq!(rows("+a +b +x -x"), "b");
        assert_eq!(rows("+a -a"), "");
        assert_eq!(rows("=a =b =c1 =x"), "c1 x");
    }
}
