//! Starts the real program in a folder of its own, and SIPp beside it.

use std::net::UdpSocket;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::AtomicU16;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::server::Server;

pub const LINK_KEY: [u8; 32] = [1; 32];
pub const TOKEN_KEY: [u8; 32] = [2; 32];

pub struct Gateway {
    pub server: Server,
    pub ports: Value,
    pub child: Child,
    pub data: TempDir,
    extra: String,
}

impl Gateway {
    /// Starts a scripted server and a gateway that is linked with it. `extra` is added to the
    /// configuration; what stands in it before its first section belongs to `[gateway]`.
    pub async fn start(extra: &str) -> Self {
        Self::start_with(extra, None).await
    }

    /// The same with another folder for recordings.
    pub async fn start_recording_into(folder: &str) -> Self {
        Self::start_with("", Some(folder)).await
    }

    async fn start_with(extra: &str, recordings: Option<&str>) -> Self {
        let mut server = Server::start().await;
        let data = tempfile::tempdir().unwrap();
        let child = spawn_recording(&data, &server.url, extra, recordings);
        let ports = wait_for_ports(data.path()).await;
        server.linked().await;
        Self { server, ports, child, data, extra: extra.to_owned() }
    }

    /// Another process in the place of the one that has ended.
    pub async fn restart(&mut self) {
        std::fs::remove_file(self.data.path().join("gateway-ports.json")).unwrap();
        self.child = spawn(&self.data, &self.server.url, &self.extra);
        self.ports = wait_for_ports(self.data.path()).await;
    }

    /// The end of its log, for a test that fails.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.data.path().join("gateway.log")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// What `/readyz` answers.
    pub async fn readiness(&self) -> u16 {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let url = format!("http://127.0.0.1:{}/readyz", self.port("http"));
        reqwest::get(url).await.unwrap().status().as_u16()
    }

    pub fn port(&self, name: &str) -> u16 {
        u16::try_from(self.ports[name].as_u64().unwrap()).unwrap()
    }

    pub fn sip(&self) -> String {
        format!("127.0.0.1:{}", self.port("sip_udp"))
    }

    pub async fn metrics(&self) -> String {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let url = format!("http://127.0.0.1:{}/metrics", self.port("http"));
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }

    /// A metric's value; zero where it has not been counted.
    pub async fn metric(&self, name: &str) -> f64 {
        let text = self.metrics().await;
        let found = text.lines().filter(|line| !line.starts_with('#'));
        found
            .filter(|line| line.starts_with(name))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }
}

pub fn spawn(data: &TempDir, server_url: &str, extra: &str) -> Child {
    spawn_recording(data, server_url, extra, None)
}

