//! The threads that carry sound. Each has a runtime of its own: packets are not handed from thread to thread, a
//! batch of them needs one wake, and signalling does not stand in their way.

use std::io;
use std::sync::mpsc::sync_channel;

use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// Threads of a media room; they end with it.
#[derive(Debug)]
pub struct MediaThreads {
    handles: Vec<Handle>,
    /// Its end is theirs.
    _alive: watch::Sender<()>,
}

impl MediaThreads {
    /// Starts `count` threads, at least one.
    ///
    /// # Errors
    /// The operating system's, if it gives no thread or no poller.
    pub fn start(count: usize) -> io::Result<Self> {
        let (alive, watched) = watch::channel(());
        let handles = (0..count.max(1))
            .map(|number| start(number, watched.clone()))
            .collect::<Result<_, _>>()?;
        Ok(Self { handles, _alive: alive })
    }

    pub fn count(&self) -> usize {
        self.handles.len()
    }

    /// Tasks that live in all of them.
    pub fn tasks(&self) -> usize {
        self.handles.iter().map(|runtime| runtime.metrics().num_alive_tasks()).sum()
    }

    /// The runtime of a thread.
    pub fn runtime(&self, number: usize) -> Option<&Handle> {
        self.handles.get(number)
    }
}

/// The thread makes its runtime itself: one that finds no thread must not be dropped by an asynchronous caller.
fn start(number: usize, mut alive: watch::Receiver<()>) -> io::Result<Handle> {
    let (made, handle) = sync_channel(1);
    let run = move || match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            // Whoever asked has not waited in vain: it waits below.
            let _ = made.send(Ok(runtime.handle().clone()));
            // The sender says nothing; its end wakes us.
            let _ = runtime.block_on(alive.changed());
        }
        Err(error) => drop(made.send(Err(error))),
    };
    std::thread::Builder::new().name(format!("media-{number}")).spawn(run)?;
    handle.recv().map_err(io::Error::other)?
}
