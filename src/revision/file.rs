//! The text of one revision file into a `Revision` and back.
