//! Types, and how values change from one to another.

pub mod cast;
pub mod collation;
pub mod column_cast;
pub mod composite;
pub mod conversion;
pub mod domain;
pub mod domain_constraint;
pub mod enumeration;
pub mod range;
pub mod recreate_type;
