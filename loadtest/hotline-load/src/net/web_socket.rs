//! SIP over WebSocket as browsers speak it: opened in a blocking way while nothing is measured, then
//! read and written without waiting.

use std::io;
use std::net::{SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use tungstenite::client::ClientRequestBuilder;
use tungstenite::http::Uri;
use tungstenite::{Error, Message};

/// How long a gateway may take to accept a connection.
const OPEN_LIMIT: Duration = Duration::from_secs(10);

/// One connection.
#[derive(Debug)]
pub struct WebSocket {
    inner: tungstenite::WebSocket<TcpStream>,
}

impl WebSocket {
    /// Opens `url` (`ws://address:port/...`) as a page of `origin` would.
    ///
    /// # Errors
    /// No such address, or the gateway refuses.
    pub fn open(url: &str, origin: &str) -> io::Result<Self> {
        let uri: Uri = url.parse().map_err(io::Error::other)?;
        let host = uri.authority().ok_or_else(|| io::Error::other("a URL without host"))?;
        let stream = TcpStream::connect(host.as_str())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(OPEN_LIMIT))?;
        let request =
            ClientRequestBuilder::new(uri).with_header("Origin", origin).with_sub_protocol("sip");
        let (inner, _) = tungstenite::client(request, stream)
            .map_err(|error| io::Error::other(format!("the WebSocket was refused: {error}")))?;
        inner.get_ref().set_nonblocking(true)?;
        Ok(Self { inner })
    }

    /// What to wait for.
    #[must_use]
    pub fn as_stream(&self) -> &TcpStream {
        self.inner.get_ref()
    }

    /// # Errors
    /// The connection is gone, or has no IPv4 address.
    pub fn local(&self) -> io::Result<SocketAddrV4> {
        match self.as_stream().local_addr()? {
            SocketAddr::V4(local) => Ok(local),
            SocketAddr::V6(_) => Err(io::Error::other("a connection without IPv4 address")),
        }
    }

    /// Sends a message. What does not go out now goes with the next one; a connection that is gone
    /// shows by [`Self::drain`].
    pub fn send(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let _later = self.inner.send(Message::text(text));
    }

    /// Hands over all messages that are there, and answers pings. False when the connection is gone.
    pub fn drain(&mut self, mut each: impl FnMut(&[u8])) -> bool {
        loop {
            match self.inner.read() {
                Ok(Message::Text(text)) => each(text.as_bytes()),
                Ok(Message::Binary(bytes)) => each(&bytes),
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => return false,
            }
        }
        !matches!(self.inner.flush(), Err(error) if !is_later(&error))
    }
}

fn is_later(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use tungstenite::accept_hdr;
    use tungstenite::handshake::server::{Request, Response};

    use super::*;

    #[test]
    fn messages_and_pings_are_answered_and_the_end_is_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/sip?token=x", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut socket = accept_hdr(stream, |request: &Request, mut response: Response| {
                let asked = request.headers()["sec-websocket-protocol"].clone();
                assert_eq!(request.headers()["origin"], "http://127.0.0.1:1");
                response.headers_mut().insert("sec-websocket-protocol", asked);
                Ok(response)
            });
            let socket = socket.as_mut().unwrap();
            assert_eq!(socket.read().unwrap(), Message::text("hello"));
            socket.send(Message::Ping(b"p".to_vec().into())).unwrap();
            socket.send(Message::text("there")).unwrap();
            assert_eq!(socket.read().unwrap(), Message::Pong(b"p".to_vec().into()));
        });
        let mut socket = WebSocket::open(&url, "http://127.0.0.1:1").unwrap();
        socket.send(b"hello");
        let mut seen = Vec::new();
        while socket.drain(|bytes| seen.push(bytes.to_vec())) {
            thread::yield_now();
        }
        server.join().unwrap();
        assert_eq!(seen, [b"there"]);
    }

    #[test]
    fn a_gateway_that_is_not_there_is_an_error() {
        assert!(WebSocket::open("ws://127.0.0.1:9/sip", "http://127.0.0.1").is_err());
        assert!(WebSocket::open("nonsense", "http://127.0.0.1").is_err());
    }
}
