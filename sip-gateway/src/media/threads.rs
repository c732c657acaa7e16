//! The threads that carry sound. Each has a runtime of its own: packets are not handed from thread to thread, a
//! batch of them needs one wake, and signalling does not stand in their way.

use std::io;

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

    /// The runtime of a thread; numbers beyond the last go round.
    pub fn runtime(&self, number: usize) -> Option<&Handle> {
        self.handles.get(number % self.handles.len().max(1))
    }
}

fn start(number: usize, mut alive: watch::Receiver<()>) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let until_the_end = async move {
        // The sender says nothing; its end wakes us.
        let _ = alive.changed().await;
    };
    std::thread::Builder::new()
        .name(format!("media-{number}"))
        .spawn(move || runtime.block_on(until_the_end))?;
    Ok(handle)
}
