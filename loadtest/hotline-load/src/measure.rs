//! What the kernel says about processes and the machine (`/proc`): processor time and memory. Linux
//! alone. It must not know loads.

use std::fs;
use std::io;

/// Milliseconds of one clock tick of `/proc`: 100 a second on every Linux that Rust runs on
/// (USER_HZ, a constant of the interface).
const TICK_MS: u64 = 10;
const PROCESSES_MAX: usize = 100_000;

/// A program under watch: one process, or one with all its descendants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    pub name: String,
    pub pid: u32,
    /// PostgreSQL's backends, Kamailio's workers.
    pub with_children: bool,
}

/// The fields of `/proc/<pid>/stat` that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own_ticks: u64,
    /// Of children that have ended and were waited for.
    reaped_ticks: u64,
}

impl Watched {
    /// Processor time used so far, user and system, in milliseconds, in steps of 10.
    ///
    /// # Errors
    /// The process is gone.
    pub fn cpu_ms(&self) -> io::Result<u64> {
        let own = stat_of(self.pid)?;
        let mut ticks = own.own_ticks;
        if self.with_children {
            ticks += own.reaped_ticks;
            for child in children_of(self.pid)? {
                // One that ended meanwhile has become part of its parent's reaped time.
                ticks += stat_of(child).map_or(0, |stat| stat.own_ticks + stat.reaped_ticks);
            }
        }
        Ok(ticks * TICK_MS)
    }

    /// Proportional memory in KiB (`Pss`), of the whole family.
    ///
    /// # Errors
    /// The process is gone or belongs to somebody else.
    pub fn pss_kib(&self) -> io::Result<u64> {
        let mut sum = pss_of(self.pid)?;
        if self.with_children {
            for child in children_of(self.pid)? {
                sum += pss_of(child).unwrap_or(0);
            }
        }
        Ok(sum)
    }
}

/// Processor time of this process, and of its ended children, in milliseconds.
///
/// # Errors
/// `/proc` is not there.
pub fn own_cpu_ms() -> io::Result<(u64, u64)> {
    let stat = stat_of(std::process::id())?;
    Ok((stat.own_ticks * TICK_MS, stat.reaped_ticks * TICK_MS))
}

/// Busy and total processor time of the machine, in milliseconds over all cores.
///
/// # Errors
/// `/proc` is not there.
pub fn machine_ms() -> io::Result<(u64, u64)> {
    let text = fs::read_to_string("/proc/stat")?;
    machine_in(&text).ok_or_else(|| io::Error::other("/proc/stat has no line `cpu`"))
}

fn machine_in(text: &str) -> Option<(u64, u64)> {
    let line = text.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; guest time is inside user.
    let total: u64 = ticks.iter().take(8).sum();
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(((total - idle) * TICK_MS, total * TICK_MS))
}

fn stat_of(pid: u32) -> io::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    stat_in(&text).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is not readable")))
}

fn stat_in(text: &str) -> Option<Stat> {
    // The name is in brackets and may hold anything, brackets too: the last one ends it.
    let fields: Vec<&str> = text.get(text.rfind(')')? + 1..)?.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        own_ticks: number(11)? + number(12)?,
        reaped_ticks: number(13)? + number(14)?,
    })
}

fn children_of(parent: u32) -> io::Result<Vec<u32>> {
    let mut pairs = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten().take(PROCESSES_MAX) {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Ok(stat) = stat_of(pid) {
            pairs.push((pid, stat.parent));
        }
    }
    Ok(descendants(parent, &pairs))
}

fn descendants(root: u32, pairs: &[(u32, u32)]) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        let children = pairs.iter().filter(|(pid, of)| *of == parent && *pid != parent);
        let fresh: Vec<u32> =
            children.map(|(pid, _)| *pid).filter(|pid| !found.contains(pid)).collect();
        found.extend(fresh);
        next += 1;
    }
    found.split_off(1)
}

fn pss_of(pid: u32) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    pss_in(&text).ok_or_else(|| io::Error::other(format!("/proc/{pid}/smaps_rollup has no Pss")))
}

fn pss_in(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let text = "42 (a (b) c) S 7 42 42 0 -1 4194304 9 9 9 9 150 30 4 6 20 0 1 0 99";
        let stat = stat_in(text).unwrap();
        assert_eq!(stat, Stat { parent: 7, own_ticks: 180, reaped_ticks: 10 });
        assert_eq!(stat_in("42 (a"), None);
    }

    #[test]
    fn the_machines_busy_time_leaves_out_idling_and_waiting() {
        let text = "cpu  10 0 5 70 15 0 0 0 3 0\ncpu0 1";
        assert_eq!(machine_in(text), Some((150, 1_000)));
    }

    #[test]
    fn descendants_of_descendants_count() {
        let pairs = [(2, 1), (3, 2), (4, 3), (5, 9), (1, 0)];
        assert_eq!(descendants(1, &pairs), [2, 3, 4]);
    }

    #[test]
    fn this_process_has_a_time_and_a_size() {
        let me = Watched { name: "me".to_owned(), pid: std::process::id(), with_children: true };
        assert!(me.pss_kib().unwrap() > 100);
        assert!(me.cpu_ms().is_ok());
        assert_eq!(pss_in("Rss: 5 kB\nPss:   12 kB\n"), Some(12));
    }
}
