//! A wire to a database that a test can cut, or let fall silent.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Carries,
    /// Connections stand, nothing passes: a process that was stopped, a network that swallows.
    Silent,
    /// Connections break, new ones are refused: a process that has ended.
    Cut,
}

/// A wire from a port of its own to `target`; it ends with the test.
pub struct Proxy {
    pub address: SocketAddr,
    wire: watch::Sender<Wire>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (wire, seen) = watch::channel(Wire::Carries);
        let task = tokio::spawn(serve(listener, target, seen));
        Self { address, wire, task }
    }

    pub fn cut(&self) {
        self.wire.send_replace(Wire::Cut);
    }

    pub fn fall_silent(&self) {
        self.wire.send_replace(Wire::Silent);
    }

    pub fn carry(&self) {
        self.wire.send_replace(Wire::Carries);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(first: TcpListener, target: SocketAddr, mut wire: watch::Receiver<Wire>) {
    let seen = wire.clone();
    let address = first.local_addr().unwrap();
    let mut listener = Some(first);
    loop {
        let Some(open) = listener.take() else {
            if wire.wait_for(|wire| *wire != Wire::Cut).await.is_err() {
                return;
            }
            listener = Some(TcpListener::bind(address).await.unwrap());
            continue;
        };
        tokio::select! {
            accepted = open.accept() => {
                if let Ok((socket, _)) = accepted {
                    tokio::spawn(join(socket, target, seen.clone()));
                }
                listener = Some(open);
            }
            changed = wire.wait_for(|wire| *wire == Wire::Cut) => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

async fn join(socket: TcpStream, target: SocketAddr, mut wire: watch::Receiver<Wire>) {
    let Ok(other) = TcpStream::connect(target).await else { return };
    let ((near_in, near_out), (far_in, far_out)) = (socket.into_split(), other.into_split());
    let seen = wire.clone();
    tokio::select! {
        () = pass(near_in, far_out, seen.clone()) => {}
        () = pass(far_in, near_out, seen) => {}
        _ = wire.wait_for(|wire| *wire == Wire::Cut) => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut wire: watch::Receiver<Wire>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
        if wire.wait_for(|wire| *wire == Wire::Carries).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
