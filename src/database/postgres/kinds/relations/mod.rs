//! Tables and their children: columns, constraints, indexes, views, triggers, policies, sequences.

pub mod column;
pub mod constraint;
pub mod default;
pub mod identity;
pub mod index;
pub mod inheritance;
pub mod inherited;
pub mod materialized_view;
pub mod names;
pub mod not_null;
pub mod options;
pub mod partition;
pub mod partition_trigger;
pub mod policy;
pub mod recreate_table;
pub mod rule;
pub mod sequence;
pub mod statistics;
pub mod table;
pub mod trigger;
pub mod view;
pub mod view_default;
