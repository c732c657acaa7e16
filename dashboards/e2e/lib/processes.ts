/** Processes below this one, as `/proc` has them. */

import { readdirSync, readFileSync } from "node:fs";

interface Process {
  pid: number;
  parent: number;
  command: string;
}

function running(): Process[] {
  const found: Process[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // "pid (command) state parent ...": a command may hold spaces and brackets.
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const end = stat.lastIndexOf(")");
      const parent = Number(stat.slice(end + 2).split(" ")[1]);
      found.push({ pid: Number(name), parent, command: stat.slice(stat.indexOf("(") + 1, end) });
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Those that descend from this program and whose command begins with `command`. */
export function descendants(command: string): number[] {
  const all = running();
  const ours = new Set([process.pid]);
  for (let known = 0; known !== ours.size; ) {
    known = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  return all.filter(({ pid, command: name }) => ours.has(pid) && name.startsWith(command)).map(({ pid }) => pid);
}

export function signal(pids: readonly number[], name: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended meanwhile.
    }
  }
}
