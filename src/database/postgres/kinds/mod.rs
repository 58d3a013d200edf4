//! The list of kinds, in the order in which they are created where nothing else decides.

use crate::schema::kind::Kind;

pub static KINDS: &[&Kind] = &[];
