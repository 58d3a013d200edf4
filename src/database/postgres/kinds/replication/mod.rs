//! Logical replication.

pub mod publication;
pub mod publication_schema;
pub mod publication_table;
