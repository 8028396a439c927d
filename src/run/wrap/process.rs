//! A command as a process: looked for, started, waited for, asked to end.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::error::WrapError;
use super::farewell::Act;
use super::kin::{self, Relative};

/// What a command leaves running is looked for this often, once it has been told to end.
const LOOK: Duration = Duration::from_millis(50);
/// A killed process may have started another one just before.
#[cfg(unix)]
const ROUNDS: usize = 16;

/// A command that runs, and all that it has started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// What earlier commands have left running on purpose.
    strangers: Vec<Relative>,
    parting: Parting,
}

/// Whether all that was started is to end with the command.
#[derive(Debug)]
enum Parting {
    No,
    /// These were there when that was known.
    Of(Vec<Relative>),
    Killed,
}

/// A command to be run, and what it is told.
pub struct Launch<'a> {
    /// The program and its arguments.
    pub words: &'a [OsString],
    pub trial: Option<u32>,
    pub run: u32,
    pub stdin: Stdio,
    pub streams: (Stdio, Stdio),
}

impl Launch<'_> {
    /// Starts it.
    pub fn start(self) -> Result<Process, WrapError> {
        let name = self.words.first().map(OsString::as_os_str).unwrap_or_default();
        let mut command = Command::new(name);
        command.args(self.words.iter().skip(1)).env("MIGTOP_RUN", self.run.to_string());
        match self.trial {
            Some(trial) => command.env("MIGTOP_TRIAL", trial.to_string()),
            None => command.env_remove("MIGTOP_TRIAL"),
        };
        command.stdin(self.stdin).stdout(self.streams.0).stderr(self.streams.1);
        let start = |source| WrapError::Start { command: written(name), source };
        kin::adopt();
        let strangers = kin::all(&[]);
        let child = command.spawn().map_err(start)?;
        Ok(Process { child, strangers, parting: Parting::No })
    }
}

impl Process {
    /// Waits for its end, and for that of all it has started when it was told to end; nothing is
    /// lost when this is not waited for to its end.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        while self.lingers() {
            tokio::time::sleep(LOOK).await;
        }
        Ok(status)
    }

    /// Its number, until it was waited for to its end.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// It is to end, and what it has started with it.
    pub fn part(&mut self) {
        self.parting = Parting::Of(kin::all(&self.strangers));
    }

    /// Whether it has ended, though not all that is to end with it.
    pub fn lingers(&self) -> bool {
        matches!(self.parting, Parting::Of(_))
            && self.id().is_none()
            && !kin::all(&self.strangers).is_empty()
    }

    /// Asks it to end, or makes it; what has ended already is left alone.
    pub fn end(&mut self, act: Act) {
        match act {
            Act::Forward(signal) => self.forward(signal),
            Act::Kill => self.kill(),
        }
    }

    /// Goes to those who may not have heard it; what they start to put things in order goes on.
    #[cfg(unix)]
    fn forward(&mut self, signal: u8) {
        let Some(signal) = rustix::process::Signal::from_named_raw(i32::from(signal)) else {
            return;
        };
        // The number is the process's as long as it was not waited for to its end.
        let command = self.id();
        // First, so that it does not take its child's end for an ordinary one.
        if let Some(command) = command {
            send(command, signal);
        }
        let Parting::Of(heard) = &self.parting else { return };
        let kin = kin::all(&self.strangers).into_iter();
        kin.filter(|kin| heard.contains(kin) && Some(kin.pid) != command)
            .for_each(|kin| send(kin.pid, signal));
    }

    #[cfg(not(unix))]
    fn forward(&mut self, _signal: u8) {
        let _ = self.child.start_kill();
    }

    fn kill(&mut self) {
        let _ = self.child.start_kill();
        #[cfg(unix)]
        self.kill_kin();
        self.parting = Parting::Killed;
    }

    #[cfg(unix)]
    fn kill_kin(&self) {
        let mut killed: Vec<Relative> = Vec::new();
        for _ in 0..ROUNDS {
            let mut others = kin::all(&self.strangers);
            others.retain(|kin| !killed.contains(kin));
            if others.is_empty() {
                break;
            }
            for kin in &others {
                send(kin.pid, rustix::process::Signal::KILL);
            }
            killed.append(&mut others);
        }
    }
}

/// One that has ended already gets nothing.
#[cfg(unix)]
fn send(pid: u32, signal: rustix::process::Signal) {
    if let Some(pid) = rustix::process::Pid::from_raw(pid as i32) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// How a command ended, in a number: 128 + that of the signal that killed it, as shells say it.
pub fn number(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}

/// A line for the shell, as words.
pub fn shell(line: &str) -> Vec<OsString> {
    let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
    shell.into_iter().chain([line]).map(OsString::from).collect()
}

/// A program's name for messages.
pub fn written(program: &OsStr) -> String {
    crate::model::printable(&program.to_string_lossy()).to_string()
}

/// Tells before anything is begun that there is no such program.
#[cfg(unix)]
pub fn check(program: &OsStr) -> Result<(), WrapError> {
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    let executable = |path: &Path| {
        path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
    };
    if program.as_bytes().contains(&b'/') {
        return match Path::new(program) {
            path if executable(path) => Ok(()),
            path if path.exists() => Err(WrapError::NotExecutable(written(program))),
            _ => Err(WrapError::NoCommand(written(program))),
        };
    }
    // Without PATH the system has places of its own.
    let Some(path) = std::env::var_os("PATH") else { return Ok(()) };
    let found = std::env::split_paths(&path).any(|folder| executable(&folder.join(program)));
    if found { Ok(()) } else { Err(WrapError::NoCommand(written(program))) }
}

#[cfg(not(unix))]
pub fn check(_program: &OsStr) -> Result<(), WrapError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn a_signal_is_told_as_shells_do() {
        for (raw, told) in [(0, 0), (3 << 8, 3), (9, 137), (2, 130)] {
            assert_eq!(number(ExitStatus::from_raw(raw)), told);
        }
    }

    #[test]
    fn a_program_is_looked_for_as_a_shell_would() {
        assert!(check(OsStr::new("sh")).is_ok());
        assert!(check(OsStr::new("/bin/sh")).is_ok());
        for missing in ["", "there-is-no-such-program", "/nowhere/at-all"] {
            assert!(matches!(check(OsStr::new(missing)), Err(WrapError::NoCommand(_))));
        }
        assert!(matches!(check(OsStr::new("/etc/passwd")), Err(WrapError::NotExecutable(_))));
        assert!(matches!(check(OsStr::new("/tmp")), Err(WrapError::NotExecutable(_))));
    }
}
