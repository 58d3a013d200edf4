//! From settings to a session: hosts and their addresses in turn, TLS or not, the startup, what the session must be like.
//!
//! Source: PostgreSQL manual 34.1.1.3 (several hosts), 34.19 (SSL support), libpq's `PQconnectPoll`.

use std::future::{Future, Ready, poll_fn, ready};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::{FutureExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_postgres::config::{ChannelBinding as ClientBinding, Config, SslMode as ClientSslMode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding as Binding, TlsConnect, TlsStream};
use tokio_postgres::{AsyncMessage, Client, SimpleQueryMessage};

use super::stream::{self, Address, Stream, Watched};
use super::tls::{self, TlsError};
use super::url::{ChannelBinding, Host, SessionAttributes, Settings, SslMode, Tls};

/// A session that is ready for queries.
pub struct Session {
    pub client: Client,
    /// As the server reports it.
    pub version: String,
    pub route: Route,
}

/// How a server was reached, to reach it again.
#[derive(Clone)]
pub struct Route {
    address: Address,
    host: String,
    tls: Option<Tls>,
    socket: super::url::SocketOptions,
}

/// Why there is no session.
pub struct Refusal {
    pub message: String,
    pub hint: Option<String>,
    next: Next,
}

/// What may help after a refusal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The same server in clear instead of with TLS, or the other way round.
    Way,
    Host,
    Nothing,
}

impl Refusal {
    fn new(next: Next, message: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), hint: None, next }
    }

    fn hint(self, hint: impl Into<String>) -> Refusal {
        Refusal { hint: Some(hint.into()), ..self }
    }
}

/// Connects to the first host that fits.
///
/// # Errors
/// `Refusal` of the last host that was tried.
pub async fn connect(settings: &Settings, application: &str) -> Result<Session, Refusal> {
    let passes: &[SessionAttributes] = match settings.session {
        SessionAttributes::PreferStandby => &[SessionAttributes::Standby, SessionAttributes::Any],
        ref other => std::slice::from_ref(other),
    };
    let mut hosts: Vec<&Host> = settings.hosts.iter().collect();
    if settings.load_balance {
        shuffle(&mut hosts);
    }
    let mut refusals: Vec<(String, Refusal)> = Vec::new();
    for wanted in passes {
        refusals.clear();
        for host in &hosts {
            match connect_host(settings, host, application, *wanted).await {
                Ok(session) => return Ok(session),
                Err(refusal) => {
                    let is_last = refusal.next == Next::Nothing;
                    refusals.push((format!("{}:{}", host.name, host.port), refusal));
                    if is_last {
                        return Err(together(refusals));
                    }
                }
            }
        }
    }
    Err(together(refusals))
}

/// One refusal out of those of all hosts.
fn together(mut refusals: Vec<(String, Refusal)>) -> Refusal {
    let message = match refusals.as_slice() {
        [] => "no way to connect was tried".to_owned(),
        [(_, only)] => only.message.clone(),
        several => {
            let lines: Vec<String> =
                several.iter().map(|(host, refusal)| format!("{host}: {}", refusal.message)).collect();
            lines.join("; ")
        }
    };
    let hint = refusals.pop().and_then(|(_, last)| last.hint);
    Refusal { message, hint, next: Next::Nothing }
}

