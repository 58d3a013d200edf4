//! What stands between the binary and a server: servers that are none, and a proxy that stops passing anything on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A server in this process, on a port of 127.0.0.1, for as long as the process lives.
pub struct Fake {
    pub port: u16,
    /// All bytes that clients sent.
    received: Arc<Mutex<Vec<u8>>>,
}

/// A client's connection to a fake server.
pub struct Client {
    stream: TcpStream,
    received: Arc<Mutex<Vec<u8>>>,
}

/// Starts a server that does with each connection what `talk` does, each in a thread of its own.
pub fn fake(talk: impl Fn(Client) + Send + Sync + 'static) -> Fake {
    let received = Arc::new(Mutex::new(Vec::new()));
    let port = serve({
        let received = received.clone();
        move |stream| talk(Client { stream, received: received.clone() })
    });
    Fake { port, received }
}

fn serve(talk: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let talk = Arc::new(talk);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let talk = talk.clone();
            std::thread::spawn(move || talk(stream));
        }
    });
    port
}

impl Fake {
    pub fn url(&self, parameters: &str) -> String {
        format!("postgresql://ann:hunter2@127.0.0.1:{}/app?{parameters}", self.port)
    }

    pub fn has_received(&self, what: &str) -> bool {
        let received = self.received.lock().expect("nobody panics with it");
        received.windows(what.len()).any(|window| window == what.as_bytes())
    }
}

impl Client {
    /// Waits for some bytes; false at the end.
    pub fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).unwrap_or(0);
        self.received.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
        count > 0
    }

    /// Reads until a client has sent this, or goes.
    pub fn read_until(&mut self, what: &str) {
        let has_come = |received: &[u8]| received.windows(what.len()).any(|window| window == what.as_bytes());
        while self.read() && !has_come(&self.received.lock().expect("nobody panics with it")) {}
    }

    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Reads, and says nothing, until the client goes.
    pub fn stay_silent(&mut self) {
        while self.read() {}
    }
}

/// A message of a server: its type, its length, its content.
pub fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 4).expect("a short message");
    [&[kind][..], &length.to_be_bytes(), content].concat()
}

/// Passes on what a client and a server say to each other until it is told to stall; new connections are taken then, and
/// hear nothing.
pub struct Proxy {
    pub port: u16,
    stalled: Arc<AtomicBool>,
}

pub fn proxy(server: u16) -> Proxy {
    let stalled = Arc::new(AtomicBool::new(false));
    let port = serve({
        let stalled = stalled.clone();
        move |client| {
            if stalled.load(Ordering::SeqCst) {
                return std::thread::sleep(Duration::from_secs(600));
            }
            let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { return };
            let (back, forth) = (server.try_clone().expect("a socket"), client.try_clone().expect("a socket"));
            let silent = stalled.clone();
            std::thread::spawn(move || pass_on(back, forth, &silent));
            pass_on(client, server, &stalled);
        }
    });
    Proxy { port, stalled }
}

impl Proxy {
    pub fn stall(&self) {
        self.stalled.store(true, Ordering::SeqCst);
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, stalled: &AtomicBool) {
    let mut buffer = [0; 65536];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        if stalled.load(Ordering::SeqCst) {
            // Neither the data nor the end of the connection gets through.
            return std::thread::sleep(Duration::from_secs(600));
        }
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}
