//! Child processes that never outlive their test, and waiting for what they become.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// How often a condition that gives no signal is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A child process; it is killed and collected when the guard goes.
#[derive(Debug)]
pub struct ProcessGuard {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl ProcessGuard {
    /// Starts the command; its output on both streams is read as lines.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        let (sender, lines) = channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|stream| Box::new(stream) as _),
            child.stderr.take().map(|stream| Box::new(stream) as _),
        ];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                let lines = BufReader::new(stream).lines().map_while(Result::ok);
                lines.for_each(|line| drop(sender.send(line)));
            });
        }
        Ok(Self { child, lines, seen: Vec::new() })
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process still runs.
    ///
    /// # Errors
    /// The system cannot tell.
    pub fn is_running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// The first line from now on that contains `part`.
    ///
    /// # Errors
    /// No such line within `limit`, or the process ended; the message holds what was said.
    pub fn wait_for_line(&mut self, part: &str, limit: Duration) -> Result<String> {
        let until = deadline(limit);
        loop {
            let Ok(line) = self.lines.recv_timeout(left(until)) else {
                bail!("no line with {part:?}; the process said:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(part) {
                return Ok(line);
            }
        }
    }

    /// Everything the process has said so far.
    pub fn output(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }

    /// Kills the process at once, as a crash would.
    ///
    /// # Errors
    /// The system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for ProcessGuard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a file holds whole JSON (a ports file).
///
/// # Errors
/// It does not within `limit`.
pub fn wait_for_json(path: &Path, limit: Duration) -> Result<Value> {
    let until = deadline(limit);
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        match serde_json::from_str(&text) {
            Ok(value) => return Ok(value),
            Err(_) if left(until).is_zero() => bail!("{}: no JSON: {text:?}", path.display()),
            Err(_) => thread::sleep(LOOK_EVERY),
        }
    }
}

/// Waits until `GET path` on `address` answers 200.
///
/// # Errors
/// It does not within `limit`.
pub fn wait_for_http(address: SocketAddr, path: &str, limit: Duration) -> Result<()> {
    let until = deadline(limit);
    loop {
        match status(address, path) {
            Ok(line) if line.contains(" 200") => return Ok(()),
            other if left(until).is_zero() => bail!("http://{address}{path}: {other:?}"),
            _ => thread::sleep(LOOK_EVERY),
        }
    }
}

fn status(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line)
}

/// A TCP port that was free a moment ago on loopback.
///
/// # Errors
/// None is.
pub fn free_tcp_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A UDP port that was free a moment ago on loopback.
///
/// # Errors
/// None is.
pub fn free_udp_port() -> Result<u16> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[expect(clippy::disallowed_methods, reason = "tests measure real waiting")]
fn deadline(limit: Duration) -> Instant {
    Instant::now() + limit
}

#[expect(clippy::disallowed_methods, reason = "tests measure real waiting")]
fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_heard_and_dies_with_its_guard() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo ready on 5; exec sleep 60"]);
        let mut guard = ProcessGuard::spawn(&mut command).unwrap();
        let line = guard.wait_for_line("ready", Duration::from_secs(5)).unwrap();
        assert_eq!(line, "ready on 5");
        assert!(guard.is_running().unwrap());
        let status = format!("/proc/{}/stat", guard.pid());
        drop(guard);
        assert!(!Path::new(&status).exists());
    }

    #[test]
    fn a_line_that_never_comes_is_told_with_what_was_said() {
        let mut guard = ProcessGuard::spawn(Command::new("echo").arg("other")).unwrap();
        let told = guard.wait_for_line("ready", Duration::from_secs(5)).unwrap_err();
        assert!(told.to_string().contains("other"), "{told}");
    }
}
