//! Notices when the distributor's task stands still, and starts the server anew (R02).
//!
//! Its own thread, so that a blocked runtime cannot blind it. A task that has not turned for 2 s while somebody waits
//! for it is an alarm; after `journal.stuck_exit_s` the process begins anew in its place, from its journal: the
//! gateways keep every call meanwhile, and talks go on. A standstill is counted in looks of this thread, not by a
//! clock: a clock that is set, or a machine that was stopped as a whole, is no standstill.

use std::os::unix::process::CommandExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use super::HostMessage;

/// A task that has not turned for so long while somebody waits is an alarm.
const ALARM_AFTER: Duration = Duration::from_secs(2);
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// Exit code where the program cannot be started in its own place (sysexits: EX_SOFTWARE).
const EXIT_STUCK: i32 = 70;

/// How often the task has turned, and whether anybody waits.
#[derive(Debug, Default)]
pub(super) struct Heartbeat {
    turns: AtomicU64,
    waiting: AtomicUsize,
    /// There is a task at all: a node that stands by has none.
    runs: AtomicBool,
    /// It is in the middle of a turn.
    turning: AtomicBool,
    stopped: AtomicBool,
}

impl Heartbeat {
    pub(super) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A turn begins: whoever caused it waits for its end.
    pub(super) fn begins(&self) {
        self.turning.store(true, Ordering::Relaxed);
    }

    /// A turn has ended, or nothing was to be done.
    pub(super) fn beat(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
        self.turning.store(false, Ordering::Relaxed);
    }

    pub(super) fn set_waiting(&self, waiting: usize) {
        self.waiting.store(waiting, Ordering::Relaxed);
    }

    /// This node owns the centre: its task turns from now on.
    pub(super) fn runs(&self) {
        self.runs.store(true, Ordering::Relaxed);
    }

    /// It owns the centre no longer: another node serves who waits.
    pub(super) fn ended(&self) {
        self.runs.store(false, Ordering::Relaxed);
        self.waiting.store(0, Ordering::Relaxed);
        self.turning.store(false, Ordering::Relaxed);
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// `unread`: messages in the task's inbox.
    fn is_awaited(&self, unread: usize) -> bool {
        let somebody = self.waiting.load(Ordering::Relaxed) > 0
            || self.turning.load(Ordering::Relaxed)
            || unread > 0;
        self.runs.load(Ordering::Relaxed) && somebody
    }
}

/// What a look at the task has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Turns,
    /// It stands still while somebody waits: for the first time, or still.
    Stuck {
        new: bool,
    },
    /// For too long.
    Restart,
}

/// Looks at one task again and again.
#[derive(Debug)]
struct Looks {
    turns: u64,
    /// Looks since the last turn.
    still: u32,
    alarmed: bool,
    /// Zero: never.
    restart_after: Duration,
}

impl Looks {
    const fn new(restart_after: Duration) -> Self {
        Self { turns: 0, still: 0, alarmed: false, restart_after }
    }

    fn age(&self) -> Duration {
        LOOK_INTERVAL * self.still
    }

    fn next(&mut self, turns: u64, awaited: bool) -> Verdict {
        if turns != self.turns {
            (self.turns, self.still, self.alarmed) = (turns, 0, false);
            return Verdict::Turns;
        }
        self.still = self.still.saturating_add(1);
        if !awaited || self.age() < ALARM_AFTER {
            return Verdict::Turns;
        }
        if !self.restart_after.is_zero() && self.age() >= self.restart_after {
            return Verdict::Restart;
        }
        Verdict::Stuck { new: !std::mem::replace(&mut self.alarmed, true) }
    }
}

/// Watches until the host stops. `restart_after` zero means never to start anew; `inbox` is the task's: what lies in
/// it waits too, the first caller of a quiet hour among it.
///
/// # Errors
/// The operating system's, if it gives no thread.
pub(super) fn watch(
    heartbeat: Arc<Heartbeat>,
    inbox: mpsc::Sender<HostMessage>,
    restart_after: Duration,
) -> std::io::Result<()> {
    watch_with(heartbeat, inbox, restart_after, restart)
}

fn watch_with(
    heartbeat: Arc<Heartbeat>,
    inbox: mpsc::Sender<HostMessage>,
    restart_after: Duration,
    restart: impl Fn() + Send + 'static,
) -> std::io::Result<()> {
    let look = move || {
        let mut looks = Looks::new(restart_after);
        while !heartbeat.stopped.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK_INTERVAL);
            let unread = inbox.max_capacity() - inbox.capacity();
            let awaited = heartbeat.is_awaited(unread);
            let verdict = looks.next(heartbeat.turns.load(Ordering::Relaxed), awaited);
            metrics::gauge!("hotline_acd_heartbeat_age_seconds").set(looks.age().as_secs_f64());
            match verdict {
                Verdict::Turns | Verdict::Stuck { new: false } => {}
                Verdict::Stuck { new: true } => tell(looks.age(), unread),
                Verdict::Restart => {
                    tell(looks.age(), unread);
                    tracing::error!("starting anew from the journal");
                    return restart();
                }
            }
        }
    };
    std::thread::Builder::new().name("acd-watchdog".into()).spawn(look)?;
    Ok(())
}

