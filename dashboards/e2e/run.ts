/** `make e2e`: every scenario, on SQLite and on PostgreSQL; closes with its counts. Arguments name single ones. */

import { close, scenario } from "./lib/checks.ts";
import type { Store } from "./lib/system.ts";
import { eveningResult, holidayResult, midnightResult } from "./scenarios/feedback-hours.ts";
import { wholePath } from "./scenarios/whole-path.ts";

const STORES: readonly Store[] = ["sqlite", "postgres"];
const SCENARIOS: Record<string, (store: Store) => Promise<void>> = {
  "whole-path": wholePath,
  "evening-result": eveningResult,
  "midnight-result": midnightResult,
  "holiday-result": holidayResult,
};

const wanted = process.argv.slice(2);
for (const store of STORES) {
  for (const [name, run] of Object.entries(SCENARIOS)) {
    const full = `${name}:${store}`;
    if (wanted.length > 0 && !wanted.includes(name) && !wanted.includes(full)) continue;
    await scenario(full, () => run(store));
  }
}
close();
