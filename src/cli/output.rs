//! Results on stdout, messages and progress on stderr, colour, JSON.
