/** How loud the microphone is right now, for the meter on the page. */

import { onScopeDispose, type Ref, ref, watch } from "vue";

const FLOOR_DBFS = -60;
const READ_EVERY_MS = 80;

/** RMS of samples in -1..1 as 0 (silent) to 100 (full). */
export function levelOf(samples: Float32Array): number {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const dbfs = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.round(Math.min(100, Math.max(0, ((dbfs - FLOOR_DBFS) / -FLOOR_DBFS) * 100)));
}

export function useLevel(stream: Ref<MediaStream | null>): Ref<number> {
  const level = ref(0);
  let stop: () => void = () => undefined;

  function listen(to: MediaStream): () => void {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(to).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      level.value = levelOf(samples);
    }, READ_EVERY_MS);
    return () => {
      clearInterval(timer);
      level.value = 0;
      void context.close();
    };
  }

  watch(
    stream,
    (to) => {
      stop();
      stop = to === null ? () => undefined : listen(to);
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    stop();
  });
  return level;
}
