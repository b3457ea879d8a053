//! An Apache Kafka broker of a test's own, to be frozen, killed and started again. Its jars are those that `tests/run.sh`
//! has fetched.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::child::{Signal, Watched};
use crate::cluster::free_port;

/// For a start with recovery on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often it is looked whether it answers.
const LOOK: Duration = Duration::from_millis(50);

/// A node in KRaft mode on ports of its own, that it keeps over restarts.
#[derive(Debug)]
pub struct Broker {
    port: u16,
    server: Option<Watched>,
    // Last: the directory goes when the server has gone.
    directory: TempDir,
}

impl Broker {
    /// Makes a broker and starts it.
    ///
    /// # Panics
    /// When there is no Java or no Kafka, or it does not start.
    pub fn start_new() -> Self {
        let directory = TempDir::with_prefix("kulta-broker-").expect("a temporary directory can be made");
        let mut broker = Self { port: 0, server: None, directory };
        // Somebody else may take a port between the look at it and the start.
        for _ in 0..5 {
            broker.port = free_port();
            broker.configure(free_port());
            if broker.try_start() {
                return broker;
            }
        }
        panic!("Kafka does not start: {}", broker.log());
    }

    /// `HOST:PORT`; the same over restarts.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts it after it was killed.
    ///
    /// # Panics
    /// When it runs, or does not start.
    pub fn start(&mut self) {
        assert!(self.server.is_none(), "the broker runs already");
        assert!(self.try_start(), "Kafka does not start: {}", self.log());
    }

    /// Kills it with SIGKILL.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill_9(&mut self) {
        self.server.take().expect("the broker runs").kill();
    }

    /// Sends a signal: [`Signal::Stop`] freezes it, [`Signal::Cont`] lets it go on.
    pub fn signal(&self, signal: Signal) {
        if let Some(server) = &self.server {
            server.signal(signal);
        }
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn configure(&self, controller: u16) {
        let (port, data) = (self.port, self.path("data").display().to_string());
        let settings = format!(
            "process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
log.dirs={data}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
"
        );
        fs::write(self.path("properties"), settings).expect("the settings can be written");
        let _ = fs::remove_dir_all(self.path("data"));
        let mut format = self.java("kafka.tools.StorageTool");
        format.args(["format", "--standalone", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c"]).arg(self.path("properties"));
        let made = format.output().expect("Java can be run");
        assert!(made.status.success(), "no storage: {}", String::from_utf8_lossy(&made.stderr));
    }

    fn java(&self, class: &str) -> Command {
        let mut command = Command::new("java");
        command.args(["-Xmx384m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]);
        command.arg(class_path()).arg(class).current_dir(self.directory.path()).stdin(Stdio::null());
        command
    }

    /// False when it has given up.
    fn try_start(&mut self) -> bool {
        let log = fs::File::options().create(true).append(true).open(self.path("log")).expect("a log can be made");
        let mut command = self.java("kafka.Kafka");
        command.arg(self.path("properties"));
        command.stdout(log.try_clone().expect("a file handle can be cloned")).stderr(log);
        let server = Watched::spawn(&mut command).expect("Java can be run");
        let deadline = Instant::now() + PATIENCE;
        while server.ended().is_none() && Instant::now() < deadline {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                self.server = Some(server);
                return true;
            }
            server.wait(LOOK);
        }
        false
    }
}

/// The jars that `tests/kafka.sha256` names.
fn class_path() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pins = fs::read_to_string(root.join("tests/kafka.sha256")).expect("the list of jars is there");
    let jars = pins.lines().filter_map(|line| line.split_whitespace().nth(1));
    let jars: Vec<_> = jars.map(|jar| root.join("target/kafka").join(jar).display().to_string()).collect();
    assert!(jars.iter().all(|jar| Path::new(jar).exists()), "Kafka's jars are missing: run ./tests/run.sh --prepare");
    jars.join(":")
}
