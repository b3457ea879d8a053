//! The real binary as a user runs it: commands that end, and the server that goes on until it is told or killed.
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;

use crate::child::{Signal, Watched};
use crate::http::Client;

const LISTENING: &str = "listening on http://";

/// A command line: the binary, its arguments and environment. It can be started any number of times, and runs in a
/// temporary directory of its own, without the `KULTA_…` variables of whoever runs the tests.
#[derive(Clone, Debug)]
pub struct Program {
    binary: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    input: Vec<u8>,
    timeout: Duration,
    directory: Arc<TempDir>,
}

impl Program {
    /// `Program::new(env!("CARGO_BIN_EXE_kulta"))`
    pub fn new(binary: impl AsRef<Path>) -> Self {
        Self {
            binary: binary.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            input: Vec::new(),
            timeout: Duration::from_secs(120),
            directory: Arc::new(tempfile::tempdir().expect("a temporary directory can be made")),
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned());
        self.arguments.extend(arguments);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let variable = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.environment.push(variable);
        self
    }

    /// What [`Program::run`] gives it to read on standard input.
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// How long it may take to end, or to listen; 120 s unless told.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The directory that it runs in, removed with the last clone and server of it.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it has not ended in time; it is killed then.
    pub fn run(&self) -> Finished {
        let mut child = self.spawn(Stdio::piped(), Stdio::piped());
        let input = self.input.clone();
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        // A program that ends without reading breaks the pipe; what it says then is for the test to judge.
        std::thread::spawn(move || stdin.write_all(&input));
        let stdout = read_in_background(child.stdout.take().expect("standard output is a pipe"));
        let stderr = read_in_background(child.stderr.take().expect("standard error is a pipe"));
        let watched = Watched::new(child);
        let in_time = watched.wait(self.timeout);
        let status = in_time.unwrap_or_else(|| watched.kill());
        let finished = Finished {
            status,
            stdout: stdout.join().expect("a reader does not panic"),
            stderr: stderr.join().expect("a reader does not panic"),
        };
        assert!(in_time.is_some(), "{self:?} did not end in time: {finished:?}");
        finished
    }

    /// Starts it as a server: returns when its first line on standard output has told where it listens.
    ///
    /// # Panics
    /// When it ends or says something else, or nothing in time.
    pub fn serve(&self) -> Server {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let log = self.directory().join(format!("stderr-{number}.log"));
        let stderr = fs::File::create(&log).expect("a log file can be made");
        let mut child = self.spawn(Stdio::null(), stderr.into());
        let stdout = child.stdout.take().expect("standard output is a pipe");
        let output = Arc::new(Mutex::new(String::new()));
        let (sender, first_line) = channel();
        let kept = Arc::clone(&output);
        std::thread::spawn(move || keep_output(stdout, &sender, &kept));
        let mut server = Server {
            addr: SocketAddr::from(([0, 0, 0, 0], 0)),
            process: Watched::new(child),
            output,
            log,
            program: self.clone(),
        };
        server.addr = server.await_address(&first_line);
        server
    }

    fn spawn(&self, stdin: Stdio, stderr: Stdio) -> Child {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KULTA_") {
                command.env_remove(name);
            }
        }
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.directory())
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {}: {error}", self.binary.display()))
    }
}

fn read_in_background(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Sends the first line, then keeps the rest: a pipe that nobody reads would stop the server.
fn keep_output(stdout: ChildStdout, first: &Sender<String>, kept: &Mutex<String>) {
    for (number, line) in BufReader::new(stdout).lines().map_while(Result::ok).enumerate() {
        let mut kept = kept.lock().expect("no holder of this lock panics");
        kept.push_str(&line);
        kept.push('\n');
        drop(kept);
        if number == 0 {
            let _ = first.send(line);
        }
    }
}

/// What a command left when it had ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

impl Finished {
    /// Panics with everything that the command said unless it ended with this exit status.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        self
    }

    /// The last line of standard output, where commands print their summary.
    pub fn last_line(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }
}

