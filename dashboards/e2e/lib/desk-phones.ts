/** Desk phones of agents: their passwords issued by `hotline user desk-phone`, each agent signed in and Ready. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Api } from "./api.ts";
import { BIN, PASSWORD, pause, ROOT, type System, until } from "./system.ts";

/** The server looks for new passwords every two seconds and tells the gateways. */
const GATEWAYS_KNOW_MS = 2_500;

export interface AgentView {
  state: { name: string; since: string; reason?: string };
  device: { registered: boolean; problem: string | null };
}

export interface CallRow {
  call: string;
  caller: string | null;
  agent: { username: string } | null;
  rang_at: string;
  answered_at: string | null;
  ended_at: string | null;
  state: string;
  outcome: string | null;
  recording: { id: string; duration_ms: number } | null;
}

function hotline(system: System, args: string[], input = ""): string {
  return execFileSync(join(BIN, "hotline"), args, { cwd: ROOT, env: system.env, input, stdio: ["pipe", "pipe", "inherit"] }).toString();
}

/** Adds agents beyond those of the sample county. */
export function addAgent(system: System, username: string): void {
  hotline(system, ["user", "add", username, "--name", username, "--role", "agent"], PASSWORD);
}

/** Issues every agent's phone its password; gives the file of them. */
export async function issueDeskPhones(system: System, usernames: string[]): Promise<string> {
  const file = join(system.data, "desk-phones.txt");
  writeFileSync(file, hotline(system, ["user", "desk-phone", ...usernames]), { mode: 0o600 });
  await pause(GATEWAYS_KNOW_MS);
  return file;
}

/** Waits until the agent's phone is proved, signs her in and makes her Ready. */
export async function makeReady(api: Api): Promise<void> {
  await api.post("/agent/me/sign_in", {});
  await until("the headset is proved", 40_000, async () => {
    const view = await api.get<AgentView>("/agent/me");
    return view.device.problem === null ? true : undefined;
  });
  await api.post("/agent/me/ready", {});
}

/** All calls there are, newest first. */
export async function allCalls(api: Api): Promise<CallRow[]> {
  const rows: CallRow[] = [];
  let after = "";
  for (;;) {
    const page = await api.get<{ items: CallRow[]; next: string | null }>(`/calls?limit=100${after}`);
    rows.push(...page.items);
    if (page.next === null) return rows;
    after = `&after=${page.next}`;
  }
}

/** The calls from `callers` once all of them have ended and nothing more is written about them. */
export async function endedCalls(api: Api, callers: number): Promise<CallRow[]> {
  return until("all calls have ended", 20_000, async () => {
    const rows = await allCalls(api);
    return rows.length >= callers && rows.every((row) => row.state === "ended" && row.outcome !== null) ? rows : undefined;
  });
}

/** Live counters and their recomputation from the event table. */
export interface Recount {
  equal: boolean;
  live: unknown;
  recomputed: unknown;
}
