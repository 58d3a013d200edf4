//! Privileges, and those that new objects get.

pub mod default_privilege;
pub mod privilege;
