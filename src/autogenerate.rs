//! Two catalogs become the text of a revision, up and down, proved.
