//! A PostgreSQL server of a test's own, to be killed without warning and started again. Linux only: what is left of
//! a killed server is found in /proc.
use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use crate::child::{Signal, Watched};
use crate::wait::eventually;

/// For a start with crash recovery, a stop, or the last process to go, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
fsync = on
synchronous_commit = on
full_page_writes = on
";

/// A cluster in a temporary directory on a port of its own, that it keeps over restarts.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    account: Option<Account>,
    port: u16,
    server: Option<Watched>,
    // Last: the directory goes when the server has gone.
    directory: TempDir,
}

/// The system user that runs the server: PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Makes a cluster (superuser `kulta`, no password) and starts it.
    pub async fn new() -> Self {
        let account = account();
        let bin = binaries();
        let directory = temporary_directory(account);
        let mut cluster = Self { bin, account, port: 0, server: None, directory };
        cluster.init();
        // Somebody else may take the port between the look at it and the start.
        for _ in 0..5 {
            cluster.port = free_port();
            if cluster.try_start().await {
                return cluster;
            }
        }
        panic!("PostgreSQL does not start: {}", cluster.log());
    }

    /// Starts the stopped or killed server and waits until it answers.
    pub async fn start(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        assert!(self.try_start().await, "PostgreSQL does not start: {}", self.log());
    }

    /// Kills the whole server with SIGKILL: the postmaster first, so that no new children come, then the children.
    /// Returns when none is left. Only what the server had written to its files is there afterwards.
    pub async fn kill_9(&mut self) {
        let server = self.server.take().expect("the server runs");
        assert_eq!(Some(server.pid()), self.postmaster_pid(), "postmaster.pid names another process");
        server.kill();
        let data = self.data();
        eventually(PATIENCE, || async { kill_processes_in(&data) }).await;
    }

    /// Stops the server in an orderly way; connections are cut.
    pub async fn stop(&mut self) {
        let server = self.server.take().expect("the server runs");
        server.signal(Signal::Int);
        eventually(PATIENCE, || async { server.ended() }).await;
    }

    /// Stops the server if it runs, and starts it.
    pub async fn restart(&mut self) {
        if self.server.is_some() {
            self.stop().await;
        }
        self.start().await;
    }

    /// Address of its database `postgres`; the same over restarts.
    pub fn url(&self) -> String {
        format!("postgres://kulta@127.0.0.1:{}/postgres", self.port)
    }

    /// The data directory, readable to a test that looks for clear text in its files.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Process number of the running postmaster, as its lock file has it.
    pub fn postmaster_pid(&self) -> Option<u32> {
        let lock = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        lock.lines().next()?.trim().parse().ok()
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.current_dir(self.directory.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    fn init(&self) {
        let made = self
            .command("initdb")
            .args(["--username=kulta", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(self.data())
            .output()
            .expect("initdb can be run");
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let path = self.data().join("postgresql.conf");
        let standard = fs::read_to_string(&path).expect("initdb writes postgresql.conf");
        // A killed server begins by syncing its thousand files one by one; all at once takes a hundredth of the time.
        let known = standard.contains("recovery_init_sync_method");
        let recovery = if known { "recovery_init_sync_method = syncfs\n" } else { "" };
        fs::write(&path, standard + SETTINGS + recovery).expect("postgresql.conf can be written");
    }

    /// False when the server has given up.
    async fn try_start(&mut self) -> bool {
        let log = fs::File::options().create(true).append(true).open(self.log_path()).expect("a log file can be made");
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        command.stdout(log.try_clone().expect("a file handle can be cloned")).stderr(log);
        let server = Watched::spawn(&mut command).expect("postgres can be run");
        let url = self.url();
        let answers = eventually(PATIENCE, || async {
            let connected = PgConnection::connect(&url).await;
            // Another server that took the port would answer too.
            if server.ended().is_some() { Ok(false) } else { connected.map(|_| true) }
        })
        .await;
        self.server = answers.then_some(server);
        answers
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.signal(Signal::Quit);
            server.wait(Duration::from_secs(10));
        }
        // Best effort: a server whose data directory is gone ends by itself within a minute.
        let _ = kill_processes_in(&self.data());
    }
}

/// Kills what has its working directory in `data`, as every process of a server has; the error counts them.
fn kill_processes_in(data: &Path) -> Result<(), String> {
    let processes = fs::read_dir("/proc").map_err(|error| format!("no /proc: {error}"))?;
    let found = processes
        .flatten()
        .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|directory| directory == data))
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| Signal::Kill.send(*pid))
        .count();
    match found {
        0 => Ok(()),
        _ => Err(format!("{found} processes left")),
    }
}

