//! PgBouncer in transaction mode before a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use super::server::{Server, as_server_user, free_port, give, wait_until};
use super::skip;

/// A running PgBouncer; stopped with the value.
pub struct PgBouncer {
    child: Child,
    folder: PathBuf,
    port: u16,
}

/// Starts one that pools transactions over few server connections; None (and a word about it) where it isn't installed.
pub fn before(server: &Server, server_connections: u32) -> Option<PgBouncer> {
    let program = program()?;
    let folder = tempfile::Builder::new().prefix("migrate-pgbouncer-").tempdir().expect("a temporary folder").keep();
    let port = free_port();
    let configuration = format!(
        "[databases]\n* = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = any\npool_mode = transaction\ndefault_pool_size = {server_connections}\nmax_client_conn = 200\n\
         ignore_startup_parameters = extra_float_digits,options\nserver_round_robin = 0\n[users]\n",
        server.folder().display(),
        server.port(),
    );
    // Any client is taken for `postgres`, as on the server, where everybody is trusted.
    let configuration = configuration.replace("* = host", "* = user=postgres host");
    let file = folder.join("pgbouncer.ini");
    fs::write(&file, configuration).expect("a file in our folder");
    give(&folder);
    let child = as_server_user(&program).arg("-q").arg(&file).spawn().expect("pgbouncer can be started");
    let pooler = PgBouncer { child, folder, port };
    wait_until("PgBouncer listens", Duration::from_secs(10), || {
        std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    });
    Some(pooler)
}

fn program() -> Option<PathBuf> {
    let on_path = Command::new("pgbouncer").arg("--version").output().is_ok();
    let debian = Path::new("/usr/sbin/pgbouncer");
    match (on_path, debian.exists()) {
        (true, _) => Some(PathBuf::from("pgbouncer")),
        (false, true) => Some(debian.to_owned()),
        (false, false) => skip("no PgBouncer"),
    }
}

impl PgBouncer {
    /// The URL of a database of the server, through the pool.
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
