//! Everything that is played: prompts of `prompts.csv`, hold music, ringing tone. Decoded once to
//! 8 kHz A-law and shared by all listeners.

use std::collections::HashMap;
use std::f64::consts::TAU;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use gateway_protocol::PromptId;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::api::MediaError;
use super::g711::{ALAW_SILENCE, alaw};

/// The one prompt the gateway cannot do without: what waiting callers hear.
const MUSIC: &str = "hold_music";

const RATE_HZ: u32 = 8_000;

/// Longest prompt that is accepted: ten minutes.
const SECONDS_MAX: usize = 600;

/// Sound at 8 kHz in A-law.
pub type Clip = Arc<[u8]>;

/// All that can be played.
#[derive(Debug)]
pub struct Library {
    clips: HashMap<String, Clip>,
    pub music: Clip,
    pub ringback: Clip,
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    file: String,
}

impl Library {
    /// Reads `prompts.csv` below `folder` and decodes every file it names.
    ///
    /// # Errors
    /// [`MediaError::Prompt`] names the id and the file that is missing or cannot be decoded.
    pub fn load(folder: &Path) -> Result<Self, MediaError> {
        let list = folder.join("prompts.csv");
        let fault = |cause: String| MediaError::Prompt {
            id: "prompts.csv".to_owned(),
            file: list.display().to_string(),
            cause,
        };
        let mut reader = csv::Reader::from_path(&list).map_err(|error| fault(error.to_string()))?;
        let mut clips = HashMap::new();
        for row in reader.deserialize::<Row>() {
            let row = row.map_err(|error| fault(error.to_string()))?;
            let path = folder.join(&row.file);
            let clip = decode(&path).map_err(|cause| MediaError::Prompt {
                id: row.id.clone(),
                file: path.display().to_string(),
                cause,
            })?;
            clips.insert(row.id, clip);
        }
        let music = clips.get(MUSIC).cloned();
        let music = music.ok_or_else(|| fault(format!("has no line with the id {MUSIC}")))?;
        Ok(Self { clips, music, ringback: ringback() })
    }

    /// The clips of the ids that exist; the others are named in the log.
    pub fn clips(&self, ids: &[PromptId]) -> Vec<Clip> {
        ids.iter()
            .filter_map(|id| {
                let clip = self.clips.get(id.as_str()).cloned();
                if clip.is_none() {
                    tracing::warn!(prompt.id = %id, "unknown prompt left out");
                }
                clip
            })
            .collect()
    }
}

/// 450 Hz, 1 s on, 4 s off (GB/T 3380), at -10 dB below full scale; the loop is whole periods.
fn ringback() -> Clip {
    let rate = f64::from(RATE_HZ);
    (0..RATE_HZ * 5)
        .map(|n| {
            if n >= RATE_HZ {
                return ALAW_SILENCE;
            }
            alaw((10_362.0 * (TAU * 450.0 * f64::from(n) / rate).sin()) as i16)
        })
        .collect()
}

/// Decodes a sound file of any kind symphonia knows to 8 kHz mono A-law.
fn decode(path: &Path) -> Result<Clip, String> {
    let (rate_hz, mono) = read_mono(path)?;
    let samples = if rate_hz == RATE_HZ { mono } else { resample(rate_hz, &mono)? };
    Ok(samples.iter().map(|sample| alaw((sample.clamp(-1.0, 1.0) * 32_767.0) as i16)).collect())
}

fn read_mono(path: &Path) -> Result<(u32, Vec<f32>), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| error.to_string())?;
    let track = format.default_track(TrackType::Audio).ok_or("no sound track")?;
    let track_id = track.id;
    let parameters = track.codec_params.as_ref().and_then(|codec| codec.audio());
    let parameters = parameters.ok_or("no sound codec")?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| error.to_string())?;
    let (mut rate_hz, mut mono, mut frame) = (0, Vec::new(), Vec::<f32>::new());
    while let Some(packet) = format.next_packet().map_err(|error| error.to_string())? {
        if packet.track_id != track_id {
            continue;
        }
        let buffer = match decoder.decode(&packet) {
            Ok(buffer) => buffer,
            Err(Error::DecodeError(_)) => continue,
            Err(error) => return Err(error.to_string()),
        };
        rate_hz = buffer.spec().rate();
        let channels = buffer.spec().channels().count().max(1);
        frame.resize(buffer.samples_interleaved(), 0.0);
        buffer.copy_to_slice_interleaved(&mut frame);
        mono.extend(frame.chunks(channels).map(|all| all.iter().sum::<f32>() / channels as f32));
        if mono.len() > SECONDS_MAX * rate_hz as usize {
            return Err("longer than ten minutes".to_owned());
        }
    }
    if mono.is_empty() || rate_hz == 0 {
        return Err("holds no sound that can be decoded".to_owned());
    }
    Ok((rate_hz, mono))
}

fn resample(rate_hz: u32, mono: &[f32]) -> Result<Vec<f32>, String> {
    let mut resampler =
        Fft::<f32>::new(rate_hz as usize, RATE_HZ as usize, 1_024, 1, FixedSync::Input)
            .map_err(|error| error.to_string())?;
    let input = InterleavedSlice::new(mono, 1, mono.len()).map_err(|error| error.to_string())?;
    let room = resampler.process_all_needed_output_len(mono.len());
    let mut samples = vec![0.0; room];
    let mut output =
        InterleavedSlice::new_mut(&mut samples, 1, room).map_err(|error| error.to_string())?;
    let (_, written) = resampler
        .process_all_into_buffer(&input, &mut output, mono.len(), None)
        .map_err(|error| error.to_string())?;
    samples.truncate(written);
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(lines: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("id,kind,file\n{lines}");
        std::fs::write(folder.path().join("prompts.csv"), text).unwrap();
        folder
    }

    #[test]
    fn a_missing_and_a_damaged_file_are_named() {
        let missing = folder("hold_music,music,a.wav\n");
        let told = Library::load(missing.path()).unwrap_err().to_string();
        assert!(told.contains("hold_music") && told.contains("a.wav"), "{told}");
        std::fs::write(missing.path().join("a.wav"), b"RIFF\x10\0\0\0WAVEjunk").unwrap();
        let told = Library::load(missing.path()).unwrap_err().to_string();
        assert!(told.contains("hold_music") && told.contains("a.wav"), "{told}");
    }

    #[test]
    fn a_prompt_is_resampled_without_shift_or_loss_of_level() {
        let folder = folder("hold_music,music,a.wav\n");
        let tone: Vec<i16> = (0..32_000)
            .map(|n| (8_000.0 * (TAU * 440.0 * f64::from(n) / 16_000.0).sin()) as i16)
            .collect();
        test_support::write_wav(&folder.path().join("a.wav"), 16_000, &[tone]).unwrap();
        let library = Library::load(folder.path()).unwrap();
        assert!((15_990..=16_010).contains(&library.music.len()), "{}", library.music.len());
        let expected: Vec<i16> = (0..16_000)
            .map(|n| (8_000.0 * (TAU * 440.0 * f64::from(n) / 8_000.0).sin()) as i16)
            .collect();
        let worst = library.music[200..15_000]
            .iter()
            .zip(&expected[200..])
            .map(|(code, want)| (crate::media::g711::Codec::Pcma.decode(*code) - want).abs())
            .max();
        assert!(worst.is_some_and(|worst| worst < 400), "{worst:?}");
    }
}
