//! WAV files of 16-bit samples.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

/// A file's sound, one vector of samples per channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wav {
    pub rate_hz: u32,
    pub channels: Vec<Vec<i16>>,
}

/// Reads a 16-bit WAV file.
///
/// # Errors
/// The file is missing or of another kind.
pub fn read_wav(path: &Path) -> Result<Wav> {
    let mut reader = WavReader::open(path).with_context(|| path.display().to_string())?;
    let spec = reader.spec();
    ensure!(spec.bits_per_sample == 16, "{}: not 16 bit", path.display());
    let count = usize::from(spec.channels);
    let mut channels = vec![Vec::new(); count];
    for (index, sample) in reader.samples::<i16>().enumerate() {
        channels[index % count].push(sample?);
    }
    Ok(Wav { rate_hz: spec.sample_rate, channels })
}

/// Writes channels of equal length as a 16-bit WAV file.
///
/// # Errors
/// The file cannot be written.
pub fn write_wav(path: &Path, rate_hz: u32, channels: &[Vec<i16>]) -> Result<()> {
    let spec = WavSpec {
        channels: u16::try_from(channels.len())?,
        sample_rate: rate_hz,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(path, spec).with_context(|| path.display().to_string())?;
    let length = channels.iter().map(Vec::len).min().unwrap_or(0);
    for index in 0..length {
        for channel in channels {
            writer.write_sample(channel[index])?;
        }
    }
    Ok(writer.finalize()?)
}
