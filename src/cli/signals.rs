//! Ctrl-C, SIGTERM and SIGHUP.

use std::io::{IsTerminal, Write};

use crate::database::interruption;

/// Has the first signal stop the work in order: the running statement is cancelled, its transaction rolled back, the
/// lock given back, a temporary shadow dropped; all that within some seconds, whether or not the server answers. Each
/// further one calls `at_once` with its number.
///
/// A signal that this process was started to ignore (`nohup`) is left ignored. Where signals can't be listened to, they do
/// what they do by default.
pub fn listen(at_once: impl Fn(i32) + Send + 'static) {
    let listened = (1..=15).filter(|signal| is_listened_to(*signal)).collect::<Vec<i32>>();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::new(&listened) else { return };
            while let Some(signal) = signals.next().await {
                if !interruption::request_by(Some(signal)) {
                    at_once(signal);
                } else if std::io::stderr().is_terminal() {
                    let _ = writeln!(anstream::stderr(), "\nstopping; press Ctrl-C again to stop at once");
                }
            }
        });
    });
}

#[cfg(unix)]
fn is_listened_to(signal: i32) -> bool {
    if ![libc::SIGHUP, libc::SIGINT, libc::SIGTERM].contains(&signal) {
        return false;
    }
    // SAFETY: sigaction with no new action only fills the structure that it is given.
    unsafe {
        let mut found: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut found) != 0 || found.sa_sigaction != libc::SIG_IGN
    }
}

#[cfg(not(unix))]
fn is_listened_to(signal: i32) -> bool {
    signal == 2
}

#[cfg(unix)]
struct Signals(Vec<(i32, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    fn new(listened: &[i32]) -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = listened.iter().map(|&number| Ok((number, signal(SignalKind::from_raw(number))?)));
        signals.collect::<std::io::Result<_>>().map(Signals)
    }

    /// Returns the number of the next signal; None if there will be none.
    async fn next(&mut self) -> Option<i32> {
        std::future::poll_fn(|context| {
            let came =
                self.0.iter_mut().find_map(|(number, signal)| signal.poll_recv(context).is_ready().then_some(*number));
            came.map_or(std::task::Poll::Pending, |number| std::task::Poll::Ready(Some(number)))
        })
        .await
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new(_: &[i32]) -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) -> Option<i32> {
        tokio::signal::ctrl_c().await.ok().map(|()| 2)
    }
}
