//! Foreign data: wrappers, servers, user mappings, tables.

pub mod foreign_check;
pub mod foreign_column;
pub mod foreign_data_wrapper;
pub mod foreign_table;
pub mod server;
pub mod user_mapping;