/// A server that listens. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    process: Watched,
    output: Arc<Mutex<String>>,
    log: PathBuf,
    program: Program,
}

impl Server {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A new client of this server.
    pub fn client(&self) -> Client {
        Client::new(self.addr)
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Everything that it has written to standard output until now.
    pub fn stdout(&self) -> String {
        self.output.lock().expect("no holder of this lock panics").clone()
    }

    /// Everything that it has written to standard error until now.
    pub fn stderr(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.process.ended()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Kills it with SIGKILL; returns when it is gone.
    pub fn kill_9(self) {
        self.process.kill();
    }

    /// Asks it to end with SIGTERM and waits for that.
    ///
    /// # Panics
    /// When it still runs after `timeout`.
    pub fn terminate(self, timeout: Duration) -> ExitStatus {
        self.process.signal(Signal::Term);
        self.wait(timeout)
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// When it still runs after `timeout`.
    pub fn wait(self, timeout: Duration) -> ExitStatus {
        let ended = self.process.wait(timeout);
        ended.unwrap_or_else(|| panic!("the server still runs after {timeout:?}: {}", self.stderr()))
    }

    fn await_address(&self, first_line: &Receiver<String>) -> SocketAddr {
        let line = match first_line.recv_timeout(self.program.timeout) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("not listening in time: {}", self.stderr()),
            Err(RecvTimeoutError::Disconnected) => {
                let ended = self.process.wait(Duration::from_secs(10));
                panic!("ended ({ended:?}) before it listened: {}", self.stderr())
            }
        };
        line.strip_prefix(LISTENING)
            .and_then(|addr| addr.trim_end_matches('/').parse().ok())
            .unwrap_or_else(|| panic!("the first line is not `{LISTENING}ADDR` but {line:?}: {}", self.stderr()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new("/bin/sh").args(["-c", script])
    }

    const SERVER: &str = "echo started >&2; echo listening on http://127.0.0.1:7373; echo more; \
                          trap 'exit 7' TERM; while :; do sleep 0.01; done";

    #[test]
    fn runs_a_command_to_its_end() {
        let finished = shell("read a; echo \"$a $B\"; pwd; echo oops >&2; exit 3")
            .env("B", "two")
            .stdin("one\n")
            .run()
            .expect_code(3);
        assert!(finished.stdout.starts_with("one two\n"), "{finished:?}");
        assert_ne!(Path::new(finished.last_line()), std::env::current_dir().unwrap());
        assert_eq!(finished.stderr, "oops\n");
    }

    #[test]
    #[should_panic(expected = "did not end in time")]
    fn kills_a_command_that_does_not_end() {
        let endless = shell("echo waiting; while :; do sleep 0.01; done");
        endless.timeout(Duration::from_millis(100)).run();
    }

    #[tokio::test]
    async fn a_server_tells_its_address_and_keeps_its_output() {
        let server = shell(SERVER).serve();
        assert_eq!(server.addr().port(), 7373);
        assert_eq!(server.stderr(), "started\n");
        crate::eventually(Duration::from_secs(10), || async {
            let output = server.stdout();
            output.ends_with("more\n").then_some(()).ok_or(output)
        })
        .await;
        assert_eq!(server.ended(), None);
    }

    #[test]
    fn a_server_can_be_terminated_killed_and_started_again() {
        let program = shell(SERVER);
        let server = program.serve();
        // The trap is set after the line that we have seen; a signal before it ends the shell without a code.
        let code = server.terminate(Duration::from_secs(10)).code();
        assert!(matches!(code, Some(7) | None), "{code:?}");
        let server = program.serve();
        let pid = server.pid();
        server.kill_9();
        assert!(!Signal::Cont.send(pid));
    }

    #[test]
    #[should_panic(expected = "before it listened: no such database")]
    fn a_server_that_ends_is_told_with_its_reason() {
        shell("echo no such database >&2; exit 1").serve();
    }

    #[test]
    #[should_panic(expected = "the first line is not")]
    fn a_server_must_say_where_it_listens() {
        shell("echo hello; read -r forever").serve();
    }
}
