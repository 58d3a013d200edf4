//! The wish to stop, of Ctrl-C and SIGTERM: every connection of this process hears it.
//!
//! A statement that runs is cancelled, and one that would begin is refused, so the error comes up the way of any other
//! error. What must be tidied up after it runs `undisturbed`.

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::sync::watch;

static WISH: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::channel(false).0);

thread_local! {
    static UNDISTURBED: Cell<bool> = const { Cell::new(false) };
}

/// Asks all that this process does on databases to stop; false if that was asked before.
pub fn request() -> bool {
    !WISH.send_replace(true)
}

/// Has this process been asked to stop?
pub fn requested() -> bool {
    *WISH.borrow()
}

/// Must the statement at hand stop, or not begin?
pub fn is_due() -> bool {
    requested() && !UNDISTURBED.get()
}

/// Returns when `is_due`; never within `undisturbed`.
pub async fn due() {
    if UNDISTURBED.get() || WISH.subscribe().wait_for(|wish| *wish).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Does what must be done after an interruption too.
pub fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    let before = UNDISTURBED.replace(true);
    let result = work();
    UNDISTURBED.set(before);
    result
}

/// Sleeps, but not through a wish to stop.
pub fn sleep(whole: Duration) {
    let mut left = whole;
    while !left.is_zero() && !is_due() {
        let piece = left.min(Duration::from_millis(50));
        std::thread::sleep(piece);
        left -= piece;
    }
}