fn shuffle<T>(list: &mut Vec<T>) {
    let random = RandomState::new();
    let mut keyed: Vec<(u64, T)> = list.drain(..).enumerate().map(|(at, item)| (random.hash_one(at), item)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    list.extend(keyed.into_iter().map(|(_, item)| item));
}

async fn connect_host(
    settings: &Settings,
    host: &Host,
    application: &str,
    wanted: SessionAttributes,
) -> Result<Session, Refusal> {
    let mut addresses = match host.address {
        Some(address) => vec![Address::Tcp((address, host.port).into())],
        None if host.is_socket() => vec![Address::in_folder(&host.name, host.port)],
        None => {
            let found = within(settings, tokio::net::lookup_host((host.name.as_str(), host.port))).await?;
            let found = found.map_err(|error| {
                Refusal::new(Next::Host, format!("there is no host {}: {error}", host.name))
                    .hint("check the host's name in the URL (or PGHOST)")
            })?;
            found.map(Address::Tcp).collect()
        }
    };
    if settings.load_balance {
        shuffle(&mut addresses);
    }
    let mut last = Refusal::new(Next::Host, format!("the host {} has no address", host.name));
    for address in addresses {
        let tried = within(settings, connect_address(settings, host, &address, application, wanted)).await;
        match tried.and_then(|session| session) {
            Ok(session) => return Ok(session),
            Err(refusal) if refusal.next == Next::Nothing => return Err(refusal),
            Err(refusal) => last = refusal,
        }
    }
    Err(last)
}

/// Waits as long as the settings allow for one host.
async fn within<T>(settings: &Settings, work: impl Future<Output = T>) -> Result<T, Refusal> {
    let left = settings.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let limit = settings.connect_timeout.into_iter().chain(left).min();
    let Some(limit) = limit else { return Ok(work.await) };
    tokio::time::timeout(limit, work).await.map_err(|_| {
        let refusal = Refusal::new(Next::Host, format!("no answer within {}", in_words(limit)));
        match left {
            Some(left) if left == limit => refusal,
            _ => refusal.hint("`connect_timeout` in the URL says how many seconds a host may take"),
        }
    })
}

fn in_words(time: Duration) -> String {
    match time.subsec_millis() {
        0 => format!("{} s", time.as_secs()),
        _ => format!("{} ms", time.as_millis()),
    }
}

/// Tries the ways that `sslmode` allows, one after the other (PostgreSQL manual, table 34.1).
async fn connect_address(
    settings: &Settings,
    host: &Host,
    address: &Address,
    application: &str,
    wanted: SessionAttributes,
) -> Result<Session, Refusal> {
    let ways: &[bool] = match (address, settings.tls.mode) {
        // TLS is never used over a Unix socket.
        (Address::Unix(_), _) | (_, SslMode::Disable) => &[false],
        (_, SslMode::Allow) => &[false, true],
        (_, SslMode::Prefer) => &[true, false],
        (_, SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull) => &[true],
    };
    let mut first: Option<Refusal> = None;
    for with_tls in ways {
        match try_once(settings, host, address, *with_tls, application, wanted).await {
            Ok(session) => return Ok(session),
            Err(refusal) if refusal.next == Next::Way => _ = first.get_or_insert(refusal),
            // What the first way met says more than that the second one is refused too.
            Err(refusal) => return Err(first.unwrap_or(refusal)),
        }
    }
    let refusal = first.unwrap_or_else(|| Refusal::new(Next::Host, "no way to connect was tried"));
    Err(Refusal { next: Next::Nothing, ..refusal })
}

async fn try_once(
    settings: &Settings,
    host: &Host,
    address: &Address,
    with_tls: bool,
    application: &str,
    wanted: SessionAttributes,
) -> Result<Session, Refusal> {
    let route = Route {
        address: address.clone(),
        host: host.name.clone(),
        tls: with_tls.then(|| settings.tls.clone()),
        socket: settings.socket.clone(),
    };
    let (stream, binding) = route.open().await?;
    let is_tls = matches!(stream, Stream::Tls(_));
    if settings.channel_binding == ChannelBinding::Require && binding.is_none() {
        let why = match is_tls {
            true => {
                "the server's certificate is signed in a way that has no channel binding, and channel_binding=require"
            }
            false => "channel_binding=require needs TLS, and this connection has none",
        };
        return Err(Refusal::new(if is_tls { Next::Nothing } else { Next::Way }, why));
    }
    if settings.tls.certificate_mode == super::url::CertificateMode::Require && !is_tls {
        return Err(Refusal::new(Next::Way, "sslcertmode=require needs TLS, and this connection has none"));
    }
    let config = client_config(settings, host, is_tls, application);
    let watched = Watched::new(stream, settings.require_auth.clone());
    let connected = config.connect_raw(watched, Done { binding }).await;
    let (client, mut connection) = connected.map_err(|error| refusal(&error, settings, host))?;
    let parameter = |name: &str| connection.parameter(name).map(str::to_owned);
    let version = parameter("server_version").unwrap_or_default();
    // Reported since PostgreSQL 14; a pooler may leave them out.
    let reported = parameter("in_hot_standby").zip(parameter("default_transaction_read_only"));
    tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(AsyncMessage::Notice(notice)) => match notice.severity() {
                    "WARNING" => tracing::warn!(code = notice.code().code(), "{}", notice.message()),
                    _ => tracing::info!(code = notice.code().code(), "{}", notice.message()),
                },
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "the connection ended");
                    break;
                }
            }
        }
    });
    if wanted != SessionAttributes::Any {
        let (standby, read_only) = match reported {
            Some((standby, read_only)) => (standby == "on", standby == "on" || read_only == "on"),
            None => ask(&client).await.map_err(|error| refusal(&error, settings, host))?,
        };
        if let Some(why) = unfit(wanted, standby, read_only) {
            return Err(Refusal::new(Next::Host, why));
        }
    }
    let route = Route { tls: route.tls.filter(|_| is_tls), ..route };
    Ok(Session { client, version, route })
}

