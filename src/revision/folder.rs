//! The folders of revision files: reads all, writes a new one.
