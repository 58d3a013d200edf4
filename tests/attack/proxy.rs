//! A proxy between the tool and a PostgreSQL server that stops the world at a chosen query.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where the proxy stops: at which query, counted from 1 over all connections, and where on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    pub query: usize,
    pub moment: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The server never sees the query.
    Sent,
    /// The server has begun with the query.
    Running,
    /// The server has answered the query, and the answer is lost.
    Answered,
}

/// A proxy that listens. The server's ends of connections stay open until the value is dropped, so the server does not
/// notice that a client is gone.
pub struct Proxy {
    port: u16,
    stopped: Receiver<()>,
    shared: Arc<Shared>,
}

struct Shared {
    stop: Option<Stop>,
    queries: AtomicUsize,
    sender: Mutex<Sender<()>>,
    servers: Mutex<Vec<TcpStream>>,
    /// The connection, by its place in `servers`, on which the query came.
    stopped_on: AtomicUsize,
}

/// Listens for the server on `server_port`.
pub fn before(server_port: u16, stop: Option<Stop>) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port to listen on");
    let port = listener.local_addr().expect("a bound port").port();
    let (sender, stopped) = channel();
    let shared = Arc::new(Shared {
        stop,
        queries: AtomicUsize::new(0),
        sender: Mutex::new(sender),
        servers: Mutex::default(),
        stopped_on: AtomicUsize::new(usize::MAX),
    });
    let proxy = Proxy { port, stopped, shared: Arc::clone(&shared) };
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", server_port)) else { continue };
            let swallows = Arc::new(AtomicBool::new(false));
            let (client_too, server_too) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let connection = {
                let mut servers = shared.servers.lock().unwrap();
                servers.push(server.try_clone().unwrap());
                servers.len() - 1
            };
            let (one, other) = (Arc::clone(&shared), Arc::clone(&shared));
            let swallowing = Arc::clone(&swallows);
            std::thread::spawn(move || one.queries(client, server, connection, &swallowing));
            std::thread::spawn(move || other.answers(server_too, client_too, &swallows));
        }
    });
    proxy
}

impl Proxy {
    /// The URL of `database` through the proxy.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Waits until the proxy has stopped; false if it has not within `patience`.
    pub fn has_stopped(&self, patience: Duration) -> bool {
        self.stopped.recv_timeout(patience).is_ok()
    }

    /// How many queries have come so far.
    pub fn queries(&self) -> usize {
        self.shared.queries.load(Ordering::SeqCst)
    }

    /// Closes the server's ends: it notices that the clients are gone.
    pub fn close(&self) {
        self.close_but(usize::MAX);
    }

    /// As `close`, but for the connection on which the proxy has stopped: its session waits for a client that is gone.
    pub fn close_others(&self) {
        self.close_but(self.shared.stopped_on.load(Ordering::SeqCst));
    }

    fn close_but(&self, kept: usize) {
        for (at, server) in self.shared.servers.lock().unwrap().iter().enumerate() {
            if at != kept {
                let _ = server.shutdown(Shutdown::Both);
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    /// Carries what the client sends, message by message. The first one has no type (PostgreSQL manual 55.7).
    fn queries(&self, mut client: TcpStream, mut server: TcpStream, connection: usize, swallows: &AtomicBool) {
        let mut is_first = true;
        while let Some(message) = message(&mut client, is_first) {
            if !is_first && message.first() == Some(&b'Q') {
                let number = self.queries.fetch_add(1, Ordering::SeqCst) + 1;
                if let Some(stop) = self.stop.filter(|stop| stop.query == number) {
                    swallows.store(true, Ordering::SeqCst);
                    self.stopped_on.store(connection, Ordering::SeqCst);
                    if stop.moment == Moment::Sent {
                        return self.stopped();
                    }
                    let _ = server.write_all(&message);
                    if stop.moment == Moment::Running {
                        self.stopped();
                    }
                    return;
                }
            }
            is_first = false;
            if server.write_all(&message).is_err() {
                return;
            }
        }
        // A client that is killed is not noticed; one that says goodbye has done so by a message.
    }

    fn answers(&self, mut server: TcpStream, mut client: TcpStream, swallows: &AtomicBool) {
        let mut buffer = [0; 1 << 14];
        while let Ok(length @ 1..) = server.read(&mut buffer) {
            let answer = &buffer[..length];
            if swallows.load(Ordering::SeqCst) {
                // ReadyForQuery is the last message of every answer.
                let is_whole = answer.len() >= 6 && answer[answer.len() - 6..].starts_with(&[b'Z', 0, 0, 0, 5]);
                if is_whole && self.stop.is_some_and(|stop| stop.moment == Moment::Answered) {
                    self.stopped();
                }
            } else if client.write_all(answer).is_err() {
                return;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
    }

    fn stopped(&self) {
        let _ = self.sender.lock().unwrap().send(());
    }
}

fn message(client: &mut TcpStream, is_first: bool) -> Option<Vec<u8>> {
    let mut message = vec![0; if is_first { 4 } else { 5 }];
    client.read_exact(&mut message).ok()?;
    let at = message.len() - 4;
    let length = u32::from_be_bytes(message[at..].try_into().ok()?) as usize;
    let begun = message.len();
    message.resize(at + length, 0);
    client.read_exact(&mut message[begun..]).ok()?;
    Some(message)
}
