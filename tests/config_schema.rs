//! docs/migrate.schema.json says what `config` reads.

use crate::support::repository;

/// `MIGRATE_TEST_UPDATE=1 cargo test config_schema` writes the file anew.
#[test]
fn the_published_schema_is_the_one_of_the_code() {
    let path = repository().join("docs/migrate.schema.json");
    let now = format!("{:#}\n", migrate::config::json_schema());
    if std::env::var_os("MIGRATE_TEST_UPDATE").is_some() {
        std::fs::write(&path, &now).expect("docs/ can be written");
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == now, "docs/migrate.schema.json is stale: run MIGRATE_TEST_UPDATE=1 cargo test config_schema");
}
