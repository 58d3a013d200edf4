//! Requests to stop (Ctrl-C, SIGTERM, SIGHUP), which every connection of this process obeys.
//!
//! A statement that runs is cancelled, and one that would begin is refused, so the error comes up the way of any other
//! error. What must be tidied up after it runs `uninterruptible`. Neither is waited for without end: a server that does not
//! answer is given up.

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// When the process was asked to stop, and by which signal.
#[derive(Clone, Copy)]
struct RenameRequest {
    at: Instant,
    signal: Option<i32>,
}

static WISH: LazyLock<watch::Sender<Option<RenameRequest>>> = LazyLock::new(|| watch::channel(None).0);

/// How long after the request to wait for a cancelled statement.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// How long after the request cleaning up may take, and how long each piece of it may take at least.
const TIDYING: Duration = Duration::from_secs(6);
const LEAST: Duration = Duration::from_millis(500);

thread_local! {
    static UNDISTURBED: Cell<bool> = const { Cell::new(false) };
}

/// Asks all that this process does on databases to stop; false if that was asked before.
pub fn request() -> bool {
    request_by(None)
}

/// As `request`, because of a signal of that number.
pub fn request_by(signal: Option<i32>) -> bool {
    WISH.send_if_modified(|wish| {
        let is_first = wish.is_none();
        wish.get_or_insert(RenameRequest { at: Instant::now(), signal });
        is_first
    })
}

/// Has this process been asked to stop?
pub fn requested() -> bool {
    WISH.borrow().is_some()
}

/// The signal that asked this process to stop.
pub fn signal() -> Option<i32> {
    WISH.borrow().and_then(|wish| wish.signal)
}

/// Must the statement at hand stop, or not begin?
pub fn is_cancelled() -> bool {
    requested() && !UNDISTURBED.get()
}

/// Returns when `is_cancelled`; never within `uninterruptible`.
pub async fn due() {
    if UNDISTURBED.get() || WISH.subscribe().wait_for(Option::is_some).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Returns when the answer to what was sent is waited for no longer: some seconds after this process was asked to stop.
pub async fn overdue() {
    let patience = if UNDISTURBED.get() { TIDYING } else { PATIENCE };
    let mut wishes = WISH.subscribe();
    let wish = wishes.wait_for(Option::is_some).await.ok().and_then(|wish| *wish);
    match wish {
        Some(RenameRequest { at, .. }) => {
            let until = (at + patience).max(Instant::now() + LEAST);
            tokio::time::sleep_until(until.into()).await;
        }
        None => std::future::pending::<()>().await,
    }
}

/// Does what must be done after an interruption too.
pub fn uninterruptible<T>(work: impl FnOnce() -> T) -> T {
    let before = UNDISTURBED.replace(true);
    let result = work();
    UNDISTURBED.set(before);
    result
}

/// Sleeps, but not through a request to stop.
pub fn sleep(whole: Duration) {
    let mut left = whole;
    while !left.is_zero() && !is_cancelled() {
        let piece = left.min(Duration::from_millis(50));
        std::thread::sleep(piece);
        left -= piece;
    }
}
