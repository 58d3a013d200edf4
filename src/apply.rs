//! A route through the graph becomes statements; runs them, or writes them as an offline script.
