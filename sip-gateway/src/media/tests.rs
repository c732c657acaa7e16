//! The room through its handle, over real sockets of the loopback.

mod bridge;
mod browser;
mod load;
mod phone;
mod recording;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use test_support::{read_wav, resample};
use tokio::sync::mpsc;
use tokio::time::timeout;
use types::LegId;

use super::*;
use phone::Phone;

/// A running room and what it tells.
pub struct Stage {
    pub media: Media,
    pub events: mpsc::Receiver<MediaEvent>,
    pub recordings: PathBuf,
    _folder: TempDir,
}

/// Every stage has RTP ports of its own: tests run side by side.
static NEXT_PORT: AtomicU16 = AtomicU16::new(40_000);

impl Stage {
    pub async fn open() -> Self {
        Self::with_ports(200).await
    }

    pub async fn with_ports(count: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let prompts = folder.path().join("prompts");
        few_prompts(&prompts);
        let recordings = folder.path().join("recordings");
        let first = NEXT_PORT.fetch_add(count, Ordering::Relaxed);
        let config = MediaConfig {
            rtp_bind: "127.0.0.1".parse().unwrap(),
            rtp_advertise: "127.0.0.1".parse().unwrap(),
            rtp_ports: first..=first + count - 1,
            webrtc_bind: "127.0.0.1:0".parse().unwrap(),
            webrtc_advertise: vec!["127.0.0.1".parse().unwrap()],
            prompts_dir: prompts,
            recordings_dir: recordings.clone(),
            threads: 2,
            media_lost_after: Duration::from_secs(2),
        };
        let (media, events) = Media::start(config).await.unwrap();
        Self { media, events, recordings, _folder: folder }
    }

    /// A phone with its leg, as a trunk's INVITE brings it.
    pub async fn phone(&self, number: u128) -> (LegId, Phone) {
        let leg = LegId::from_u128(number);
        let mut phone = Phone::open().await;
        let offer = Bytes::from(phone.description("8 101"));
        let answered = self.media.answer(leg, MediaKind::Rtp, offer).await.unwrap();
        phone.talks_to(&answered.sdp);
        (leg, phone)
    }

    /// The next event that `wanted` picks, within `limit_ms`.
    pub async fn event<T>(
        &mut self,
        limit_ms: u64,
        wanted: impl Fn(&MediaEvent) -> Option<T>,
    ) -> Option<T> {
        let search = async {
            loop {
                let event = self.events.recv().await?;
                if let Some(found) = wanted(&event) {
                    return Some(found);
                }
            }
        };
        timeout(Duration::from_millis(limit_ms), search).await.ok().flatten()
    }
}

fn few_prompts(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let from = test_support::prompts_dir().join("system");
    let mut list = String::from("id,kind,file\n");
    for id in ["greeting", "recording_notice", "hold_music", "tone_beep"] {
        std::fs::copy(from.join(format!("{id}.wav")), folder.join(format!("{id}.wav"))).unwrap();
        list.push_str(&format!("{id},system,{id}.wav\n"));
    }
    std::fs::write(folder.join("prompts.csv"), list).unwrap();
}

/// A prompt or a sample call at 8 kHz, at most `seconds` of it.
pub fn voice(file: &str, seconds: usize) -> Vec<i16> {
    let wav = read_wav(&test_support::prompts_dir().join(file)).unwrap();
    let cut = wav.channels[0].len().min(seconds * wav.rate_hz as usize);
    resample(&wav.channels[0][..cut], wav.rate_hz, 8_000)
}

/// Where an SDP wants its sound.
pub fn target(sdp: &[u8]) -> SocketAddr {
    let session = sdp::parse(sdp).unwrap();
    SocketAddr::new(session.connection.unwrap(), session.media[0].port)
}
