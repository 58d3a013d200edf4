//! The bytes between this process and a server: a socket, TLS above it, and a look at how the server authenticates.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_rustls::client::TlsStream;

use super::url::{RequireAuth, SocketOptions};

/// Where a server listens.
#[derive(Clone, Debug)]
pub enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Address {
    /// The socket of a server in this folder.
    pub fn in_folder(folder: &str, port: u16) -> Address {
        Address::Unix(Path::new(folder).join(format!(".s.PGSQL.{port}")))
    }
}

pub enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Connects a socket and sets its options.
///
/// # Errors
/// The error of the operating system, a timeout among them.
pub async fn connect(address: &Address, options: &SocketOptions) -> io::Result<Socket> {
    match address {
        Address::Tcp(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let socket = SockRef::from(&stream);
            if options.keepalives {
                socket.set_keepalive(true)?;
                let keepalive = TcpKeepalive::new();
                let keepalive = options.idle.map_or(keepalive.clone(), |idle| keepalive.with_time(idle));
                let keepalive = options.interval.map_or(keepalive.clone(), |pause| keepalive.with_interval(pause));
                let keepalive = options.count.map_or(keepalive.clone(), |count| keepalive.with_retries(count));
                socket.set_tcp_keepalive(&keepalive)?;
            }
            #[cfg(target_os = "linux")]
            if options.user_timeout.is_some() {
                socket.set_tcp_user_timeout(options.user_timeout)?;
            }
            Ok(Socket::Tcp(stream))
        }
        #[cfg(unix)]
        Address::Unix(path) => Ok(Socket::Unix(UnixStream::connect(path).await?)),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::Error::other("there are no Unix sockets on this system")),
    }
}

/// A connection to a server, in clear or not.
pub enum Stream {
    Plain(Socket),
    Tls(Box<TlsStream<Socket>>),
}

/// Reads along until the server has let the client in: an answer that `require_auth` forbids, or that is none of
/// PostgreSQL's, becomes an error before anything is sent in return.
pub struct Watched {
    stream: Stream,
    watch: Option<Watch>,
}

impl Watched {
    pub fn new(stream: Stream, require_auth: Option<RequireAuth>) -> Watched {
        Watched { stream, watch: Some(Watch { require_auth, ..Watch::default() }) }
    }
}

/// The longest message that a server sends before it has let a client in; libpq takes no longer one either.
const LONGEST: usize = 30_000;

/// What has been read of the message at hand.
#[derive(Default)]
struct Watch {
    require_auth: Option<RequireAuth>,
    /// Its type, length and, for authentication, the request's number.
    head: Vec<u8>,
    /// How many bytes of the message are still to come after its head.
    rest: usize,
    /// A method has been asked for, and answered.
    asked: bool,
    done: bool,
}

