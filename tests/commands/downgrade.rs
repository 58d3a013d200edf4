//! `migrate downgrade`.

use super::upgrade::three;
use crate::support::site::on_both;

#[test]
fn the_way_down_ends_where_it_is_told() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        site.project.migrate("downgrade -1 --yes").ok();
        assert_eq!(site.applied(), ["r1 applied", "r2 applied"]);
        site.project.migrate("downgrade r1 --yes").ok();
        assert_eq!(site.applied(), ["r1 applied"]);
        site.project.migrate("downgrade base --yes").ok();
        assert!(!site.has_table("users"));
        let outcome = site.project.migrate("downgrade base --yes").ok();
        assert!(format!("{}{}", outcome.stdout, outcome.stderr).contains("nothing to do"), "{}", outcome.shown());
    });
}

#[test]
fn without_a_way_back_nothing_runs() {
    on_both(|site| {
        three(site);
        site.project.revision("r1", "", "CREATE TABLE users (id int PRIMARY KEY, name text DEFAULT 'a;é');", "");
        site.project.migrate("upgrade head").ok();
        let outcome = site.project.migrate("downgrade base --yes").exits(1);
        assert!(outcome.stderr.contains("r1 has no downgrade section"), "{}", outcome.shown());
        assert_eq!(site.applied().len(), 3);
        site.project.migrate("downgrade r1 --yes").ok();
    });
}

#[test]
fn a_failed_downgrade_leaves_the_state_before_it() {
    on_both(|site| {
        three(site);
        site.project.migrate("upgrade head").ok();
        site.execute("DROP INDEX users_email");
        site.project.migrate("downgrade base --yes").exits(1);
        assert_eq!(site.applied().len(), 3);
        assert_eq!(site.lines("SELECT count(*) FROM users"), ["1"]);
    });
}
