//! The graph of revisions: heads, bases, ancestors, routes, and what is wrong with it.