/// Is the server a standby, and does a session on it only read?
async fn ask(client: &Client) -> Result<(bool, bool), tokio_postgres::Error> {
    let query = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";
    let mut rows = pin!(client.simple_query_raw(query).await?);
    let mut answer = (false, false);
    while let Some(message) = rows.next().await {
        if let SimpleQueryMessage::Row(row) = message? {
            answer = (row.try_get(0)? == Some("t"), row.try_get(1)? == Some("on"));
        }
    }
    Ok(answer)
}

/// Says why a session is not as `target_session_attrs` wants it.
fn unfit(wanted: SessionAttributes, standby: bool, read_only: bool) -> Option<&'static str> {
    match wanted {
        SessionAttributes::ReadWrite if read_only => {
            Some("the session is read-only, and target_session_attrs=read-write")
        }
        SessionAttributes::ReadOnly if !read_only => {
            Some("the session is not read-only, and target_session_attrs=read-only")
        }
        SessionAttributes::Primary if standby => Some("the server is a standby, and target_session_attrs=primary"),
        SessionAttributes::Standby if !standby => Some("the server is not a standby, and target_session_attrs=standby"),
        _ => None,
    }
}

impl Route {
    /// Connects the socket, and TLS above it if that is wanted and the server has it; with what binds a password exchange
    /// to it.
    async fn open(&self) -> Result<(Stream, Option<Vec<u8>>), Refusal> {
        let socket = stream::connect(&self.address, &self.socket).await;
        let mut socket = socket.map_err(|error| unreachable_there(&error))?;
        let Some(tls) = &self.tls else { return Ok((Stream::Plain(socket), None)) };
        if !tls.direct {
            // SSLRequest (PostgreSQL manual 53.7).
            let lost =
                |error: io::Error| Refusal::new(Next::Host, format!("the server closed the connection: {error}"));
            socket.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).await.map_err(lost)?;
            match socket.read_u8().await.map_err(lost)? {
                b'S' => {}
                b'N' if tls.mode <= SslMode::Prefer => return Ok((Stream::Plain(socket), None)),
                b'N' => {
                    return Err(Refusal::new(Next::Nothing, "server does not support TLS")
                        .hint("let the server have a certificate (`ssl = on`), or write another sslmode in the URL"));
                }
                _ => return Err(Refusal::new(Next::Host, "what answers there is not a PostgreSQL server")),
            }
        }
        match tls::handshake(tls, &self.host, socket).await {
            Ok(stream) => {
                let binding = tls::channel_binding(&stream);
                Ok((Stream::Tls(Box::new(stream)), binding))
            }
            Err(TlsError::Here(message)) => Err(Refusal::new(Next::Nothing, message)),
            Err(TlsError::Handshake(message)) => Err(Refusal::new(Next::Way, message)),
        }
    }

    /// Asks the server to cancel what the session of this client does.
    pub async fn cancel(&self, client: &Client) {
        if let Ok((stream, binding)) = self.open().await {
            let _ = client.cancel_token().cancel_query_raw(Watched::new(stream, None), Done { binding }).await;
        }
    }
}

fn unreachable_there(error: &io::Error) -> Refusal {
    let refusal = Refusal::new(Next::Host, error.to_string());
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            refusal.hint("is the server running there, and does it listen on that port?")
        }
        _ => refusal,
    }
}

