//! Reads a sound file of any format symphonia knows (WAV, MP3, FLAC, Ogg Vorbis) and turns it into
//! 8 kHz mono. Blocking: call it before the calls, not during them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error as SoundError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;

use super::RATE_HZ;
use crate::error::PhoneError;

/// Longest sound read from a file: 30 minutes of mono at 48 kHz.
const SAMPLES_MAX: usize = 48_000 * 60 * 30;

/// The sound in a file as 8 kHz mono samples, shared by every call that says it.
///
/// # Errors
/// [`PhoneError::SoundFile`] when the file is missing, empty, or in no known format.
pub fn read_sound(path: &Path) -> Result<Arc<[i16]>, PhoneError> {
    let failed = |reason: String| PhoneError::SoundFile { path: path.to_owned(), reason };
    let (mono, rate_hz) = decode(path).map_err(&failed)?;
    if mono.is_empty() {
        return Err(failed("it holds no sound".to_owned()));
    }
    let samples =
        if rate_hz == RATE_HZ { mono } else { resample(mono, rate_hz).map_err(failed)? };
    Ok(samples.into_iter().map(to_i16).collect())
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range just before")]
fn to_i16(sample: f32) -> i16 {
    (sample * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16
}

fn decode(path: &Path) -> Result<(Vec<f32>, u32), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        hint.with_extension(extension);
    }
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, Default::default(), Default::default())
        .map_err(|error| error.to_string())?;
    decode_track(format.as_mut())
}

fn decode_track(format: &mut dyn FormatReader) -> Result<(Vec<f32>, u32), String> {
    let track = format.default_track(TrackType::Audio).ok_or("it has no audio track")?;
    let track_id = track.id;
    let params =
        track.codec_params.as_ref().and_then(|p| p.audio()).ok_or("its codec is unknown")?;
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|error| error.to_string())?;
    let (mut mono, mut rate_hz) = (Vec::new(), 0);
    let mut interleaved: Vec<f32> = Vec::new();
    while let Some(packet) = format.next_packet().map_err(|error| error.to_string())? {
        if packet.track_id != track_id {
            continue;
        }
        let sound = match decoder.decode(&packet) {
            Ok(sound) => sound,
            Err(SoundError::DecodeError(_) | SoundError::IoError(_)) => continue,
            Err(error) => return Err(error.to_string()),
        };
        rate_hz = sound.spec().rate();
        let channels = sound.spec().channels().count().max(1);
        sound.copy_to_vec_interleaved(&mut interleaved);
        let scale = 1.0 / channels as f32;
        mono.extend(interleaved.chunks(channels).map(|frame| frame.iter().sum::<f32>() * scale));
        if mono.len() > SAMPLES_MAX {
            return Err("it is longer than 30 minutes".to_owned());
        }
    }
    Ok((mono, rate_hz))
}

fn resample(mono: Vec<f32>, rate_hz: u32) -> Result<Vec<f32>, String> {
    let length = mono.len();
    let (from, to) = (rate_hz as usize, RATE_HZ as usize);
    let mut resampler =
        Fft::<f32>::new(from, to, 1024, 1, FixedSync::Both).map_err(|e| e.to_string())?;
    let channels = [mono];
    let input = SequentialSliceOfVecs::new(&channels, 1, length).map_err(|e| e.to_string())?;
    let output = resampler.process_all(&input, length, None).map_err(|e| e.to_string())?;
    Ok(output.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_tone(path: &Path, rate_hz: u32, channels: u16, tone_hz: f32) {
        let spec = hound::WavSpec {
            channels,
            sample_rate: rate_hz,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for n in 0..rate_hz {
            let phase = n as f32 / rate_hz as f32 * tone_hz * std::f32::consts::TAU;
            for _ in 0..channels {
                writer.write_sample((phase.sin() * 10_000.0) as i16).unwrap();
            }
        }
        writer.finalize().unwrap();
    }

    fn level(samples: &[i16]) -> f64 {
        (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
    }

    #[test]
    fn other_rates_and_channels_become_8_khz_mono_without_aliases() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tone.wav");
        for (tone_hz, low, high) in [(1000.0, 6500.0, 7500.0), (6000.0, 0.0, 150.0)] {
            write_tone(&path, 44_100, 2, tone_hz);
            let samples = read_sound(&path).unwrap();
            assert!(samples.len().abs_diff(8000) < 200, "{}", samples.len());
            let level = level(&samples[400..7600]);
            assert!((low..high).contains(&level), "{tone_hz} Hz has level {level}");
        }
    }

    #[test]
    fn missing_and_broken_files_are_clear_errors() {
        let folder = tempfile::tempdir().unwrap();
        let broken = folder.path().join("broken.wav");
        std::fs::write(&broken, "no sound at all").unwrap();
        for path in [broken, folder.path().join("missing.wav")] {
            let error = read_sound(&path).unwrap_err();
            assert!(error.chinese().contains("无法读取声音文件"), "{error}");
        }
    }
}
