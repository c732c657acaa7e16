use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::clock::Clock;

fn centre() -> CentreId {
    "qingyuan".parse().unwrap()
}

fn opening(after: u64, core: Acd) -> Opening {
    Opening {
        format: FORMAT,
        journal: JournalId(Uuid::from_u128(1)),
        centre: centre(),
        after: EntryNumber(after),
        at: Timestamp::from_micros(1_000),
        gateways: Vec::new(),
        core,
    }
}

/// An entry as the host would write it, after which `core` is as the entry says.
fn tick(core: &mut Acd, number: u64) -> JournalEntry {
    let at = Timestamp::from_micros(1_000_000 * i64::try_from(number).unwrap());
    let effects = core.handle(at, Input::Tick);
    let content = Content::Turn { input: Input::Tick, effects, carrier: None };
    let source = EventSource {
        gateway: "gw1".parse().unwrap(),
        instance: GatewayInstanceId::from_u128(3),
        number: EventNumber(number),
    };
    JournalEntry { number: EntryNumber(number), at, source: Some(source), content }
}

fn write(folder: &Path, first: u64, last: u64) -> Acd {
    let mut core = Acd::default();
    (1..first).for_each(|number| drop(tick(&mut core, number)));
    let disk = FolderDisk::new(folder.to_owned());
    let synced = EntryNumber(first - 1);
    let writer = JournalWriter::start(disk, Clock::system(), synced).unwrap();
    writer.begin(opening(first - 1, core.clone()));
    for number in first..=last {
        writer.append(tick(&mut core, number));
    }
    writer.flush();
    assert_eq!(writer.status().borrow().synced, EntryNumber(last));
    core
}

#[test]
fn a_start_takes_up_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    assert!(recover(folder.path(), &centre()).unwrap().is_none());
    let core = write(folder.path(), 1, 20);
    let recovered = recover(folder.path(), &centre()).unwrap().unwrap();
    assert_eq!((recovered.last, recovered.differences), (EntryNumber(20), 0));
    assert_eq!(recovered.core, core);
    let source = &recovered.gateways[&"gw1".parse().unwrap()];
    assert_eq!(source.number, EventNumber(20));
}

#[test]
fn a_torn_tail_is_cut_and_the_rest_stays() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1, 5);
    let (_, path) = list_files(folder.path()).unwrap().pop().unwrap();
    let whole = std::fs::read(&path).unwrap();
    // Torn at every place of the last line.
    let last_line = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in (last_line + 1..whole.len()).step_by(7) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let recovered = recover(folder.path(), &centre()).unwrap().unwrap();
        assert_eq!(recovered.last, EntryNumber(4));
        assert_eq!(recovered.torn_bytes, (cut - last_line) as u64);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), last_line as u64);
    }
}

#[test]
fn a_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1, 5);
    let (_, path) = list_files(folder.path()).unwrap().pop().unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"number\":3", "\"number\":8", 1)).unwrap();
    let recovered = recover(folder.path(), &centre()).unwrap().unwrap();
    assert_eq!(recovered.last, EntryNumber(2));
}

#[test]
fn a_file_that_was_only_begun_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1, 5);
    std::fs::write(file_path(folder.path(), EntryNumber(6)), "{\"crc\":\"00").unwrap();
    let recovered = recover(folder.path(), &centre()).unwrap().unwrap();
    assert_eq!(recovered.last, EntryNumber(5));
}

#[test]
fn a_reader_goes_on_over_files_and_never_past_the_sync() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1, 5);
    write(folder.path(), 6, 9);
    let mut reader = EntryReader::after(folder.path().to_owned(), EntryNumber(3));
    let numbers = |entries: Vec<JournalEntry>| -> Vec<u64> {
        entries.iter().map(|entry| entry.number.0).collect()
    };
    assert_eq!(numbers(reader.read(EntryNumber(7), 100).unwrap()), [4, 5, 6, 7]);
    assert_eq!(numbers(reader.read(EntryNumber(7), 100).unwrap()), [0_u64; 0]);
    assert_eq!(numbers(reader.read(EntryNumber(9), 1).unwrap()), [8]);
}

#[test]
fn only_shipped_files_are_deleted_and_two_always_stay() {
    let folder = tempfile::tempdir().unwrap();
    for first in [1, 4, 7, 10] {
        write(folder.path(), first, first + 2);
    }
    assert_eq!(prune(folder.path(), EntryNumber(3), 2).unwrap(), 1);
    assert_eq!(prune(folder.path(), EntryNumber(12), 0).unwrap(), 1);
    assert_eq!(list_files(folder.path()).unwrap().len(), 2);
}

#[test]
fn another_centre_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), 1, 1);
    let other = recover(folder.path(), &"elsewhere".parse().unwrap()).unwrap_err();
    assert!(matches!(other, RecoveryError::OtherCentre { .. }), "{other}");
}

/// A disk that is full until it is told otherwise.
#[derive(Clone, Default)]
struct SmallDisk {
    full: Arc<Mutex<bool>>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Disk for SmallDisk {
    fn begin(&mut self, _: EntryNumber) -> io::Result<()> {
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if *self.full.lock().unwrap() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_delays_the_sync_and_loses_nothing() {
    let disk = SmallDisk::default();
    let writer = JournalWriter::start(disk.clone(), Clock::system(), EntryNumber(0)).unwrap();
    let mut core = Acd::default();
    writer.begin(opening(0, core.clone()));
    let mut status = writer.status();
    *disk.full.lock().unwrap() = true;
    for number in 1..=3 {
        writer.append(tick(&mut core, number));
    }
    let wait = Duration::from_secs(10);
    let failing = tokio::time::timeout(wait, status.wait_for(|status| status.failing)).await;
    assert!(failing.expect("the writer says so").unwrap().synced < EntryNumber(3));
    *disk.full.lock().unwrap() = false;
    let synced = status.wait_for(|status| status.synced == EntryNumber(3) && !status.failing);
    tokio::time::timeout(wait, synced).await.expect("it recovers").unwrap();
    let text = String::from_utf8(disk.written.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 4, "an opening and three entries, each once");
}
