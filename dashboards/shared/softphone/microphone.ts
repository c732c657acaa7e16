/** Opens the microphone and says in which of the known ways it could not be opened. */

export type MicrophoneFault = "denied" | "absent" | "busy" | "insecure" | "lost" | "unknown";

export class MicrophoneError extends Error {
  constructor(readonly fault: MicrophoneFault) {
    super(fault);
    this.name = "MicrophoneError";
  }
}

const BY_NAME: Record<string, MicrophoneFault> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "absent",
  OverconstrainedError: "absent",
  NotReadableError: "busy",
  AbortError: "busy",
};

export function microphoneFault(thrown: unknown): MicrophoneFault {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
  return BY_NAME[name] ?? "unknown";
}

/**
 * The microphone for all calls of this page; it stays open between calls, so that no call waits for it.
 * @throws MicrophoneError
 */
export async function openMicrophone(): Promise<MediaStream> {
  // Outside HTTPS and localhost browsers have no mediaDevices at all, whatever the typings say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new MicrophoneError("insecure");
  try {
    return await devices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      video: false,
    });
  } catch (thrown) {
    throw new MicrophoneError(microphoneFault(thrown));
  }
}

export function closeMicrophone(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