fn spawn_recording(
    data: &TempDir,
    server_url: &str,
    extra: &str,
    recordings: Option<&str>,
) -> Child {
    let folder = data.path();
    std::fs::create_dir_all(folder.join("secrets")).unwrap();
    std::fs::write(folder.join("secrets/link.key"), hex::encode(LINK_KEY)).unwrap();
    std::fs::write(folder.join("secrets/softphone.key"), hex::encode(TOKEN_KEY)).unwrap();
    let prompts = few_prompts(folder);
    let trunks = if extra.contains("[[gateway.trunks]]") {
        ""
    } else {
        "[[gateway.trunks]]\nname = \"carrier-a\"\nsources = [\"127.0.0.0/8\"]\nnumbers = [\"12345\"]\n"
    };
    // RTP ports by process: tests run side by side.
    let rtp = free_rtp_block();
    let (general, extra) = extra.split_at(extra.find('[').unwrap_or(extra.len()));
    let recordings = recordings.unwrap_or("recordings");
    let config = format!(
        "[gateway]\n{general}server_url = \"{server_url}\"\nbind = \"127.0.0.1\"\n\
         log = \"info,rsipstack=warn,sip_gateway=debug\"\n\
         [gateway.http]\nport = 0\n\
         [gateway.sip]\nudp_port = 0\ntcp_port = 0\nws_port = 0\nwss_port = 0\ndigest_algorithms = [\"MD5\"]\n\
         [gateway.media]\nwebrtc_port = 0\nprompts_dir = \"{}\"\nrecordings_dir = \"{recordings}\"\nrtp_ports = [{}, {}]\n\
         {trunks}\n{extra}\n",
        prompts.display(),
        rtp,
        rtp + 98,
    );
    let file = folder.join("gateway.toml");
    std::fs::write(&file, config).unwrap();
    let log = std::fs::File::create(folder.join("gateway.log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_sip-gateway"))
        .arg("--config")
        .arg(&file)
        .env("HOTLINE_DATA", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::from(log))
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// The prompts that these tests play: decoding all of them takes a test build too long.
fn few_prompts(folder: &Path) -> PathBuf {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prompts");
    let few = folder.join("prompts");
    let ids = ["greeting", "hold_music", "tone_beep", "line_test_start"];
    let table = std::fs::read_to_string(all.join("prompts.csv")).unwrap();
    let kept: Vec<&str> = table
        .lines()
        .enumerate()
        .filter(|(row, line)| *row == 0 || ids.iter().any(|id| line.starts_with(&format!("{id},"))))
        .map(|(_, line)| line)
        .collect();
    for line in kept.iter().skip(1) {
        let file = line.split(',').find(|field| field.ends_with(".wav")).unwrap();
        let copy = few.join(file);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(all.join(file), copy).unwrap();
    }
    std::fs::write(few.join("prompts.csv"), kept.join("\n") + "\n").unwrap();
    few
}

/// An even port with a block of hundred above it that nobody uses now: below the ports of a gateway as delivered, so
/// that whatever is done to those does not reach the tests.
fn free_rtp_block() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    unused(&NEXT, 10_000..20_000, 100)
}

/// The first of a block of `size` ports that nobody uses now. They lie below those that the system gives to whoever
/// asks for any: between the look and the use such a one may be given away.
fn unused(next: &AtomicU16, within: Range<u16>, size: u16) -> u16 {
    let blocks = within.len() as u16 / size;
    let first = u16::try_from(std::process::id() % u32::from(blocks)).unwrap_or(0);
    for _ in 0..blocks {
        let block = (first + next.fetch_add(1, Relaxed) % blocks) % blocks;
        let port = within.start + block * size;
        if (port..port + size).all(|port| UdpSocket::bind(("127.0.0.1", port)).is_ok()) {
            return port;
        }
    }
    panic!("no {size} ports within {within:?} are free");
}

pub async fn wait_for_ports(folder: &Path) -> Value {
    let file = folder.join("gateway-ports.json");
    for _ in 0..1_200 {
        if let Ok(text) = std::fs::read_to_string(&file) {
            return serde_json::from_str(&text).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let log = std::fs::read_to_string(folder.join("gateway.log")).unwrap_or_default();
    panic!("the gateway did not come up:\n{log}");
}

/// A free UDP port for a SIPp.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    unused(&NEXT, 6_000..10_000, 1)
}

/// A SIPp at work.
pub struct Sipp {
    child: Child,
    folder: TempDir,
    scenario: String,
}

impl Sipp {
    pub fn start(scenario: &str, target: &str, local_port: u16, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "tests", "sipp", &format!("{scenario}.xml")]
                .iter()
                .collect();
        let media = free_rtp_block();
        let child = Command::new("sipp")
            .arg("-sf")
            .arg(file)
            .args(["-i", "127.0.0.1", "-mi", "127.0.0.1", "-m", "1", "-nostdin", "-trace_err"])
            .args(["-p", &local_port.to_string(), "-mp", &media.to_string()])
            .args(["-timeout", "20s", "-timeout_error", "-s", "12345"])
            .args(arguments)
            .arg(target)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("sipp is installed");
        Self { child, folder, scenario: scenario.to_owned() }
    }

    /// Waits for the end of the scenario and demands that every step of it happened.
    pub async fn succeed(mut self) {
        let ended = tokio::time::timeout(Duration::from_secs(25), self.child.wait()).await;
        let status = ended.expect("sipp ends").unwrap();
        if !status.success() {
            let mut errors = String::new();
            for entry in std::fs::read_dir(self.folder.path()).unwrap().flatten() {
                errors += &std::fs::read_to_string(entry.path()).unwrap_or_default();
            }
            panic!("sipp {}: {status}\n{errors}", self.scenario);
        }
    }
}