impl Watch {
    fn see(&mut self, mut bytes: &[u8]) -> Result<(), String> {
        while !self.done && !bytes.is_empty() {
            let skipped = self.rest.min(bytes.len());
            self.rest -= skipped;
            bytes = &bytes[skipped..];
            let Some((&byte, after)) = bytes.split_first() else { break };
            self.head.push(byte);
            bytes = after;
            match self.head.as_slice() {
                [b'R' | b'E' | b'N' | b'v'] => {}
                [_] => return Err("what answers there is not a PostgreSQL server".to_owned()),
                [kind, a, b, c, d] => {
                    let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
                    let least = if *kind == b'R' { 8 } else { 4 };
                    if !(least..=LONGEST).contains(&length) {
                        return Err(format!(
                            "the server announces a message of {length} bytes, which none of PostgreSQL's is"
                        ));
                    }
                    if *kind != b'R' {
                        self.rest = length - 4;
                        self.head.clear();
                    }
                }
                [b'R', a, b, c, d, e, f, g, h] => {
                    let request = u32::from_be_bytes([*e, *f, *g, *h]);
                    self.rest = u32::from_be_bytes([*a, *b, *c, *d]) as usize - 8;
                    self.head.clear();
                    self.authentication(request)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Source: PostgreSQL manual 53.7, the formats of `Authentication…`.
    fn authentication(&mut self, request: u32) -> Result<(), String> {
        let (method, words) = match request {
            0 if self.asked => {
                self.done = true;
                return Ok(());
            }
            0 => ("none", "no authentication"),
            3 => ("password", "the password in clear"),
            5 => ("md5", "an MD5 hash of the password"),
            7 | 8 => ("gss", "GSSAPI"),
            9 => ("sspi", "SSPI"),
            10 => ("scram-sha-256", "SCRAM-SHA-256"),
            // The exchange continues.
            11 | 12 => return Ok(()),
            _ => ("", "a kind of authentication that migrate does not have"),
        };
        self.done = request == 0;
        self.asked = true;
        match &self.require_auth {
            Some(required) if !required.allows(method) => {
                Err(format!("the server asks for {words}, which require_auth={} forbids", required.text))
            }
            _ => Ok(()),
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(match &mut self.stream {
            Stream::Plain(socket) => Pin::new(socket).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        })?;
        if let Some(watch) = &mut self.watch {
            watch.see(&buffer.filled()[before..]).map_err(io::Error::other)?;
            if watch.done {
                self.watch = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// Passes writing on to what is inside.
macro_rules! writes {
    ($type:ty, $self:ident => $inside:expr, $($variant:pat => $stream:ident),*) => {
        impl AsyncWrite for $type {
            fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
                let $self = &mut *self;
                match &mut $inside { $($variant => Pin::new($stream).poll_write(context, bytes)),* }
            }

            fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $self = &mut *self;
                match &mut $inside { $($variant => Pin::new($stream).poll_flush(context)),* }
            }

            fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $self = &mut *self;
                match &mut $inside { $($variant => Pin::new($stream).poll_shutdown(context)),* }
            }
        }
    };
}

writes!(Watched, this => this.stream, Stream::Plain(stream) => stream, Stream::Tls(stream) => stream);
#[cfg(unix)]
writes!(Socket, this => *this, Socket::Tcp(stream) => stream, Socket::Unix(stream) => stream);
#[cfg(not(unix))]
writes!(Socket, this => *this, Socket::Tcp(stream) => stream);

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Socket::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            #[cfg(unix)]
            Socket::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: u32) -> Vec<u8> {
        [b"R".as_slice(), &8u32.to_be_bytes(), &number.to_be_bytes()].concat()
    }

    fn seen(require: Option<(&[&'static str], bool)>, messages: &[Vec<u8>]) -> Result<bool, String> {
        let require_auth =
            require.map(|(methods, negated)| RequireAuth { methods: methods.to_vec(), negated, text: String::new() });
        let mut watch = Watch { require_auth, ..Watch::default() };
        // Byte by byte: a message may come in any pieces.
        for byte in messages.concat() {
            watch.see(&[byte])?;
        }
        Ok(watch.done)
    }

    #[test]
    fn authentication_is_watched_to_its_end() {
        assert_eq!(seen(None, &[request(3), request(0)]), Ok(true));
        assert_eq!(seen(None, &[request(10)]), Ok(false));
        for (methods, negated, messages, passes) in [
            (["scram-sha-256"].as_slice(), false, [10, 11, 12, 0].as_slice(), true),
            (&["scram-sha-256"], false, &[3], false),
            (&["scram-sha-256"], false, &[5], false),
            (&["scram-sha-256"], false, &[0], false),
            (&["none", "md5"], false, &[0], true),
            (&["password"], true, &[3], false),
            (&["password"], true, &[0], true),
            (&["none"], true, &[0], false),
            (&["none"], true, &[5, 0], true),
        ] {
            let messages: Vec<Vec<u8>> = messages.iter().map(|number| request(*number)).collect();
            assert_eq!(seen(Some((methods, negated)), &messages).is_ok(), passes, "{methods:?} {negated} {messages:?}");
        }
        assert!(seen(None, &[b"HTTP/1.1 400".to_vec()]).is_err());
        assert!(seen(None, &[[b"R".as_slice(), &0x7fff_ffffu32.to_be_bytes()].concat()]).is_err());
    }
}
