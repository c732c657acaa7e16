//! A person's microphone and loudspeaker (feature `sound`), joined to a call by two bounded queues.
//! For people only: its rate conversion for the loudspeaker is not good enough to measure with.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rodio::microphone::{Microphone, MicrophoneBuilder};
use rodio::{DeviceSinkBuilder, MixerDeviceSink, Source};
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Resampler};

use crate::error::PhoneError;
use crate::media::RATE_HZ;
use crate::media::source::{LiveSound, SampleQueue};

const RATE: NonZeroU32 = NonZeroU32::new(RATE_HZ).unwrap();

/// An open sound card; closed when dropped.
pub(crate) struct SoundCard {
    pub live: LiveSound,
    _output: MixerDeviceSink,
    stop: Arc<AtomicBool>,
}

impl SoundCard {
    /// Opens the default microphone and loudspeaker.
    pub fn open() -> Result<Self, PhoneError> {
        let failed = |error: &dyn std::fmt::Display| PhoneError::SoundCard(error.to_string());
        let live = LiveSound::default();
        let mut output = DeviceSinkBuilder::open_default_sink().map_err(|e| failed(&e))?;
        output.log_on_drop(false);
        output.mixer().add(Loudspeaker(live.loudspeaker.clone()));
        let microphone = MicrophoneBuilder::new()
            .default_device()
            .map_err(|e| failed(&e))?
            .default_config()
            .map_err(|e| failed(&e))?
            .open_stream()
            .map_err(|e| failed(&e))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, queue) = (Arc::clone(&stop), live.microphone.clone());
        std::thread::spawn(move || listen(microphone, &queue, &stopped));
        Ok(Self { live, _output: output, stop })
    }
}

impl Drop for SoundCard {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Moves the microphone's samples, as 8 kHz mono, into the queue.
fn listen(mut microphone: Microphone, queue: &SampleQueue, stop: &AtomicBool) {
    let channels = usize::from(microphone.channels().get());
    let rate_hz = microphone.sample_rate().get() as usize;
    let chunk = rate_hz / 50;
    let Ok(mut resampler) = Fft::<f32>::new(rate_hz, RATE_HZ as usize, chunk, 1, FixedSync::Input)
    else {
        return;
    };
    while !stop.load(Ordering::Relaxed) {
        let wanted = resampler.input_frames_next();
        let mut mono = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            let sum: f32 = microphone.by_ref().take(channels).sum();
            mono.push(sum / channels as f32);
        }
        let planes = [mono];
        let Ok(input) = SequentialSliceOfVecs::new(&planes, 1, wanted) else { return };
        let Ok(output) = resampler.process(&input, None) else { return };
        let samples: Vec<i16> = output.take_data().into_iter().map(to_i16).collect();
        queue.push(&samples);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to the range just before")]
fn to_i16(sample: f32) -> i16 {
    (sample * 32_767.0).clamp(-32_768.0, 32_767.0) as i16
}

/// What the call hears, silence while nothing comes.
struct Loudspeaker(SampleQueue);

impl Iterator for Loudspeaker {
    type Item = rodio::Sample;

    fn next(&mut self) -> Option<Self::Item> {
        Some(f32::from(self.0.pop().unwrap_or(0)) / 32_768.0)
    }
}

impl Source for Loudspeaker {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> NonZeroU16 {
        NonZeroU16::MIN
    }

    fn sample_rate(&self) -> NonZeroU32 {
        RATE
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}
