//! Declared models become DDL for a shadow.
