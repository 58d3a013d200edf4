//! The checksum of a revision: SHA-256 over what of it runs.
