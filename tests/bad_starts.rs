//! The program on machines that are not as it needs them: each time it says what to do, and what was
//! stored stays as it was.

#![expect(clippy::unwrap_used, reason = "helpers of tests read what the test itself has made")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::{Value, json};
use test_support::{ProcessGuard, wait_for_http, wait_for_json};

const START_MAX: Duration = Duration::from_secs(30);
const PASSWORD: &str = "a password of the tests";

/// A small disk of its own; needs root, which mounting does.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, with a word about it, where this user may not mount.
    fn mount(folder: &Path, options: &str) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder)
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("skipped: mounting a small disk needs root");
        }
        mounted.then(|| Self(folder.to_owned()))
    }

    fn change(&self, options: &str) {
        let remount = format!("remount,{options}");
        let status = Command::new("mount").args(["-o", &remount]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a program that a failed test has left may still hold it.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn hotline(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    command
        .env("HOTLINE_DATA", data)
        .env("HOTLINE_SAMPLE_PASSWORD", PASSWORD)
        .env("HOTLINE__HTTP__PORT", "0")
        .env("HOTLINE__HTTP__TLS_PORT", "0");
    command
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

fn init(data: &Path) {
    let made = run(hotline(data).args(["init", "--sample"]));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

#[test]
fn a_taken_port_is_named_with_its_key_and_ends_the_start() {
    let data = tempfile::tempdir().unwrap();
    init(data.path());
    let holder = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let said = complaint(&run(hotline(data.path()).arg("serve").env("HOTLINE__HTTP__PORT", &port)));
    assert!(said.contains(&port) && said.contains("http.port"), "{said}");
    assert!(!data.path().join("ports.json").exists());
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let data = tempfile::tempdir().unwrap();
    init(data.path());
    let _first = ProcessGuard::spawn(hotline(data.path()).arg("serve")).unwrap();
    let ports = wait_for_json(&data.path().join("ports.json"), START_MAX).unwrap();
    let said = complaint(&run(hotline(data.path()).arg("serve")));
    assert!(said.contains(&data.path().display().to_string()), "{said}");
    let still = wait_for_json(&data.path().join("ports.json"), START_MAX).unwrap();
    assert_eq!(still, ports, "the first one's ports file is left alone");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let data = tempfile::tempdir().unwrap();
    let said = complaint(&run(hotline(Path::new("/dev/null/data")).arg("init")));
    assert!(said.contains("/dev/null/data") && said.contains("HOTLINE_DATA"), "{said}");
    let Some(disk) = SmallDisk::mount(data.path(), "size=32m") else { return };
    init(data.path());
    let store = std::fs::read(data.path().join("hotline.db")).unwrap();
    disk.change("ro");
    for arguments in [["serve"].as_slice(), &["init", "--sample"], &["migrate"]] {
        let said = complaint(&run(hotline(data.path()).args(arguments)));
        let folder = data.path().display().to_string();
        assert!(said.contains(&folder) && said.contains("HOTLINE_DATA"), "{arguments:?}: {said}");
    }
    assert!(std::fs::read(data.path().join("hotline.db")).unwrap() == store);
}

#[test]
fn an_init_that_ran_out_of_disk_is_completed_by_the_next_one() {
    let data = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(data.path(), "size=600k") else { return };
    // Wherever it is broken off, in the migrations or in the accounts, it says so and goes on next time.
    let mut refused = 0;
    for kib in (600..4000).step_by(100) {
        disk.change(&format!("size={kib}k"));
        let tried = run(hotline(data.path()).args(["init", "--sample"]));
        if tried.status.success() {
            break;
        }
        let said = complaint(&tried);
        assert!(said.contains("full") && said.contains("make room"), "{kib} KiB: {said}");
        refused += 1;
    }
    assert!(refused >= 3, "{refused}");
    disk.change("size=32m");
    init(data.path());
    let listed = run(hotline(data.path()).args(["user", "list"]));
    let names = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(names.lines().count(), 130, "{names}");
}

/// Signs in over HTTP; status and body.
async fn sign_in(base: &str) -> (u16, Value) {
    let reply = reqwest::Client::new()
        .post(format!("{base}/api/v1/session"))
        .header("origin", base)
        .json(&json!({ "username": "agent01", "password": PASSWORD }))
        .send()
        .await
        .unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_disk_that_fills_while_it_serves_is_told_to_people_and_recovers() {
    let data = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(data.path(), "size=16m") else { return };
    init(data.path());
    let mut server = ProcessGuard::spawn(hotline(data.path()).arg("serve")).unwrap();
    let ports = wait_for_json(&data.path().join("ports.json"), START_MAX).unwrap();
    let address = format!("127.0.0.1:{}", ports["http"]).parse().unwrap();
    wait_for_http(address, "/healthz", START_MAX).unwrap();
    // reqwest wants one though this test speaks plain HTTP.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let base = format!("http://{address}");
    assert_eq!(sign_in(&base).await.0, 200);

    let filler = data.path().join("filler");
    let filled = std::fs::write(&filler, vec![0; 16 << 20]);
    assert!(filled.is_err(), "the disk is full now");
    let (status, problem) = sign_in(&base).await;
    assert_eq!(status, 503, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
    assert!(server.is_running().unwrap());

    std::fs::remove_file(&filler).unwrap();
    let (status, problem) = sign_in(&base).await;
    assert_eq!(status, 200, "with room again it works again: {problem}");
}