fn tell(age: Duration, unread: usize) {
    tracing::error!(?age, unread, "the distributor stands still while callers wait");
    metrics::counter!("hotline_acd_stalls_total").increment(1);
}

/// The program begins anew in the place of this one: same process, same arguments. Nothing is tidied up; it is what a
/// crash would be, and a start recovers from that. Where it cannot, the process ends and its supervisor starts it.
fn restart() {
    let error = match std::env::current_exe() {
        Ok(program) => std::process::Command::new(program).args(std::env::args_os().skip(1)).exec(),
        Err(error) => error,
    };
    tracing::error!(%error, "the program cannot be started anew: ending");
    std::process::exit(EXIT_STUCK);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(restart_after_s: u64) -> Looks {
        let mut looks = Looks::new(Duration::from_secs(restart_after_s));
        assert_eq!(looks.next(1, true), Verdict::Turns);
        looks
    }

    #[test]
    fn r02_two_seconds_without_a_turn_while_callers_wait_are_a_standstill() {
        let mut one = looks(2);
        let verdicts: Vec<Verdict> = (0..8).map(|_| one.next(1, true)).collect();
        assert!(verdicts[..7].iter().all(|verdict| *verdict == Verdict::Turns), "{verdicts:?}");
        assert_eq!(verdicts[7], Verdict::Restart, "2 s are eight looks");
        let mut patient = looks(10);
        let verdicts: Vec<Verdict> = (0..40).map(|_| patient.next(1, true)).collect();
        assert_eq!(verdicts[7], Verdict::Stuck { new: true });
        assert!(verdicts[8..39].iter().all(|it| *it == Verdict::Stuck { new: false }));
        assert_eq!(verdicts[39], Verdict::Restart);
        let mut never = looks(0);
        assert!((0..1_000).all(|_| never.next(1, true) != Verdict::Restart));
    }

    #[test]
    fn r02_a_task_that_turns_or_that_nobody_waits_for_is_left_alone() {
        let mut one = looks(2);
        assert!((2..100).all(|turns| one.next(turns, true) == Verdict::Turns));
        assert!((0..100).all(|_| one.next(99, false) == Verdict::Turns));
        assert_eq!(one.next(99, true), Verdict::Restart, "somebody came to a task that is dead");
    }

    #[test]
    fn what_lies_in_the_inbox_of_a_node_that_stands_by_is_no_standstill() {
        let heartbeat = Heartbeat::new();
        // As the owner it was until it lost the lease with callers waiting.
        heartbeat.runs();
        heartbeat.begins();
        heartbeat.set_waiting(3);
        heartbeat.ended();
        let (inbox, _unread) = mpsc::channel(4);
        let (told, restarted) = std::sync::mpsc::channel();
        let restart = move || {
            let _ = told.send(());
        };
        inbox.try_send(HostMessage::ScreeningList { numbers: Vec::new() }).unwrap();
        watch_with(heartbeat, inbox, Duration::from_millis(500), restart).unwrap();
        assert!(restarted.recv_timeout(Duration::from_secs(3)).is_err(), "nobody is served by it");
    }

    #[test]
    fn r02_a_stuck_task_is_started_anew_within_three_seconds() {
        let heartbeat = Heartbeat::new();
        heartbeat.runs();
        let (inbox, mut unread) = mpsc::channel(4);
        let (told, restarted) = std::sync::mpsc::channel();
        let after = Duration::from_secs(2);
        let restart = move || {
            let _ = told.send(());
        };
        watch_with(Arc::clone(&heartbeat), inbox.clone(), after, restart).unwrap();
        // Three seconds of work, and of waiting callers: nothing happens.
        heartbeat.set_waiting(3);
        for _ in 0..30 {
            heartbeat.beat();
            assert!(restarted.recv_timeout(Duration::from_millis(100)).is_err());
        }
        // A call that nobody takes out of the inbox.
        heartbeat.set_waiting(0);
        let gateway = "gw1".parse().unwrap();
        inbox.try_send(HostMessage::GatewayLost { gateway }).unwrap();
        restarted.recv_timeout(Duration::from_secs(3)).expect("it starts anew");
        unread.try_recv().unwrap();
    }
}
