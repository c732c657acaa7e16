//! Recordings on disk.

use test_support::{correlate, read_wav};
use types::{CallId, RecordingId};

use super::*;
use crate::net::clock;

fn ids() -> (CallId, RecordingId) {
    (CallId::from_u128(77), RecordingId::from_u128(78))
}

#[tokio::test]
async fn each_side_is_in_its_channel_and_in_time() {
    let mut stage = Stage::open().await;
    let (a, mut caller) = stage.phone(1).await;
    let (b, mut agent) = stage.phone(2).await;
    let (said, replied) =
        (voice("callers/call_01_water_outage.wav", 4), voice("callers/call_02_night_noise.wav", 4));
    stage.media.connect(a, b, Vec::new());
    let (call, recording) = ids();
    stage.media.start_recording(recording, call, a, b, clock::now());
    // A conversation begins with a breath; the place of the first packet is settled in it.
    let after_a_breath = |sound: &[i16]| [&[0; 4_800][..], sound].concat();
    let (first, second) = (after_a_breath(&said), after_a_breath(&replied));
    tokio::join!(caller.talk(&first, 4_800), agent.talk(&second, 4_800));
    stage.media.stop_recording(call);
    let ready = |event: &MediaEvent| match event {
        MediaEvent::RecordingReady { file, duration_ms, bytes, .. } => {
            Some((file.clone(), *duration_ms, *bytes))
        }
        _ => None,
    };
    let (file, duration_ms, bytes) = stage.event(3_000, ready).await.unwrap();
    assert!(file.ends_with(&format!("/{call}.wav")) && file.len() == 10 + 1 + 36 + 4, "{file}");
    let path = stage.recordings.join(&file);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), bytes);
    let unfinished = std::fs::read_dir(stage.recordings.join("unfinished")).unwrap();
    let parts =
        unfinished.flatten().filter(|entry| entry.path().extension() == Some("part".as_ref()));
    assert_eq!(parts.count(), 0);
    let wav = read_wav(&path).unwrap();
    assert!((4_700..5_300).contains(&duration_ms), "{duration_ms}");
    let right =
        [correlate(&said, &wav.channels[0], 8_000), correlate(&replied, &wav.channels[1], 8_000)];
    let wrong =
        [correlate(&replied, &wav.channels[0], 8_000), correlate(&said, &wav.channels[1], 8_000)];
    assert!(right.iter().all(|found| found.peak > 0.95), "{right:?}");
    assert!(wrong.iter().all(|found| found.peak < 0.3), "{wrong:?}");
    assert!((right[0].lag_ms - right[1].lag_ms).abs() < 20.0, "{right:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_costs_the_recording_alone() {
    let mut stage = Stage::open().await;
    // A file where the folder should be: refused for every user, root too.
    std::fs::write(&stage.recordings, b"in the way").unwrap();
    let (a, mut caller) = stage.phone(1).await;
    let (b, mut agent) = stage.phone(2).await;
    stage.media.connect(a, b, Vec::new());
    let (call, recording) = ids();
    stage.media.start_recording(recording, call, a, b, clock::now());
    let said = voice("callers/call_01_water_outage.wav", 3);
    tokio::join!(caller.talk(&said, 3_200), agent.talk(&[], 3_200));
    stage.media.stop_recording(call);
    assert!(correlate(&said, &agent.heard, 8_000).peak > 0.95);
    let failed = |event: &MediaEvent| match event {
        MediaEvent::RecordingFailed { call, .. } => Some(*call),
        _ => None,
    };
    assert_eq!(stage.event(1_000, failed).await, Some(call));
}

#[tokio::test]
async fn a_microphone_is_measured() {
    let mut stage = Stage::open().await;
    let (leg, mut phone) = stage.phone(1).await;
    let said = voice("callers/call_01_water_outage.wav", 3);
    stage.media.hear(leg, Source::Echo);
    stage.media.measure(leg, 2_000);
    phone.talk(&said, 2_400).await;
    let measured = |event: &MediaEvent| match event {
        MediaEvent::Measured { packets_received, microphone_dbfs, .. } => {
            Some((*packets_received, *microphone_dbfs))
        }
        _ => None,
    };
    let (packets, level) = stage.event(500, measured).await.unwrap();
    assert!((90..=105).contains(&packets) && (-26..=-14).contains(&level), "{packets} {level}");
    let echo = correlate(&said[..16_000], &phone.heard, 8_000);
    assert!(echo.peak > 0.95, "{echo:?}");
}
