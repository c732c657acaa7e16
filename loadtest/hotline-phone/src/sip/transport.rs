//! The phone's sockets: one UDP socket, or one TCP listener with its connections. Hands whole
//! messages to one handler. Each TCP connection has its own writer and a bounded queue, so that a
//! stuck peer blocks nobody else. It must not know calls.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::frame::FrameBuffer;
use super::message::{MESSAGE_MAX_BYTES, Message};
use crate::error::PhoneError;

/// Most TCP connections at once; a further one is closed at once.
const TCP_CONNECTIONS_MAX: usize = 4096;
const TCP_QUEUE_MAX: usize = 256;
const TCP_CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Room for a burst of packets while the reader waits for its turn on the processor.
const UDP_BUFFER_BYTES: usize = 4 << 20;

/// Which transport the phone speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum TransportKind {
    #[default]
    Udp,
    Tcp,
}

impl TransportKind {
    /// As written in Via.
    #[must_use]
    pub fn via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// As appended to a Contact.
    #[must_use]
    pub fn contact_suffix(self) -> &'static str {
        match self {
            Self::Udp => "",
            Self::Tcp => ";transport=tcp",
        }
    }
}

/// A message and where it came from.
#[derive(Debug, Clone)]
pub struct Received {
    pub message: Message,
    pub peer: SocketAddr,
}

type Handler = Arc<dyn Fn(Received) + Send + Sync>;

#[derive(Debug)]
enum Socket {
    Udp(UdpSocket),
    Tcp(TcpListener),
}

/// An open transport.
pub struct Transport {
    socket: Socket,
    local: SocketAddr,
    connections: Mutex<HashMap<SocketAddr, mpsc::Sender<Vec<u8>>>>,
    closed: CancellationToken,
    handler: std::sync::OnceLock<Handler>,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("local", &self.local).finish_non_exhaustive()
    }
}

impl Transport {
    /// Binds the socket.
    ///
    /// # Errors
    /// [`PhoneError::Bind`] when the port is taken or the address is not this machine's.
    pub async fn bind(kind: TransportKind, address: SocketAddr) -> Result<Arc<Self>, PhoneError> {
        let failed = |error: io::Error| PhoneError::Bind { address, reason: error.to_string() };
        let (socket, local) = match kind {
            TransportKind::Udp => {
                let socket = bind_udp(address).map_err(failed)?;
                let local = socket.local_addr().map_err(failed)?;
                (Socket::Udp(socket), local)
            }
            TransportKind::Tcp => {
                let listener = TcpListener::bind(address).await.map_err(failed)?;
                let local = listener.local_addr().map_err(failed)?;
                (Socket::Tcp(listener), local)
            }
        };
        Ok(Arc::new(Self {
            socket,
            local,
            connections: Mutex::default(),
            closed: CancellationToken::new(),
            handler: std::sync::OnceLock::new(),
        }))
    }

    #[must_use]
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    #[must_use]
    pub fn kind(&self) -> TransportKind {
        match self.socket {
            Socket::Udp(_) => TransportKind::Udp,
            Socket::Tcp(_) => TransportKind::Tcp,
        }
    }

    /// Starts reading; every message goes to `handler`, which must not block. Once only.
    pub fn start(self: &Arc<Self>, handler: impl Fn(Received) + Send + Sync + 'static) {
        if self.handler.set(Arc::new(handler)).is_ok() {
            let this = Arc::clone(self);
            tokio::spawn(async move {
                let closed = this.closed.clone();
                tokio::select! { () = closed.cancelled() => {}, () = this.read() => {} }
            });
        }
    }

    /// Stops reading and closes every connection.
    pub fn close(&self) {
        self.closed.cancel();
    }

    async fn read(self: &Arc<Self>) {
        match &self.socket {
            Socket::Udp(socket) => self.read_udp(socket).await,
            Socket::Tcp(listener) => self.accept(listener).await,
        }
    }

    async fn read_udp(&self, socket: &UdpSocket) {
        let mut buffer = vec![0_u8; MESSAGE_MAX_BYTES];
        loop {
            // An error here is an ICMP report about somebody we wrote to: timers notice that.
            let Ok((length, peer)) = socket.recv_from(&mut buffer).await else { continue };
            if length < 8 {
                continue; // keep-alive (RFC 5626 3.5.1)
            }
            match Message::parse(buffer.get(..length).unwrap_or_default()) {
                Ok(message) => self.deliver(message, peer),
                Err(fault) => tracing::debug!(%peer, %fault, "sip.datagram_dropped"),
            }
        }
    }

