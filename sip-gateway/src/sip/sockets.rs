//! The gateway's own UDP and TCP sockets for SIP: framing, size, rate per source, keep-alives.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::udp::{UdpConnection, UdpInner};
use rsipstack::transport::{SipAddr, SipConnection, TransportEvent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

use crate::net::clock;
use crate::sip::clean::MESSAGE_LEN_MAX;
use crate::sip::datagrams::LossySocket;
use crate::sip::engine::Engine;
use crate::sip::flow::{Closer, Flow, FlowId, Transport};
use crate::sip::message::{self, Message, MessageError};
use crate::sip::rate::Limiter;

/// The UDP socket has no connection; its flow has this number.
pub const UDP: FlowId = FlowId(0);
/// Messages waiting for a slow connection; a peer that lets more pile up is closed.
pub const OUTBOX_LEN: usize = 256;
/// Longest head on a stream, in bytes.
const HEAD_LEN_MAX: usize = 32_768;
/// A TCP connection that sends nothing for this long is closed (RFC 5626 asks for pings below it).
const TCP_IDLE_S: u64 = 900;

/// Why a socket could not be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {addr} (key `{key}`): {source}; choose another port or 0, or stop the program that has it"
)]
pub struct BindError {
    pub addr: SocketAddr,
    pub key: &'static str,
    #[source]
    pub source: std::io::Error,
}

/// Binds the UDP socket with a buffer that holds a burst of a few thousand messages.
///
/// # Errors
/// [`BindError`].
pub fn bind_udp(addr: SocketAddr, key: &'static str) -> Result<UdpSocket, BindError> {
    let bind = || -> std::io::Result<UdpSocket> {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(addr),
            socket2::Type::DGRAM,
            Some(socket2::Protocol::UDP),
        )?;
        // A smaller buffer than asked for is no reason not to start.
        let _ = socket.set_recv_buffer_size(4 << 20);
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        UdpSocket::from_std(socket.into())
    };
    bind().map_err(|source| BindError { addr, key, source })
}

/// # Errors
/// [`BindError`].
pub async fn bind_tcp(addr: SocketAddr, key: &'static str) -> Result<TcpListener, BindError> {
    TcpListener::bind(addr).await.map_err(|source| BindError { addr, key, source })
}

/// The flow of the UDP socket, to be turned towards a peer with `towards`.
pub async fn udp_flow(socket: Arc<UdpSocket>, local: SocketAddr) -> Flow {
    let addr = SipAddr::new(rsipstack::sip::Transport::Udp, local.into());
    let connection =
        UdpConnection::attach(UdpInner { conn: Arc::new(LossySocket(socket)), addr }, None, None)
            .await;
    Flow {
        id: UDP,
        transport: Transport::Udp,
        remote: local,
        claims: None,
        closer: None,
        connection: SipConnection::Udp(connection),
    }
}

/// Reads datagrams until the socket fails for good.
pub async fn serve_udp(
    engine: Arc<Engine>,
    socket: Arc<UdpSocket>,
    flow: Flow,
    limiter: Arc<Limiter>,
) {
    let mut buffer = vec![0; MESSAGE_LEN_MAX];
    loop {
        let (len, source) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            // ICMP errors of earlier sends show up here; they are not ours to act on.
            Err(error) => {
                tracing::debug!(%error, "udp receive");
                continue;
            }
        };
        let datagram = buffer.get(..len).unwrap_or_default();
        if datagram.iter().all(|b| matches!(b, b'\r' | b'\n' | 0 | b' ')) {
            continue;
        }
        if !limiter.admit(source.ip(), clock::now()) {
            metrics::counter!("gateway_sip_dropped_total", "reason" => "rate").increment(1);
            continue;
        }
        match message::read_datagram(datagram) {
            Ok((message, other_version)) => {
                engine.receive(&flow.towards(source), message, other_version).await;
            }
            Err(error) => unreadable(&engine, &flow.towards(source), datagram, error).await,
        }
    }
}

/// Answers what can be answered of a message that cannot be read as a whole, and counts it.
async fn unreadable(engine: &Engine, flow: &Flow, bytes: &[u8], error: MessageError) {
    metrics::counter!("gateway_sip_garbage_total").increment(1);
    tracing::debug!(%error, ?flow, "unreadable message");
    if error == MessageError::Length
        && let Ok(head) = message::read_head(bytes)
    {
        let mut message = head.message;
        message.headers.retain(|(name, _)| name != "Content-Length");
        message.headers.push(("X-Broken".to_owned(), "length".to_owned()));
        engine.receive(flow, message, head.other_version).await;
    }
}

