//! rtpengine as a relay between two ends of the generator, told by its control protocol: a cookie and
//! a bencoded dictionary in one datagram each way.

use std::collections::BTreeMap;
use std::net::{SocketAddrV4, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::process::{Program, free_port, until};
use crate::clock;
use crate::engine::Engine;
use crate::measure::Watched;
use crate::media::Voice;
use crate::run::{self, RunReport, Target};
use crate::scenario::Scenario;
use crate::sip::sdp;
use crate::webrtc::{Role, description};

const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// Longest set-up of a load: beyond it the machine cannot carry it, and there is no figure.
const SET_UP_MAX_NS: u64 = 60 * clock::SECOND_NS;

/// What the far end of its calls speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FarEnd {
    Rtp,
    /// ICE, DTLS and SRTP, as a browser.
    Browser,
}

/// A value of the control protocol.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Text(&'a str),
    List(&'a [&'a str]),
}

use Value::{List, Text};

/// A running relay.
#[derive(Debug)]
pub(super) struct Rtpengine {
    program: Program,
    control: UdpSocket,
    next_cookie: u64,
}

impl Rtpengine {
    /// Starts it in userspace, on loopback.
    pub(super) fn start(log: &Path) -> anyhow::Result<Self> {
        let listen = free_port()?;
        let mut command = Command::new("rtpengine");
        command.args(["--foreground", "--log-stderr", "--log-level=3", "--table=-1"]);
        command.args(["--interface=127.0.0.1", "--port-min=20000", "--port-max=29999"]);
        command.arg(format!("--listen-ng={listen}"));
        let mut program = Program::start("rtpengine", &mut command, log)?;
        let control = UdpSocket::bind("127.0.0.1:0")?;
        control.connect(listen)?;
        control.set_read_timeout(Some(ANSWER_LIMIT))?;
        let mut relay = Self { program, control, next_cookie: 0 };
        until("rtpengine answers", 20, || {
            relay.program.check_alive()?;
            Ok(relay.ask(&[("command", Text("ping"))]).ok())
        })?;
        program = relay.program;
        Ok(Self { program, control: relay.control, next_cookie: relay.next_cookie })
    }

    /// Puts `calls` calls through it and measures the scenario's window.
    pub(super) fn measure(
        &mut self,
        scenario: &Scenario,
        calls: u32,
        far_end: FarEnd,
    ) -> anyhow::Result<RunReport> {
        let nowhere = free_port()?;
        let mut engine = Engine::new(nowhere, scenario.seed, (0, 0))?;
        let limit_ns = clock::now_ns() + SET_UP_MAX_NS;
        for call in 0..calls {
            // Those that stand already talk while the others are set up: with too many a step takes a second.
            if clock::now_ns() > limit_ns {
                bail!("{call} of {calls} calls were set up within 60 s");
            }
            match far_end {
                FarEnd::Rtp => self.connect(&mut engine, call)?,
                FarEnd::Browser => {
                    self.connect_browser(&mut engine, call)?;
                    engine.step()?;
                }
            }
        }
        if far_end == FarEnd::Browser {
            run::wait_for_legs(&mut engine, calls as usize)?;
        }
        let pid = self.program.pid();
        let mut target = Target::alone(nowhere);
        target.watched = vec![Watched { name: "rtpengine".to_owned(), pid, with_children: false }];
        let report = run::sound_only(scenario, &target, engine, calls as usize);
        self.program.check_alive()?;
        report
    }

    /// One call: both ends' sound goes to the relay.
    fn connect(&mut self, engine: &mut Engine, call: u32) -> anyhow::Result<()> {
        let index = call as usize;
        let ((socket_a, a), (socket_b, b)) =
            (engine.media.port_of(index), engine.media.port_of(index + 1));
        let call_id = format!("load-{call}");
        let common =
            [("call-id", Text(&call_id)), ("from-tag", Text("a")), ("ICE", Text("remove"))];
        let (offer, answer) = (sdp::body(a, 1), sdp::body(b, 2));
        let mut fields = common.to_vec();
        fields.extend([("command", Text("offer")), ("sdp", Text(&offer))]);
        let for_b = self.relayed(&fields)?;
        let mut fields = common.to_vec();
        fields.extend([("command", Text("answer")), ("to-tag", Text("b")), ("sdp", Text(&answer))]);
        let for_a = self.relayed(&fields)?;
        engine.media.start(socket_a, destination(&for_a)?);
        engine.media.start(socket_b, destination(&for_b)?);
        Ok(())
    }

