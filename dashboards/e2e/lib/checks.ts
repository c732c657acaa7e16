/** Named checks: each is counted, printed with its figure, and ends the scenario when it fails. */

let passed = 0;
let failed = 0;
let skipped = 0;
/** What went wrong, said once more at the end: a long log is read from there. */
const failures: string[] = [];

export function check(name: string, good: boolean, figure: unknown = ""): void {
  const shown = typeof figure === "string" ? figure : JSON.stringify(figure);
  if (good) {
    passed += 1;
    console.log(`  ok    ${name} ${shown}`);
  } else {
    failed += 1;
    console.log(`  FAIL  ${name} ${shown}`);
    throw new Error(`${name}: ${shown}`);
  }
}

/** Says that something cannot be shown here, and why; it counts as neither. */
export function skip(name: string, why: string): void {
  skipped += 1;
  console.log(`  skip  ${name}: ${why}`);
}

/** Runs one scenario; a failure is printed and the next one runs. */
export async function scenario(name: string, run: () => Promise<void>): Promise<void> {
  const began = Date.now();
  console.log(`${name}`);
  const failed_before = failed;
  try {
    await run();
  } catch (error) {
    // A failed check has been counted; anything else that went wrong is a failure too.
    if (failed === failed_before) failed += 1;
    console.log(error instanceof Error ? (error.stack ?? error.message) : String(error));
    failures.push(`${name}${whereOf(error)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  console.log(`  (${((Date.now() - began) / 1_000).toFixed(1)} s)`);
}

/** The lines of the scenario that were under way, innermost first; before the message, of which a digest shows one line. */
function whereOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const lines = [...stack.matchAll(/scenarios\/([a-z-]+\.ts:\d+)/g)].map(([, line]) => line);
  return lines.length > 0 ? ` (at ${lines.join(" < ")})` : "";
}

/** Prints the failures and the counts; the exit code says whether all was well. */
export function close(): void {
  for (const failure of failures) console.log(`e2e failed: ${failure.slice(0, 2_000)}`);
  console.log(`e2e: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