/// A directory that the account may write to; below the one that `tests/run.sh` removes at the end, if it runs the
/// tests.
fn temporary_directory(account: Option<Account>) -> TempDir {
    let base = std::env::var_os("KULTA_TEST_PG_DATA")
        .and_then(|data| Path::new(&data).parent().map(Path::to_owned))
        .unwrap_or_else(std::env::temp_dir);
    // The working directory of a process, by which it is found later, is told without symbolic links.
    let base = fs::canonicalize(base).expect("the directory for temporary files is there");
    let directory =
        tempfile::Builder::new().prefix("cluster-").tempdir_in(base).expect("a temporary directory can be made");
    if let Some(account) = account {
        std::os::unix::fs::chown(directory.path(), Some(account.uid), Some(account.gid))
            .expect("root may give a directory away");
    }
    directory
}

/// A free port below the range from which the system takes ports for outgoing connections: a client that retries
/// while the server is down could else be given the server's own port.
pub(crate) fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % 1_200).unwrap_or_default() * 10;
    (0..12_000)
        .map(|_| 20_000 + (process + TAKEN.fetch_add(1, Ordering::Relaxed) % 12_000) % 12_000)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("one of 12,000 ports is free")
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// The account of `KULTA_TEST_PG_USER`, else `postgres` or `nobody`, when this process is root; else none: the
/// server runs as we do.
fn account() -> Option<Account> {
    if !is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("root reads /etc/passwd");
    let named = std::env::var("KULTA_TEST_PG_USER").ok();
    let names = named.iter().map(String::as_str).chain(["postgres", "nobody"]);
    let account = names.filter_map(|name| account_in(&accounts, name)).next();
    Some(account.expect("there is a user postgres or nobody to run PostgreSQL as"))
}

fn account_in(accounts: &str, name: &str) -> Option<Account> {
    let mut fields = accounts
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?
        .skip(1);
    Some(Account { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
}

/// Where initdb and postgres are: `KULTA_TEST_PG_BIN`, the PATH, or the newest of Debian's version directories.
fn binaries() -> PathBuf {
    let named = std::env::var_os("KULTA_TEST_PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<_> =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|version| version.path()).collect();
    versions.sort_by_key(|version| number(version.file_name()));
    let installed = versions.into_iter().rev().map(|version| version.join("bin"));
    named
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(installed)
        .find(|directory| directory.join("initdb").exists() && directory.join("postgres").exists())
        .expect("PostgreSQL's server binaries are installed: run ./tests/run.sh, or name them in KULTA_TEST_PG_BIN")
}

fn number(name: Option<&OsStr>) -> u32 {
    name.and_then(OsStr::to_str).and_then(|name| name.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_an_account_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:,,,:/:/bin/sh\n";
        assert_eq!(account_in(accounts, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(account_in(accounts, "x"), None);
    }

    #[tokio::test]
    async fn survives_kill_9_with_what_it_acknowledged() {
        let mut cluster = Cluster::new().await;
        let url = cluster.url();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("CREATE TABLE t (a integer); INSERT INTO t VALUES (1)").execute(&mut connection).await.unwrap();
        let before = cluster.postmaster_pid();

        cluster.kill_9().await;
        assert!(sqlx::query("SELECT 1").execute(&mut connection).await.is_err());
        assert!(PgConnection::connect(&url).await.is_err());

        cluster.start().await;
        assert_ne!(cluster.postmaster_pid(), before);
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 1);
        assert!(cluster.log().contains("not properly shut down"), "{}", cluster.log());
    }

    #[tokio::test]
    async fn restarts_on_the_same_address_and_leaves_nothing_behind() {
        let mut cluster = Cluster::new().await;
        let (url, data) = (cluster.url(), cluster.data());
        cluster.restart().await;
        assert_eq!(cluster.url(), url);
        assert!(!cluster.log().contains("not properly shut down"), "{}", cluster.log());
        drop(cluster);
        assert!(!data.exists());
        assert_eq!(kill_processes_in(&data), Ok(()));
    }
}
