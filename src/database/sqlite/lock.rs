//! One run at a time over one file: a lock file beside it, which the operating system frees when its holder dies.
//!
//! SQLite's own lock is kept for one transaction only, and a `no-transaction` section has many.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Sqlite;
use crate::database::{DatabaseError, SqlError, interruption};

/// Holds the lock until it is dropped, or the process dies.
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Sqlite {
    /// Tries until the lock is free or `wait` is over, and tells `waiting` once who has it.
    pub(super) fn lock(&mut self, wait: Duration, waiting: &mut dyn FnMut(&str)) -> Result<(), DatabaseError> {
        let Some(database) = self.real_file() else { return Ok(()) };
        let mut name = database.into_os_string();
        name.push("-migrate-lock");
        let path = PathBuf::from(name);
        let failed = |error: std::io::Error| DatabaseError::Connect {
            place: self.place(),
            reason: format!("cannot create the lock file {}: {error}", path.display()),
            hint: Some("the folder of the database file must be writable, for SQLite's own journal too".to_owned()),
        };
        let started = Instant::now();
        let mut said = None;
        loop {
            if let Some(mut file) = try_once(&path).map_err(failed)? {
                let host = whoami::hostname().unwrap_or_default();
                let words = format!("process {} on {host} ({})", std::process::id(), self.application);
                let _ = file.set_len(0).and_then(|()| file.write_all(words.as_bytes()));
                self.lock = Some(Lock { file, path });
                return Ok(());
            }
            let holder = holder(&path);
            if said.as_ref() != Some(&holder) {
                waiting(&holder);
                said = Some(holder.clone());
            }
            let left = wait.saturating_sub(started.elapsed());
            if left.is_zero() {
                let waited_seconds = started.elapsed().as_secs();
                return Err(DatabaseError::Locked { place: self.place(), holder, waited_seconds });
            }
            if interruption::is_cancelled() {
                let doing = "waiting for another run of migrate".to_owned();
                return Err(DatabaseError::Sql { doing, error: SqlError::interrupted(0) });
            }
            std::thread::sleep(Duration::from_millis(50).min(left));
        }
    }

    /// The file without symbolic links and `..`, so that its lock is the same whatever the URL calls it; None in memory.
    ///
    /// Only a second hard link has a lock of its own. SQLite forbids that ("How To Corrupt An SQLite Database File", 2.5),
    /// and no statement runs twice there either: each is claimed in the file itself.
    fn real_file(&self) -> Option<PathBuf> {
        let opened = self.opened_file()?;
        Some(std::fs::canonicalize(&opened).unwrap_or(opened))
    }

    pub(super) fn unlock(&mut self) {
        self.lock = None;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is still locked: whoever waits for it sees that its name is gone, and makes a new one.
        let _ = std::fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

fn try_once(path: &Path) -> std::io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) if is_still_there(&file, path) => Ok(Some(file)),
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Was the file that is now locked removed by the holder before us?
#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(named)) => (ours.dev(), ours.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_still_there(_: &File, path: &Path) -> bool {
    path.exists()
}

fn holder(path: &Path) -> String {
    let mut words = String::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(0))?;
        file.read_to_string(&mut words)
    });
    match read {
        Ok(length) if length > 0 => words,
        _ => "another process".to_owned(),
    }
}
