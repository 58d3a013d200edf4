//! Where a catalog comes from: live, models, revisions replayed, a file, a URL.