fn client_config(settings: &Settings, host: &Host, is_tls: bool, application: &str) -> Config {
    let mut config = Config::new();
    config.user(&settings.user).dbname(&settings.database);
    config.application_name(settings.application_name.as_deref().unwrap_or(application));
    config.channel_binding(match settings.channel_binding {
        ChannelBinding::Disable => ClientBinding::Disable,
        ChannelBinding::Prefer => ClientBinding::Prefer,
        ChannelBinding::Require => ClientBinding::Require,
    });
    if let Some(password) = &host.password {
        config.password(password);
    }
    if let Some(options) = &settings.options {
        config.options(options);
    }
    // The handshake is over when the client gets the stream, which "direct" has it take for granted.
    match is_tls {
        true => config.ssl_mode(ClientSslMode::Require).ssl_negotiation(SslNegotiation::Direct),
        false => config.ssl_mode(ClientSslMode::Disable),
    };
    config
}

fn refusal(error: &tokio_postgres::Error, settings: &Settings, host: &Host) -> Refusal {
    let message = reason(error);
    let Some(said) = error.as_db_error() else {
        let refusal = Refusal::new(if message.contains("closed") { Next::Host } else { Next::Nothing }, &message);
        return match message.contains("password missing") {
            true => refusal.hint("give the password in the URL, in PGPASSWORD or in ~/.pgpass"),
            false => refusal,
        };
    };
    match said.code().code() {
        // cannot_connect_now: it starts up, shuts down or recovers.
        "57P03" => Refusal::new(Next::Host, message),
        // A refusal by pg_hba.conf; the other way may have another line there.
        "28000" => Refusal::new(Next::Way, message),
        "28P01" => {
            let refusal = Refusal::new(Next::Nothing, message);
            match host.password {
                Some(_) => refusal.hint("check the user and the password (URL, PGPASSWORD, ~/.pgpass)"),
                None => refusal,
            }
        }
        "3D000" => Refusal::new(Next::Nothing, message).hint("create the database first: `migrate database create`"),
        _ if said.message().contains("query_wait_timeout") => Refusal::new(Next::Nothing, message).hint(POOL),
        _ if said.message().contains("unsupported startup parameter: options") && settings.options.is_some() => {
            Refusal::new(Next::Nothing, message)
                .hint("a connection pooler is in between: remove `options` from the URL")
        }
        _ => Refusal::new(Next::Nothing, message),
    }
}

/// What to do when PgBouncer had no server connection free for `query_wait_timeout` seconds.
pub const POOL: &str = "a pooler had no server connection free: a run needs two of them at once (PgBouncer: `default_pool_size` or \
                        `pool_size` of 2 at least)";

/// What an error says, with its cause.
pub fn reason(error: &tokio_postgres::Error) -> String {
    use std::error::Error;
    match (error.as_db_error(), error.source()) {
        (Some(refusal), _) => refusal.message().to_owned(),
        // What `Watched` says about the server's answer is the whole sentence.
        (None, Some(cause))
            if cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::Other) =>
        {
            cause.to_string()
        }
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

/// Has the server, by a message of its own that nothing waits for, keep this session while it is idle: a run waits for
/// the lock, for a shadow or for the user. A pooler that shares the server's session takes no harm from it.
///
/// Source: PostgreSQL manual 20.11.1, `idle_session_timeout` (14).
pub fn keep_while_idle(client: &Client) {
    let _ = client.batch_execute("SET idle_session_timeout = 0").now_or_never();
}

/// The TLS handshake of a stream that has done it.
struct Done {
    binding: Option<Vec<u8>>,
}

struct Bound {
    stream: Watched,
    binding: Option<Vec<u8>>,
}

impl TlsConnect<Watched> for Done {
    type Stream = Bound;
    type Error = io::Error;
    type Future = Ready<Result<Bound, io::Error>>;

    fn connect(self, stream: Watched) -> Self::Future {
        ready(Ok(Bound { stream, binding: self.binding }))
    }
}

impl TlsStream for Bound {
    fn channel_binding(&self) -> Binding {
        self.binding.clone().map_or_else(Binding::none, Binding::tls_server_end_point)
    }
}

impl AsyncRead for Bound {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Bound {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
