//! Revision files on disk: reading all of them, and writing a new one. All revision files are written here. The only part of `revision` that does I/O.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Revision;
use super::file::{self, FileError};
use super::written::{self, NotAsPlanned};

/// What the revision folders hold, in the order of the files' paths.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    pub revisions: Vec<Revision>,
    /// The files that could not be read.
    pub errors: Vec<FileError>,
    /// The folders that are not there.
    pub missing: Vec<PathBuf>,
    /// The folders that could not be read.
    pub unreadable: Vec<FileError>,
}

impl Folder {
    /// Returns all that could not be read: a missing or unreadable folder may hold any revision.
    pub fn into_errors(self) -> (Vec<Revision>, Vec<FileError>) {
        let missing = self.missing.iter().map(|folder| *FileError::new(folder, "the revisions folder does not exist"));
        let errors = missing.chain(self.unreadable).chain(self.errors).collect();
        (self.revisions, errors)
    }
}

/// Reads every `*.sql` file in `folders` and the folders below them, but for hidden ones.
///
/// A file that can't be read stops nothing: it is among the errors. Paths are shown relative to `here` (the current
/// folder) where they lie below it.
pub fn load(folders: &[PathBuf], here: &Path) -> Folder {
    let mut loaded = Folder::default();
    let mut files = Vec::new();
    for folder in folders {
        match folder.is_dir() {
            true => list(folder, folders, &mut files, &mut loaded.unreadable),
            false => loaded.missing.push(folder.clone()),
        }
    }
    files.sort_unstable();
    files.dedup();
    loaded.revisions.reserve(files.len());
    for path in files {
        let shown = path.strip_prefix(here).unwrap_or(&path);
        match std::fs::read(&path) {
            Ok(bytes) => match file::parse(shown, &bytes) {
                Ok(revision) => loaded.revisions.push(revision),
                Err(error) => loaded.errors.push(*error),
            },
            Err(error) => loaded.errors.push(cannot_read(shown, "file", &error)),
        }
    }
    loaded
}

/// Adds the files in and below `folder`; a folder that is in `folders` itself is left to its own turn.
fn list(folder: &Path, folders: &[PathBuf], files: &mut Vec<PathBuf>, unreadable: &mut Vec<FileError>) {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return unreadable.push(cannot_read(folder, "folder", &error)),
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let path = entry.path();
        // A symbolic link to a file is read; one to a folder is not followed, since it may lead back here.
        if name.ends_with(".sql") {
            files.push(path);
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !folders.contains(&path) {
            list(&path, folders, files, unreadable);
        }
    }
}

fn cannot_read(path: &Path, what: &str, error: &std::io::Error) -> FileError {
    *FileError::new(path, format!("cannot read the {what}: {error}"))
}

/// Why a revision file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    NotAsPlanned(#[from] NotAsPlanned),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Writes `text` as the new revision file `path`, which messages show as `shown`, and returns the revision that it holds.
///
/// # Errors
/// `NotAsPlanned` where the text, read back, is not the revision `planned`; what `write_new` says. Nothing is left behind.
pub fn write_revision(path: &Path, shown: &Path, text: &str, planned: &Revision) -> Result<Revision, WriteError> {
    let read = written::read_back(shown, text, planned)?;
    write_new(path, text)?;
    Ok(read)
}

/// Writes the new file `path`, whole or not at all, and makes the folders that it needs.
///
/// # Errors
/// `AlreadyExists` when there is such a file, which is left as it is.
pub fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".migrate-");
    #[cfg(unix)]
    {
        // As any new file: the umask takes away what it takes away.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(without_place)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(without_place)?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}

/// Returns the error without the name of a temporary file, which means nothing to the user.
///
/// Source: tempfile wraps the system's error into one of its own that ends with the path.
pub fn without_place(error: std::io::Error) -> std::io::Error {
    match error.to_string().split_once(" at path \"") {
        Some((cause, _)) => std::io::Error::new(error.kind(), cause),
        None => error,
    }
}
