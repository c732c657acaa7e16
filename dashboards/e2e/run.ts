/** `make e2e`: every scenario, on SQLite and on PostgreSQL; closes with its counts. Arguments name single ones. */

import { close, scenario } from "./lib/checks.ts";
import { CitizenPhone } from "./lib/phone.ts";
import type { Store } from "./lib/system.ts";
import { eveningResult, holidayResult, midnightResult } from "./scenarios/feedback-hours.ts";
import { databaseStopped, databaseStoppedTenMinutes } from "./scenarios/database-stopped.ts";
import { consoleTabs } from "./scenarios/console-tabs.ts";
import { baresip } from "./scenarios/baresip.ts";
import { gatewayKilled } from "./scenarios/gateway-killed.ts";
import { lineComesBack } from "./scenarios/line-comes-back.ts";
import { lineCuts } from "./scenarios/line-cuts.ts";
import { misses } from "./scenarios/misses.ts";
import { notReady } from "./scenarios/not-ready.ts";
import { otherNetwork } from "./scenarios/other-network.ts";
import { serverKilled } from "./scenarios/server-killed.ts";
import { soak } from "./scenarios/soak.ts";
import { swarm } from "./scenarios/swarm.ts";
import { tabComesBack } from "./scenarios/tab-comes-back.ts";
import { wholePath } from "./scenarios/whole-path.ts";

const STORES: readonly Store[] = ["sqlite", "postgres"];
const SCENARIOS: Record<string, (store: Store) => Promise<void>> = {
  "whole-path": wholePath,
  "evening-result": eveningResult,
  "midnight-result": midnightResult,
  "holiday-result": holidayResult,
  baresip,
  "other-network": otherNetwork,
  "not-ready": notReady,
  misses,
  "console-tabs": consoleTabs,
  "line-comes-back": lineComesBack,
  "tab-comes-back": tabComesBack,
  swarm,
  "server-killed": serverKilled,
  "gateway-killed": gatewayKilled,
  "database-stopped": databaseStopped,
  "database-stopped-ten-minutes": databaseStoppedTenMinutes,
  "line-cuts": lineCuts,
  soak,
};

/** These say nothing about the store: once is enough. */
const ONCE = new Set("baresip other-network not-ready misses line-comes-back tab-comes-back swarm gateway-killed".split(" "));

/** These take long, and run when they are named. */
const NAMED_ONLY = new Set(["line-cuts", "soak", "database-stopped-ten-minutes"]);

/** These stop a database server, or write what weeks have brought into one. */
const POSTGRES_ONLY = new Set(["database-stopped", "database-stopped-ten-minutes", "console-tabs"]);

const wanted = process.argv.slice(2);
for (const store of STORES) {
  for (const [name, run] of Object.entries(SCENARIOS)) {
    if (NAMED_ONLY.has(name) && wanted.length === 0) continue;
    if (POSTGRES_ONLY.has(name) && store !== "postgres") continue;
    if (ONCE.has(name) && store !== "sqlite" && wanted.length === 0) continue;
    const full = `${name}:${store}`;
    if (wanted.length > 0 && !wanted.includes(name) && !wanted.includes(full)) continue;
    await scenario(full, () => run(store));
    await CitizenPhone.stopAll();
  }
}
close();
