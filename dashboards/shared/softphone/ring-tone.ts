/** The sound of a call to this page, made here so that no file is needed. 450 Hz as in China's networks. */

const TONE_HZ = 450;
const RING_MS = 1_000;
const PERIOD_MS = 3_000;
const ZIP_MS = 180;

export class RingTone {
  private context: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  private beep(length_ms: number): void {
    this.context ??= new AudioContext();
    const context = this.context;
    const tone = context.createOscillator();
    const volume = context.createGain();
    const end_s = context.currentTime + length_ms / 1000;
    volume.gain.setValueAtTime(0.12, context.currentTime);
    volume.gain.setTargetAtTime(0, end_s - 0.03, 0.01);
    tone.frequency.value = TONE_HZ;
    tone.connect(volume).connect(context.destination);
    tone.start();
    tone.stop(end_s);
  }

  start(): void {
    this.stop();
    this.beep(RING_MS);
    this.timer = setInterval(() => {
      this.beep(RING_MS);
    }, PERIOD_MS);
  }

  /** Warns once before a call that answers itself. */
  zip(): void {
    this.stop();
    this.beep(ZIP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    void this.context?.close();
    this.context = null;
  }
}
