//! What outsiders may do to the gateway, and that nobody who is in a call notices.

use std::net::UdpSocket as BlockingSocket;
use std::time::Duration;

use gateway_protocol::{AnswerMode, Command, Event, RecordingFault, Treatment};
use sip_gateway::net::clock;
use types::{CallId, LegId};

use crate::caller::{Telephone, header, packet, status, unique};
use crate::calls::{arrived, ended, talking};
use crate::gateway::Gateway;

const CITIZEN: u8 = 0x2A;
const AGENT: u8 = 0x3B;
const STRANGER: u8 = 0x4C;

/// A caller who has been answered with music.
async fn listener(gateway: &mut Gateway) -> (Telephone, CallId, LegId) {
    let mut phone = Telephone::open(&gateway.sip(), 0).await;
    phone.dial().await;
    let (call, leg) = arrived(gateway).await;
    let (treatment, answer) = (Treatment::Music, AnswerMode::Answer);
    gateway.server.order(Command::Treat { call, leg, treatment, answer });
    phone.answered().await;
    (phone, call, leg)
}

fn memory_bytes(gateway: &Gateway) -> u64 {
    let file = format!("/proc/{}/statm", gateway.child.id().unwrap());
    let text = std::fs::read_to_string(file).unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

#[tokio::test]
async fn sound_from_a_wrong_address_is_counted_and_never_heard() {
    let mut gateway = Gateway::start("").await;
    let (mut citizen, mut agent, ..) = talking(&mut gateway, false).await;
    tokio::join!(citizen.talk(CITIZEN, 200), agent.talk(AGENT, 200));
    // He knows both ports, the SSRC and the numbers of the packets; only his address is his own.
    let stranger = BlockingSocket::bind("127.0.0.1:0").unwrap();
    let ports = [citizen.sound_to.unwrap(), agent.sound_to.unwrap()];
    let ssrc = u32::from(citizen.rtp.local_addr().unwrap().port());
    let disturbing = tokio::task::spawn_blocking(move || {
        for sequence in 10..160_u16 {
            for port in ports {
                stranger.send_to(&packet(ssrc, sequence, STRANGER), port).unwrap();
                stranger.send_to(&packet(7, sequence, STRANGER), port).unwrap();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let (to_citizen, to_agent) =
        tokio::join!(citizen.talk(CITIZEN, 3_000), agent.talk(AGENT, 3_000));
    disturbing.await.unwrap();
    assert_eq!((to_citizen.of(STRANGER), to_agent.of(STRANGER)), (0, 0));
    assert!(
        to_citizen.of(AGENT) >= 145 && to_agent.of(CITIZEN) >= 145,
        "{to_citizen:?} {to_agent:?}"
    );
    assert_eq!((to_citizen.lost(), to_agent.lost()), (0, 0));
    assert!(gateway.metric("gateway_rtp_refused_total").await >= 590.0);
}

#[tokio::test]
async fn ten_thousand_packets_to_one_port_cost_no_other_call_a_packet() {
    let mut gateway = Gateway::start("").await;
    let (mut hit, ..) = listener(&mut gateway).await;
    let (mut other, ..) = listener(&mut gateway).await;
    tokio::join!(hit.talk(CITIZEN, 500), other.talk(CITIZEN, 500));
    let before = memory_bytes(&gateway);
    let port = hit.sound_to.unwrap();
    let flood = tokio::task::spawn_blocking(move || {
        let stranger = BlockingSocket::bind("127.0.0.1:0").unwrap();
        for sequence in 0..10_000_u16 {
            // Both what looks like sound and what looks like nothing.
            let datagram =
                if sequence % 2 == 0 { packet(9, sequence, STRANGER) } else { vec![0xFF; 1_400] };
            stranger.send_to(&datagram, port).unwrap();
        }
    });
    let (of_hit, of_other) = tokio::join!(hit.talk(CITIZEN, 3_000), other.talk(CITIZEN, 3_000));
    flood.await.unwrap();
    for heard in [of_hit, of_other] {
        assert!(heard.packets >= 145 && heard.lost() == 0, "{heard:?}");
        assert!(heard.longest_gap < Duration::from_millis(200), "{heard:?}");
    }
    let grown = memory_bytes(&gateway).saturating_sub(before);
    println!("{grown} bytes more memory after the burst");
    assert!(grown < 16 << 20, "{grown} bytes more");
    assert!(gateway.metric("gateway_rtp_refused_total").await >= 100.0);
}

#[tokio::test]
async fn a_flood_of_calls_is_refused_with_retry_after_and_nobody_waits_for_it() {
    let mut gateway = Gateway::start("max_new_calls_per_s = 8\n").await;
    let (mut talker, ..) = listener(&mut gateway).await;
    let flooder = Telephone::open(&gateway.sip(), 0).await;
    let flooding = flood(&flooder, 1_000);
    let (heard, flooded) = tokio::join!(talker.talk(CITIZEN, 3_000), flooding);
    assert!(heard.packets >= 145 && heard.lost() == 0, "{heard:?}");
    let Flooded { refused, rang, slowest_refusal } = flooded;
    assert_eq!(refused + rang, 1_000, "{refused} refused, {rang} rang\n{}", gateway.log());
    // 8 at once, then 8 a second while the flood lasted (two seconds and what the machine adds).
    assert!((8..=45).contains(&rang), "{rang} were let in");
    assert!(slowest_refusal < Duration::from_millis(500), "{slowest_refusal:?}");
    println!("{refused} refused, the slowest after {slowest_refusal:?}; {rang} let in");
    let counted =
        gateway.metric("gateway_calls_refused_total{status=\"503\",reason=\"rate\"}").await;
    assert_eq!(counted, f64::from(refused));
    // Within the limit everything is as ever.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut next = Telephone::open(&gateway.sip(), 0).await;
    let asked = clock::now();
    next.dial().await;
    assert_eq!(status(&next.response(180).await), 180);
    assert!(
        clock::now().since(asked) < Duration::from_millis(500),
        "{:?}",
        clock::now().since(asked)
    );
}

struct Flooded {
    refused: u32,
    rang: u32,
    slowest_refusal: Duration,
}

/// Sends INVITEs, 500 a second, and acknowledges what is refused.
async fn flood(phone: &Telephone, count: u32) -> Flooded {
    let mut pace = tokio::time::interval(Duration::from_millis(2));
    let mut sent = std::collections::HashMap::new();
    let mut flooded = Flooded { refused: 0, rang: 0, slowest_refusal: Duration::ZERO };
    let end = clock::now() + Duration::from_secs(10);
    let mut buffer = vec![0; 65_535];
    while flooded.refused + flooded.rang < count && clock::now() < end {
        pace.tick().await;
        if u32::try_from(sent.len()).unwrap() < count {
            let id = unique();
            let template = phone.invitation();
            let own = header(&template, "Call-ID").unwrap().to_owned();
            let invite = template.replace(&own, &id);
            phone.send(&invite).await;
            sent.insert(id, (clock::now(), invite, false));
        }
        while let Ok(length) = phone.sip.try_recv(&mut buffer) {
            let response = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let Some((at, invite, answered)) =
                header(&response, "Call-ID").and_then(|id| sent.get_mut(id))
            else {
                continue;
            };
            match status(&response) {
                503 => {
                    assert!(header(&response, "Retry-After").is_some(), "{response}");
                    phone.send(&acknowledgement(invite, &response)).await;
                    if !std::mem::replace(answered, true) {
                        flooded.refused += 1;
                        flooded.slowest_refusal =
                            flooded.slowest_refusal.max(clock::now().since(*at));
                    }
                }
                180 if !std::mem::replace(answered, true) => flooded.rang += 1,
                _ => {}
            }
        }
    }
    flooded
}

/// The ACK of a refusal (RFC 3261 section 17.1.1.3): the INVITE's own branch.
fn acknowledgement(invite: &str, response: &str) -> String {
    let uri = invite.split(' ').nth(1).unwrap();
    let lines: String = ["Via", "From", "Call-ID"]
        .iter()
        .map(|name| format!("{name}: {}\r\n", header(invite, name).unwrap()))
        .collect();
    let to = header(response, "To").unwrap();
    format!(
        "ACK {uri} SIP/2.0\r\n{lines}To: {to}\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// A file system of 128 KB: four seconds of a recording. Ends with the test.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(folder: &std::path::Path) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=128k,nr_inodes=64", "small"])
            .arg(folder)
            .stderr(std::process::Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_cuts_the_recording_and_never_the_call() {
    let place = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(place.path()) else {
        println!("skipped: mounting a small file system needs root");
        return;
    };
    let folder = place.path().display();
    let mut gateway = Gateway::start_recording_into(&format!("{folder}")).await;
    let (mut citizen, mut agent, call, leg) = talking(&mut gateway, true).await;
    let (to_citizen, to_agent) =
        tokio::join!(citizen.talk(CITIZEN, 7_000), agent.talk(AGENT, 7_000));
    assert!(
        to_citizen.of(AGENT) >= 345 && to_agent.of(CITIZEN) >= 345,
        "{to_citizen:?} {to_agent:?}"
    );
    assert_eq!((to_citizen.lost(), to_agent.lost()), (0, 0));
    let fault = gateway
        .server
        .event(|event| match event {
            Event::RecordingFailed { fault, .. } => Some(*fault),
            _ => None,
        })
        .await;
    assert_eq!(fault, RecordingFault::DiskFull);
    let (of, file, duration_ms) = crate::calls::ready(&mut gateway).await;
    assert_eq!(of, call);
    assert!((2_500..4_100).contains(&duration_ms), "{duration_ms}");
    let wav = test_support::read_wav(&place.path().join(file)).unwrap();
    assert_eq!(wav.channels[0].len() as u64 / 8, duration_ms);
    assert!(wav.channels[0][8_000..].iter().any(|sample| *sample != 0), "nothing is heard");
    assert!(gateway.metric("gateway_recording_failures_total").await >= 1.0);
    citizen.hang_up().await;
    assert_eq!(ended(&mut gateway, leg).await, gateway_protocol::EndCause::HungUp);
}
