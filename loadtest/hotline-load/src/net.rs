//! The generator's rim: UDP sockets with batched system calls, WebSockets, readiness and a 1 ms beat.
//! IPv4 alone. It must not know SIP or RTP.

pub mod poll;
pub mod udp;
pub mod web_socket;
