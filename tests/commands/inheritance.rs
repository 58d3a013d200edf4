//! NOT NULL constraints of children, which PostgreSQL 18 keeps as constraints with an origin of their own.

use crate::support::{Project, postgres};

const ORIGINS: &str = "SELECT conrelid::regclass, conname, conislocal, coninhcount FROM pg_constraint WHERE contype = 'n' \
                       AND connamespace = 'public'::regnamespace AND conrelid::regclass::text !~ 'migrate' ORDER BY 1, 2";

/// Parent, child and grandchild; the child's own declaration is the only difference.
const PAIRS: &[(&str, &str)] = &[
    (
        "create table p (n int not null); create table c () inherits (p); create table g () inherits (c);",
        "create table p (n int not null); create table c (constraint p_n_not_null not null n) inherits (p); \
         create table g () inherits (c);",
    ),
    (
        "create table p (n int not null); create table c () inherits (p); create table d (n int not null) inherits (p);",
        "create table p (n int not null); create table c (constraint own not null n) inherits (p); \
         create table d (n int not null) inherits (p);",
    ),
    (
        "create table p (id int); create table c () inherits (p);",
        "create table p (id int, n int default 1 not null); create table c (constraint p_n_not_null not null n) inherits (p);",
    ),
];

#[test]
fn a_childs_own_not_null_is_compared_and_made() {
    let Some(first) = postgres::database() else { return };
    if first.server().major < 18 {
        return;
    }
    for (a, b) in PAIRS {
        for (old, new) in [(a, b), (b, a)] {
            let (live, wanted) = (postgres::Database::on(first.server()), postgres::Database::on(first.server()));
            live.execute(old);
            live.execute("INSERT INTO c VALUES (1)");
            wanted.execute(new);
            let before = live.lines(ORIGINS);
            let project = Project::postgres(&live);
            project.write("models/schema.sql", new);
            project.migrate("check").exits(1);
            project.migrate("revision --autogenerate -m x").ok();
            project.migrate("upgrade head").ok();
            assert_eq!(live.lines(ORIGINS), wanted.lines(ORIGINS), "{old}\n→ {new}");
            project.migrate("check").ok();
            project.migrate("downgrade base --yes").ok();
            assert_eq!(live.lines(ORIGINS), before, "back: {new}\n→ {old}");
        }
    }
}