    async fn accept(self: &Arc<Self>, listener: &TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => drop(self.adopt(stream, peer)),
                // Out of descriptors, most likely: let some calls end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    fn adopt(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr) -> mpsc::Sender<Vec<u8>> {
        let (queue, outgoing) = mpsc::channel(TCP_QUEUE_MAX);
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if connections.len() < TCP_CONNECTIONS_MAX {
            connections.insert(peer, queue.clone());
            let (reading, writing) = stream.into_split();
            let this = Arc::clone(self);
            tokio::spawn(async move {
                tokio::select! {
                    () = this.closed.cancelled() => {},
                    () = this.read_stream(reading, peer) => {},
                    () = write_stream(writing, outgoing) => {},
                }
                this.connections.lock().unwrap_or_else(PoisonError::into_inner).remove(&peer);
            });
        }
        queue
    }

    async fn read_stream(&self, mut reading: OwnedReadHalf, peer: SocketAddr) {
        let (mut frames, mut buffer) = (FrameBuffer::default(), vec![0_u8; 8192]);
        while let Ok(length @ 1..) = reading.read(&mut buffer).await {
            frames.extend(buffer.get(..length).unwrap_or_default());
            loop {
                match frames.next_message() {
                    Ok(Some(message)) => self.deliver(message, peer),
                    Ok(None) => break,
                    Err(fault) => {
                        tracing::debug!(%peer, %fault, "sip.stream_closed");
                        return;
                    }
                }
            }
        }
    }

    fn deliver(&self, message: Message, peer: SocketAddr) {
        if message.is_addressable() {
            if let Some(handler) = self.handler.get() {
                handler(Received { message, peer });
            }
        } else {
            tracing::debug!(%peer, "sip.message_incomplete");
        }
    }

    /// Sends one message. Over TCP an existing connection to `to` is used, else one is opened.
    ///
    /// # Errors
    /// The transport's error; over UDP most failures show only as silence.
    pub async fn send(self: &Arc<Self>, bytes: Vec<u8>, to: SocketAddr) -> io::Result<()> {
        match &self.socket {
            Socket::Udp(socket) => socket.send_to(&bytes, to).await.map(drop),
            Socket::Tcp(_) => {
                let known = self.connection(to);
                let queue = match known {
                    Some(queue) => queue,
                    None => self.connect(to).await?,
                };
                queue.try_send(bytes).map_err(|_| io::ErrorKind::BrokenPipe.into())
            }
        }
    }

    /// Sends a response at once or not at all: never waits, never opens a connection.
    pub fn reply(&self, bytes: Vec<u8>, to: SocketAddr) {
        match &self.socket {
            Socket::Udp(socket) => drop(socket.try_send_to(&bytes, to)),
            Socket::Tcp(_) => {
                if let Some(queue) = self.connection(to) {
                    drop(queue.try_send(bytes));
                }
            }
        }
    }

    fn connection(&self, to: SocketAddr) -> Option<mpsc::Sender<Vec<u8>>> {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.get(&to).filter(|queue| !queue.is_closed()).cloned()
    }

    async fn connect(self: &Arc<Self>, to: SocketAddr) -> io::Result<mpsc::Sender<Vec<u8>>> {
        let stream = tokio::time::timeout(TCP_CONNECT_LIMIT, TcpStream::connect(to))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        stream.set_nodelay(true)?;
        Ok(self.adopt(stream, to))
    }

    /// Whether anybody listens at `to`: opens the TCP connection, or sends a keep-alive datagram
    /// and waits 150 ms for the network to report a closed port.
    ///
    /// # Errors
    /// [`PhoneError::Unreachable`].
    pub async fn probe(self: &Arc<Self>, to: SocketAddr) -> Result<(), PhoneError> {
        let outcome = match self.kind() {
            TransportKind::Tcp if self.connection(to).is_some() => Ok(()),
            TransportKind::Tcp => self.connect(to).await.map(drop),
            TransportKind::Udp => probe_udp(to).await,
        };
        outcome.map_err(|error| PhoneError::Unreachable { address: to, reason: error.to_string() })
    }
}

async fn write_stream(mut writing: OwnedWriteHalf, mut outgoing: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = outgoing.recv().await {
        if writing.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, Some(socket2::Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // The kernel may grant less; a phone with few calls does not need more.
    drop(socket.set_recv_buffer_size(UDP_BUFFER_BYTES));
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

async fn probe_udp(to: SocketAddr) -> io::Result<()> {
    let any: SocketAddr =
        if to.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(to).await?;
    socket.send(b"\r\n\r\n").await?;
    let mut answer = [0_u8; 16];
    match tokio::time::timeout(Duration::from_millis(150), socket.recv(&mut answer)).await {
        Ok(Err(error)) => Err(error),
        _ => Ok(()),
    }
}

/// The address of this machine that packets towards `peer` leave from; `bound` unless it is
/// unspecified.
pub fn local_ip_towards(bound: SocketAddr, peer: SocketAddr) -> io::Result<std::net::IpAddr> {
    if !bound.ip().is_unspecified() {
        return Ok(bound.ip());
    }
    let any: SocketAddr =
        if peer.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = std::net::UdpSocket::bind(any)?;
    socket.connect(peer)?;
    Ok(socket.local_addr()?.ip())
}
