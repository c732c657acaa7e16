//! rtpengine as a relay between two ends of the generator, told by its control protocol: a cookie and
//! a bencoded dictionary in one datagram each way.

use std::collections::BTreeMap;
use std::net::{SocketAddrV4, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::process::{Program, free_port, until};
use crate::engine::Engine;
use crate::measure::Watched;
use crate::run::{self, RunReport, Target};
use crate::scenario::Scenario;
use crate::sip::sdp;

const ANSWER_LIMIT: Duration = Duration::from_secs(2);

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
            Ok(relay.ask(&[("command", "ping")]).ok())
        })?;
        program = relay.program;
        Ok(Self { program, control: relay.control, next_cookie: relay.next_cookie })
    }

    /// Puts `calls` calls through it and measures the scenario's window.
    pub(super) fn measure(&mut self, scenario: &Scenario, calls: u32) -> anyhow::Result<RunReport> {
        let nowhere = free_port()?;
        let mut engine = Engine::new(nowhere, scenario.seed, (0, 0))?;
        for call in 0..calls {
            self.connect(&mut engine, call)?;
        }
        let pid = self.program.pid();
        let watched = vec![Watched { name: "rtpengine".to_owned(), pid, with_children: false }];
        let (domain, credentials) = (String::new(), Vec::new());
        let target = Target { peer: nowhere, domain, credentials, watched };
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
        let common = [("call-id", call_id.as_str()), ("from-tag", "a"), ("ICE", "remove")];
        let (offer, answer) = (sdp::body(a, 1), sdp::body(b, 2));
        let mut fields = common.to_vec();
        fields.extend([("command", "offer"), ("sdp", offer.as_str())]);
        let for_b = self.relayed(&fields)?;
        let mut fields = common.to_vec();
        fields.extend([("command", "answer"), ("to-tag", "b"), ("sdp", answer.as_str())]);
        let for_a = self.relayed(&fields)?;
        engine.media.start(socket_a, for_a);
        engine.media.start(socket_b, for_b);
        Ok(())
    }

    fn relayed(&mut self, fields: &[(&str, &str)]) -> anyhow::Result<SocketAddrV4> {
        let answer = self.ask(fields)?;
        let sdp = answer.get("sdp").context("rtpengine's answer has no sdp")?;
        sdp::destination(sdp.as_bytes()).context("rtpengine's sdp has no destination")
    }

    fn ask(&mut self, fields: &[(&str, &str)]) -> anyhow::Result<BTreeMap<String, String>> {
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

/// A bencoded dictionary of strings; keys in order, as the format wants.
fn encode(fields: &[(&str, &str)]) -> String {
    let sorted: BTreeMap<&str, &str> = fields.iter().copied().collect();
    let mut text = "d".to_owned();
    for (key, value) in sorted {
        text.push_str(&format!("{}:{key}{}:{value}", key.len(), value.len()));
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
        let text = encode(&[("sdp", "v=0\r\n"), ("command", "offer")]);
        assert_eq!(text, "d7:command5:offer3:sdp5:v=0\r\ne");
        assert_eq!(decode(&text).unwrap()["sdp"], "v=0\r\n");
    }

    #[test]
    fn what_is_no_dictionary_of_strings_does_not_break_the_reader() {
        assert_eq!(decode("i5e"), None);
        assert_eq!(decode("d9:x"), None);
        assert!(decode("d1:ai5e1:b1:ce").unwrap().is_empty());
    }
}
