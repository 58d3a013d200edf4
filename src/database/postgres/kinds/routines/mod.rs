//! Functions and what is made of them: aggregates, operators, languages, event triggers.

pub mod access_method;
pub mod aggregate;
pub mod event_trigger;
pub mod function;
pub mod language;
pub mod operator;
pub mod operator_class;
pub mod operator_family;
pub mod procedure;
