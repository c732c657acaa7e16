/**
 * What a tab remembers of its softphone when it is loaded again: its device, and whether the headset was proved. A
 * duplicated tab takes a copy of that memory with it, so the living one holds a lock under the device's name.
 */

const KEY = "hotline-softphone";

export interface Former {
  device: string;
  proved: boolean;
}

const lockOf = (device: string): string => `${KEY}-${device}`;

/** Off HTTPS and localhost browsers have none, whatever the typings say. */
function lockManager(): LockManager | null {
  return (navigator.locks as LockManager | null | undefined) ?? null;
}

/** Releases the lock of the present device. */
let release: () => void = () => undefined;

export function remember(former: Former): void {
  sessionStorage.setItem(KEY, JSON.stringify(former));
  const locks = lockManager();
  if (locks === null) return;
  release();
  const held = new Promise<void>((done) => (release = done));
  // Where another tab holds it, that one is the living one, and this promise never matters.
  locks.request(lockOf(former.device), () => held).catch(() => undefined);
}

export function forget(): void {
  sessionStorage.removeItem(KEY);
  release();
}

function stored(): Former | null {
  try {
    const value = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Former | null;
    return typeof value?.device === "string" ? { device: value.device, proved: value.proved } : null;
  } catch {
    return null;
  }
}

/** The softphone that this tab had before it was loaded; none where another living tab has it. */
export async function formerOfTab(): Promise<Former | null> {
  const former = stored();
  const locks = lockManager();
  if (former === null || locks === null) return former;
  const { held = [] } = await locks.query();
  return held.some((lock) => lock.name === lockOf(former.device)) ? null : former;
}
