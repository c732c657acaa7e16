//! The generator's rim: UDP sockets with batched system calls, readiness and a 1 ms beat. IPv4 and
//! UDP alone. It must not know SIP or RTP.

pub mod poll;
pub mod udp;
