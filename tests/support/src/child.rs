//! A child process that can be waited for with a time limit, signalled, and that never outlives its owner.
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Signals that tests send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The polite request to end.
    Term,
    /// What Ctrl-C sends.
    Int,
    /// For PostgreSQL: stop at once, without a checkpoint.
    Quit,
    /// What no process can refuse or prepare for.
    Kill,
    /// Freezes the process.
    Stop,
    /// Lets a frozen process go on.
    Cont,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
        }
    }

    /// Sends the signal; false when there is no such process or it belongs to somebody else. The shell's own
    /// `kill` is used: it is everywhere, needs no package and no unsafe code.
    pub fn send(self, pid: u32) -> bool {
        Command::new("sh")
            .arg("-c")
            .arg(format!("kill -s {} {pid} 2>/dev/null", self.name()))
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// How the process ended, once it has.
type Ending = (Mutex<Option<ExitStatus>>, Condvar);

/// A process that is waited for in a thread of its own. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Watched {
    pid: u32,
    ending: Arc<Ending>,
}

impl Watched {
    /// Takes over a child whose pipes have been taken out of it.
    pub(crate) fn new(mut child: Child) -> Self {
        let pid = child.id();
        let ending = Arc::new(Ending::default());
        let told = Arc::clone(&ending);
        std::thread::spawn(move || {
            let status = child.wait().expect("a child process can be waited for");
            *told.0.lock().expect("no holder of this lock panics") = Some(status);
            told.1.notify_all();
        });
        Self { pid, ending }
    }

    pub(crate) fn spawn(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(Self::new)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// How it ended; `None` while it runs.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        *self.ending.0.lock().expect("no holder of this lock panics")
    }

    /// Sends a signal to a process that still runs; its number could be another's by now if it does not.
    pub(crate) fn signal(&self, signal: Signal) {
        if self.ended().is_none() {
            signal.send(self.pid);
        }
    }

    /// Waits for the end; `None` when it still runs after `timeout`.
    pub(crate) fn wait(&self, timeout: Duration) -> Option<ExitStatus> {
        let ended = self.ending.0.lock().expect("no holder of this lock panics");
        let (ended, _) = self
            .ending
            .1
            .wait_timeout_while(ended, timeout, |status| status.is_none())
            .expect("no holder of this lock panics");
        *ended
    }

    /// Kills it and waits until it is gone.
    pub(crate) fn kill(&self) -> ExitStatus {
        self.signal(Signal::Kill);
        self.wait(Duration::from_secs(30)).expect("a process is gone 30 s after SIGKILL")
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.signal(Signal::Kill);
        self.wait(Duration::from_secs(5));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;

    use super::*;

    fn cat() -> Watched {
        // Waits for its input for ever: the write end stays with the child's struct in the waiting thread.
        let mut command = Command::new("sh");
        command.args(["-c", "read -r line"]).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::mem::forget(child.stdin.take());
        Watched::new(child)
    }

    #[test]
    fn tells_a_running_process_from_an_ended_one() {
        let process = cat();
        assert_eq!(process.ended(), None);
        assert_eq!(process.wait(Duration::from_millis(1)), None);
        assert_eq!(process.kill().signal(), Some(9));
        assert!(process.ended().is_some());
    }

    #[test]
    fn dropping_kills() {
        let process = cat();
        let pid = process.pid();
        assert!(Signal::Cont.send(pid));
        drop(process);
        assert!(!Signal::Cont.send(pid));
    }
}
