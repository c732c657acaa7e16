//! Keeps what is heard: in a WAV file (8 kHz, mono, 16 bit), in memory for tests, or only its
//! level. It must not know packets.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::RATE_HZ;
use crate::error::PhoneError;

/// Longest sound kept in memory: 30 minutes.
const MEMORY_MAX_SAMPLES: usize = RATE_HZ as usize * 60 * 30;
/// Longest file: 6 hours.
const FILE_MAX_SAMPLES: u64 = RATE_HZ as u64 * 3600 * 6;

/// Where what is heard goes.
#[derive(Debug, Clone, Default)]
pub struct Hear {
    /// Written while the call lasts.
    pub file: Option<PathBuf>,
    /// Kept for [`crate::Call::heard`].
    pub in_memory: bool,
}

/// Samples heard so far, shared with the holder of the call.
pub type HeardSamples = Arc<Mutex<Vec<i16>>>;

/// The open recording of one call.
pub struct Recording {
    path: Option<PathBuf>,
    writer: Option<WavWriter<BufWriter<File>>>,
    memory: Option<HeardSamples>,
    samples: u64,
    square_sum: f64,
    fault: Option<String>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("path", &self.path).finish_non_exhaustive()
    }
}

/// What has been heard, for the report.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct HeardFigures {
    /// The WAV file, where one was asked for.
    pub file: Option<PathBuf>,
    /// When sample 0 was, on the clock of `timings_ms`.
    pub start_ms: Option<f64>,
    pub duration_ms: u64,
    /// Root mean square of all samples, full scale 32,768; 0 is digital silence.
    pub rms: f64,
    /// Why the file is incomplete.
    pub fault: Option<String>,
}

impl Recording {
    /// Creates the file at once, so that a wrong path fails before anybody is called.
    ///
    /// # Errors
    /// [`PhoneError::HearFile`].
    pub fn open(hear: &Hear, memory: HeardSamples) -> Result<Self, PhoneError> {
        let writer = hear.file.as_deref().map(create).transpose()?;
        Ok(Self {
            path: hear.file.clone(),
            writer,
            memory: hear.in_memory.then_some(memory),
            samples: 0,
            square_sum: 0.0,
            fault: None,
        })
    }

    /// Appends samples. A full disk ends the file and is reported, not the call.
    pub fn append(&mut self, samples: &[i16]) {
        self.samples += samples.len() as u64;
        self.square_sum += samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
        if let Some(memory) = &self.memory {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MEMORY_MAX_SAMPLES.saturating_sub(memory.len());
            memory.extend(samples.iter().take(room));
        }
        if let Some(writer) = &mut self.writer {
            let written = samples.iter().try_for_each(|sample| writer.write_sample(*sample));
            if let Err(error) = written {
                self.fault = Some(error.to_string());
                self.writer = None;
            } else if self.samples > FILE_MAX_SAMPLES {
                self.fault = Some("longer than 6 hours".to_owned());
                self.writer = None;
            }
        }
    }

    /// Completes the file.
    #[must_use]
    pub fn finish(mut self, start_ms: Option<f64>) -> HeardFigures {
        if let Some(Err(error)) = self.writer.take().map(WavWriter::finalize) {
            self.fault = Some(error.to_string());
        }
        let mean = if self.samples == 0 { 0.0 } else { self.square_sum / self.samples as f64 };
        HeardFigures {
            file: self.path,
            start_ms,
            duration_ms: self.samples * 1000 / u64::from(RATE_HZ),
            rms: (mean.sqrt() * 10.0).round() / 10.0,
            fault: self.fault,
        }
    }
}

fn create(path: &Path) -> Result<WavWriter<BufWriter<File>>, PhoneError> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: RATE_HZ,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    WavWriter::create(path, spec)
        .map_err(|error| PhoneError::HearFile { path: path.to_owned(), reason: error.to_string() })
}
