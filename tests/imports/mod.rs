//! Other tools' histories are taken over.
//!
//! `recorded` has histories written down by each tool's documented rule; `made` has the tools themselves make them, where
//! they are installed; `alembic`, `alembic_forms`, `alembic_guard` and `packages` go through a project's own Python.

mod alembic;
mod alembic_forms;
mod alembic_guard;
mod made;
mod packages;
mod recorded;

use serde_json::Value;

use super::support::Project;

/// A project whose revisions go into `revisions/`, so that `migrations/` is the other tool's.
fn project(url: &str) -> Project {
    let project = Project::empty();
    project.write("migrate.toml", &format!("[migrate]\nrevisions = [\"revisions\"]\n\n[database]\nurl = \"{url}\"\n"));
    project
}

/// The history of an import's report: what each row came to, as `original check` or `original check adopted`.
fn history(report: &Value) -> Vec<String> {
    let rows = report["history"].as_array().cloned().unwrap_or_default();
    rows.iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            let adopted = if row["adopted"] == true { " adopted" } else { "" };
            format!("{} {}{adopted}", text("original"), text("check"))
        })
        .collect()
}

/// The ids of the revisions of an import's report.
fn ids(report: &Value) -> Vec<String> {
    let revisions = report["revisions"].as_array().cloned().unwrap_or_default();
    revisions.iter().map(|revision| revision["revision"].as_str().unwrap_or_default().to_owned()).collect()
}