/// Accepts TCP connections.
pub async fn serve_tcp(engine: Arc<Engine>, listener: TcpListener, limiter: Arc<Limiter>) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                tokio::spawn(serve_stream(
                    Arc::clone(&engine),
                    stream,
                    remote,
                    Arc::clone(&limiter),
                ));
            }
            Err(error) => {
                tracing::warn!(%error, "tcp accept");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// Opens a TCP connection to a peer.
///
/// # Errors
/// Those of connecting.
pub async fn connect_tcp(
    engine: Arc<Engine>,
    remote: SocketAddr,
    limiter: Arc<Limiter>,
) -> std::io::Result<Flow> {
    let stream = TcpStream::connect(remote).await?;
    let (flow, outbox) = channel_flow(&engine, Transport::Tcp, remote, None)
        .await
        .ok_or_else(|| std::io::Error::other("no queue"))?;
    engine.open(flow.clone()).await;
    tokio::spawn(run_stream(engine, stream, flow.clone(), outbox, limiter));
    Ok(flow)
}

async fn serve_stream(
    engine: Arc<Engine>,
    stream: TcpStream,
    remote: SocketAddr,
    limiter: Arc<Limiter>,
) {
    let Some((flow, outbox)) = channel_flow(&engine, Transport::Tcp, remote, None).await else {
        return;
    };
    engine.open(flow.clone()).await;
    run_stream(engine, stream, flow, outbox, limiter).await;
}

/// A flow whose messages come out of a bounded queue.
pub(crate) async fn channel_flow(
    engine: &Engine,
    transport: Transport,
    remote: SocketAddr,
    claims: Option<Arc<gateway_protocol::token::SoftphoneClaims>>,
) -> Option<(Flow, mpsc::Receiver<TransportEvent>)> {
    let (outbox, messages) = mpsc::channel(OUTBOX_LEN);
    // Nothing comes in by the library's own channel: the sender is dropped at once.
    let (_, nothing) = mpsc::unbounded_channel();
    let addr = SipAddr::new(rsipstack::sip::Transport::Tcp, remote.into());
    let connection =
        ChannelConnection::create_connection_bounded(nothing, outbox, addr, None).await.ok()?;
    let connection = SipConnection::Channel(connection);
    let flow = Flow {
        id: FlowId(engine.next_id()),
        transport,
        remote,
        claims,
        closer: Some(Arc::new(Closer::default())),
        connection,
    };
    Some((flow, messages))
}

/// Reads framed messages and writes queued ones until either side closes.
async fn run_stream(
    engine: Arc<Engine>,
    stream: TcpStream,
    flow: Flow,
    outbox: mpsc::Receiver<TransportEvent>,
    limiter: Arc<Limiter>,
) {
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    // A writer of its own: a peer that does not read blocks nobody else.
    let mut writing = tokio::spawn(write_stream(writer, outbox));
    tokio::select! {
        () = read_stream(&engine, reader, &flow, &limiter) => {}
        _ = &mut writing => {}
    }
    writing.abort();
    engine.close(flow.id).await;
}

async fn write_stream(
    mut writer: tokio::net::tcp::OwnedWriteHalf,
    mut outbox: mpsc::Receiver<TransportEvent>,
) {
    while let Some(event) = outbox.recv().await {
        let TransportEvent::Incoming(message, ..) = event else { continue };
        if writer.write_all(&message.to_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_stream(
    engine: &Engine,
    mut reader: tokio::net::tcp::OwnedReadHalf,
    flow: &Flow,
    limiter: &Limiter,
) {
    let mut buffer = BytesMut::with_capacity(4_096);
    let idle = std::time::Duration::from_secs(TCP_IDLE_S);
    while let Ok(Ok(1..)) = tokio::time::timeout(idle, reader.read_buf(&mut buffer)).await {
        loop {
            match take_message(&mut buffer) {
                Ok(Some((message, other_version))) => {
                    if limiter.admit(flow.remote.ip(), clock::now()) {
                        engine.receive(flow, message, other_version).await;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    metrics::counter!("gateway_sip_garbage_total").increment(1);
                    tracing::debug!(%error, ?flow, "stream is not SIP; closed");
                    return;
                }
            }
        }
    }
}

/// Takes one whole message off the front of a stream, if there is one (RFC 3261 section 18.3).
fn take_message(buffer: &mut BytesMut) -> Result<Option<(Message, bool)>, MessageError> {
    while buffer.first().is_some_and(|b| matches!(b, b'\r' | b'\n')) {
        buffer.advance(1);
    }
    let Some(len) = message::head_len(buffer) else {
        return if buffer.len() > HEAD_LEN_MAX { Err(MessageError::Header) } else { Ok(None) };
    };
    let head = message::read_head(buffer.get(..len).unwrap_or_default())?;
    let body_len = message::content_length(&head.message)?.unwrap_or(0);
    if body_len > MESSAGE_LEN_MAX {
        return Err(MessageError::Length);
    }
    if buffer.len() < len + body_len {
        return Ok(None);
    }
    buffer.advance(len);
    let body: Bytes = buffer.split_to(body_len).freeze();
    Ok(Some((Message { body, ..head.message }, head.other_version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_into_messages_wherever_it_was_split() {
        let one = Message::request("OPTIONS", "sip:h").with("Call-ID", "a").to_bytes();
        let two = Message::request("INFO", "sip:h")
            .with_body("application/dtmf-relay", Bytes::from_static(b"Signal=1"))
            .to_bytes();
        let all = [b"\r\n\r\n".as_slice(), &one, &two].concat();
        for split in 0..all.len() {
            let mut buffer = BytesMut::new();
            let mut methods = Vec::new();
            for part in [&all[..split], &all[split..]] {
                buffer.extend_from_slice(part);
                while let Some((message, _)) = take_message(&mut buffer).unwrap() {
                    methods.push((message.method().to_owned(), message.body.len()));
                }
            }
            assert_eq!(methods, [("OPTIONS".to_owned(), 0), ("INFO".to_owned(), 8)], "{split}");
        }
    }

    #[test]
    fn a_huge_length_is_an_error_not_an_allocation() {
        let text = b"OPTIONS sip:h SIP/2.0\r\nContent-Length: 18446744073709551615\r\n\r\n";
        assert!(take_message(&mut BytesMut::from(&text[..])).is_err());
    }
}
