//! Programs that the benchmarks start: each with a log of its own, ended when it goes out of scope.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::clock::{self, SECOND_NS};

const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long a program may take to end before it is killed.
const END_LIMIT_NS: u64 = 15 * SECOND_NS;

/// A running program.
#[derive(Debug)]
pub(super) struct Program {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it with output and complaints going to `log`.
    pub(super) fn start(name: &str, command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let out = File::create(log).with_context(|| log.display().to_string())?;
        let complaints = out.try_clone()?;
        command.stdin(Stdio::null()).stdout(out).stderr(complaints);
        let child = command.spawn().with_context(|| format!("{name} does not start"))?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned() })
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An error with the log's last lines when it has ended.
    pub(super) fn check_alive(&mut self) -> anyhow::Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(12).collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        bail!("{} ended ({status}):\n{}", self.name, tail.join("\n"));
    }

    /// Waits for its end.
    pub(super) fn wait(&mut self, limit_ns: u64) -> anyhow::Result<bool> {
        let until_ns = clock::now_ns() + limit_ns;
        while clock::now_ns() < until_ns {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            sleep(LOOK_AGAIN);
        }
        bail!("{} did not end", self.name);
    }

    /// Asks it to end, insists after a while. Its processor time then counts for this process.
    pub(super) fn end(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _gone = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if self.wait(END_LIMIT_NS).is_err() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a command to its end and gives what it printed.
pub(super) fn output(command: &mut Command, input: &str) -> anyhow::Result<String> {
    let what = format!("{:?}", command.get_program());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{what} does not start"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let Output { status, stdout, stderr } = child.wait_with_output()?;
    if !status.success() {
        bail!("{what} failed: {}", String::from_utf8_lossy(&stderr));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// Whether a program can be found on the path.
pub(super) fn is_installed(program: &str) -> bool {
    let mut command = Command::new("which");
    output(command.arg(OsStr::new(program)), "").is_ok()
}

/// Looks again until `look` gives something.
pub(super) fn until<T>(
    what: &str,
    limit_s: u64,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let until_ns = clock::now_ns() + limit_s * SECOND_NS;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if clock::now_ns() > until_ns {
            bail!("{what}: not within {limit_s} s");
        }
        sleep(LOOK_AGAIN);
    }
}

/// Whether `GET path` on a local port answers 200.
pub(super) fn answers_200(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.split_whitespace().nth(1) == Some("200"))
}

/// A UDP port that is free now, for programs that must be told one.
pub(super) fn free_port() -> anyhow::Result<SocketAddrV4> {
    let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    Ok(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}
