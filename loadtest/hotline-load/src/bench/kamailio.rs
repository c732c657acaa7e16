//! Kamailio as a registrar and as a stateful relay to a phone of the generator.

use std::fs;
use std::net::SocketAddrV4;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::process::{Program, free_port, until};
use crate::measure::Watched;

/// A running Kamailio.
#[derive(Debug)]
pub(super) struct Kamailio {
    pub(super) address: SocketAddrV4,
    program: Program,
}

impl Kamailio {
    /// Starts it; calls go to `phone`.
    pub(super) fn start(phone: SocketAddrV4, folder: &Path) -> anyhow::Result<Self> {
        let address = free_port()?;
        let config = folder.join("kamailio.cfg");
        fs::write(&config, configuration(address, phone))?;
        let mut command = Command::new("kamailio");
        command.args(["-DD", "-E", "-m", "256", "-f"]).arg(&config);
        command.arg("-Y").arg(folder);
        let mut program = Program::start("kamailio", &mut command, &folder.join("kamailio.log"))?;
        let probe = std::net::UdpSocket::bind("127.0.0.1:0")?;
        probe.set_read_timeout(Some(Duration::from_millis(200)))?;
        until("kamailio answers", 20, || {
            program.check_alive()?;
            probe.send_to(OPTIONS.as_bytes(), address)?;
            Ok(probe.recv(&mut [0; 2_048]).ok().map(|_| ()))
        })?;
        Ok(Self { address, program })
    }

    pub(super) fn watched(&self) -> Watched {
        let (name, pid) = ("kamailio".to_owned(), self.program.pid());
        Watched { name, pid, with_children: true }
    }
}

const OPTIONS: &str = "OPTIONS sip:ping SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKping;rport\r\n\
    Max-Forwards: 70\r\nFrom: <sip:ping@h>;tag=1\r\nTo: <sip:ping@h>\r\nCall-ID: ping\r\n\
    CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

fn configuration(address: SocketAddrV4, phone: SocketAddrV4) -> String {
    format!(
        r#"#!KAMAILIO
debug=0
log_stderror=yes
children=2
disable_tcp=yes
auto_aliases=no
listen=udp:{address}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("usrloc", "db_mode", 0)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("OPTIONS")) {{ sl_send_reply("200", "OK"); exit; }}
    if (is_method("REGISTER")) {{ save("location"); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
        sl_send_reply("404", "Not Here");
        exit;
    }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    t_check_trans();
    record_route();
    $du = "sip:{phone}";
    t_relay();
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_both_addresses() {
        let at = |text: &str| text.parse().unwrap();
        let text = configuration(at("127.0.0.1:5060"), at("127.0.0.1:5070"));
        assert!(text.contains("listen=udp:127.0.0.1:5060\n"));
        assert!(text.contains("$du = \"sip:127.0.0.1:5070\";"));
    }
}
