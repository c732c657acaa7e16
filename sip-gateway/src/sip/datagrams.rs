//! The UDP socket as the transaction library sees it: what the system does not take is a lost packet.
//!
//! A pulled cable or a firewall makes a send fail. UDP promises nothing, the timers repeat what was
//! lost (RFC 3261 section 17); the library, told of an error, would leave the transaction of an answer in its
//! state for ever, and the call with it.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use rsipstack::Result;
use rsipstack::platform::net::UdpSocket as Datagrams;
use tokio::net::UdpSocket;

/// A socket whose sends never fail.
#[derive(Debug)]
pub struct LossySocket(pub Arc<UdpSocket>);

#[async_trait]
impl Datagrams for LossySocket {
    async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr)> {
        Ok(self.0.recv_from(buffer).await?)
    }

    async fn send_to(&self, datagram: &[u8], to: SocketAddr) -> Result<usize> {
        if let Err(error) = self.0.send_to(datagram, to).await {
            tracing::debug!(%error, %to, "a SIP datagram is lost");
            metrics::counter!("gateway_sip_send_failures_total").increment(1);
        }
        Ok(datagram.len())
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        Ok(self.0.local_addr()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_system_refuses_to_send_is_lost_and_not_an_error() {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        // No datagram can be so long (RFC 768): the system refuses it.
        let datagram = vec![b'x'; 70_000];
        let to = socket.local_addr().unwrap();
        assert!(socket.send_to(&datagram, to).await.is_err());
        assert_eq!(LossySocket(socket).send_to(&datagram, to).await.unwrap(), 70_000);
    }
}
