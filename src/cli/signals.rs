//! Ctrl-C and SIGTERM.

use std::io::{IsTerminal, Write};

use crate::database::interruption;

/// Has the first signal stop the work in order: the running statement is cancelled, its transaction rolled back, the
/// lock given back, a temporary shadow dropped. Each further one calls `at_once`.
///
/// Where signals can't be listened to, they do what they do by default.
pub fn listen(at_once: impl Fn() + Send + 'static) {
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        runtime.block_on(async {
            let Ok(mut signals) = Signals::new() else { return };
            while signals.next().await.is_ok() {
                if !interruption::request() {
                    at_once();
                } else if std::io::stderr().is_terminal() {
                    let _ = writeln!(anstream::stderr(), "\nstopping; once more stops at once");
                }
            }
        });
    });
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> std::io::Result<()> {
        use std::pin::pin;
        futures_util::future::select(pin!(self.interrupt.recv()), pin!(self.terminate.recv())).await;
        Ok(())
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
