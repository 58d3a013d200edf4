//! What declared DDL will look like in the catalog, where that is certain without asking a server.

pub mod ddl;
pub mod expression;