    /// One call between a plain end and one that is like a browser.
    fn connect_browser(&mut self, engine: &mut Engine, call: u32) -> anyhow::Result<()> {
        let (socket, plain) = engine.media.port_of(call as usize);
        let (ear, local) = engine.media.ears.add()?;
        let call_id = format!("load-{call}");
        let common = [("call-id", Text(&call_id)), ("from-tag", Text("a"))];
        let offer = sdp::body(plain, 1);
        let mut fields = common.to_vec();
        fields.extend([
            ("command", Text("offer")),
            ("sdp", Text(&offer)),
            ("transport-protocol", Text("UDP/TLS/RTP/SAVPF")),
            ("ICE", Text("force")),
            ("rtcp-mux", List(&["offer", "require"])),
            ("SDES", List(&["off"])),
        ]);
        let for_browser = self.relayed(&fields)?;
        let remote = description::read(for_browser.as_bytes())
            .with_context(|| format!("rtpengine offers no WebRTC: {for_browser}"))?;
        let answer = description::answer(&local, &remote, 2);
        let mut fields = common.to_vec();
        fields.extend([
            ("command", Text("answer")),
            ("to-tag", Text("b")),
            ("sdp", Text(&answer)),
            ("transport-protocol", Text("RTP/AVP")),
            ("ICE", Text("remove")),
            ("rtcp-mux", List(&["demux"])),
        ]);
        let for_plain = self.relayed(&fields)?;
        let (role, now_ns) = (Role::of_answerer(&remote), clock::now_ns());
        engine.media.start(socket, destination(&for_plain)?);
        engine.media.start_secure(ear, remote, role, Voice::Probes, now_ns);
        Ok(())
    }

    /// The description that the relay makes of one.
    fn relayed(&mut self, fields: &[(&str, Value<'_>)]) -> anyhow::Result<String> {
        self.ask(fields)?.remove("sdp").context("rtpengine's answer has no sdp")
    }

    fn ask(&mut self, fields: &[(&str, Value<'_>)]) -> anyhow::Result<BTreeMap<String, String>> {
        self.next_cookie += 1;
        let cookie = format!("c{}", self.next_cookie);
        self.control.send(format!("{cookie} {}", encode(fields)).as_bytes())?;
        let mut buffer = vec![0; 65_536];
        let length = self.control.recv(&mut buffer).context("rtpengine is silent")?;
        let text = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned();
        let body =
            text.strip_prefix(&format!("{cookie} ")).context("an answer to another question")?;
        let answer = decode(body).context("rtpengine's answer is no dictionary")?;
        match answer.get("result").map(String::as_str) {
            Some("ok" | "pong") => Ok(answer),
            _ => bail!("rtpengine refuses: {body}"),
        }
    }
}

fn destination(sdp: &str) -> anyhow::Result<SocketAddrV4> {
    sdp::destination(sdp.as_bytes()).context("rtpengine's sdp has no destination")
}

/// A bencoded dictionary of strings and lists of them; keys in order, as the format wants.
fn encode(fields: &[(&str, Value<'_>)]) -> String {
    let sorted: BTreeMap<&str, Value<'_>> = fields.iter().copied().collect();
    let mut text = "d".to_owned();
    let write = |text: &mut String, word: &str| text.push_str(&format!("{}:{word}", word.len()));
    for (key, value) in sorted {
        write(&mut text, key);
        match value {
            Text(word) => write(&mut text, word),
            List(words) => {
                text.push('l');
                words.iter().for_each(|word| write(&mut text, word));
                text.push('e');
            }
        }
    }
    text.push('e');
    text
}

/// The strings of a bencoded dictionary; values of other kinds end the reading.
fn decode(text: &str) -> Option<BTreeMap<String, String>> {
    let mut rest = text.strip_prefix('d')?;
    let mut fields = BTreeMap::new();
    while !rest.starts_with('e') {
        let (key, after) = string(rest)?;
        let Some((value, after)) = string(after) else { break };
        fields.insert(key.to_owned(), value.to_owned());
        rest = after;
    }
    Some(fields)
}

fn string(text: &str) -> Option<(&str, &str)> {
    let (length, rest) = text.split_once(':')?;
    let length: usize = length.parse().ok()?;
    Some((rest.get(..length)?, rest.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_is_written_in_order_and_read_back() {
        let text = encode(&[("sdp", Text("v=0\r\n")), ("command", Text("offer"))]);
        assert_eq!(text, "d7:command5:offer3:sdp5:v=0\r\ne");
        assert_eq!(decode(&text).unwrap()["sdp"], "v=0\r\n");
        let text = encode(&[("rtcp-mux", List(&["offer", "require"])), ("SDES", List(&[]))]);
        assert_eq!(text, "d4:SDESle8:rtcp-muxl5:offer7:requireee");
    }

    #[test]
    fn what_is_no_dictionary_of_strings_does_not_break_the_reader() {
        assert_eq!(decode("i5e"), None);
        assert_eq!(decode("d9:x"), None);
        assert!(decode("d1:ai5e1:b1:ce").unwrap().is_empty());
    }

    /// The peer of the figures is reached as a browser reaches it, and nothing is lost on the way.
    #[test]
    fn rtpengine_carries_sound_between_rtp_and_webrtc() {
        if !super::super::process::is_installed("rtpengine") {
            super::super::tell("rtpengine is not installed: skipped");
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut relay = Rtpengine::start(&folder.path().join("log")).unwrap();
        let mut scenario = crate::ceiling::sound_of(2, 1);
        scenario.name = "two".to_owned();
        let report = relay.measure(&scenario, 2, FarEnd::Browser).unwrap();
        let media = report.media;
        assert!(media.window_sent > 150, "{media:?}");
        // The gateway chooses the same: both do the same work.
        assert_eq!(report.srtp.as_deref(), Some("SRTP_AEAD_AES_256_GCM"));
        assert_eq!(media.window_received, media.window_sent);
    }
}
