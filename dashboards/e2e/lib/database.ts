/** The PostgreSQL of the tests, stopped and started again by process id. */

import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";

import { until } from "./system.ts";

/** What a process needs to be started again as it was. */
interface Postmaster {
  pid: number;
  command: string[];
  uid: number;
  gid: number;
}

/** Who was started again here; it ends with this program's services. */
let started: ChildProcess | null = null;

function postmaster(): Postmaster {
  const pid = started?.pid ?? Number(process.env.TEST_DATABASE_PID ?? 0);
  if (pid === 0) throw new Error("TEST_DATABASE_PID must name the PostgreSQL of this test: scripts/e2e.sh starts one");
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter((word) => word !== "");
  const { uid, gid } = statSync(`/proc/${pid}`);
  return { pid, command, uid, gid };
}

function parentOf(pid: number): number {
  // "pid (command) state parent ...": a command may hold spaces and brackets.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

/** The postmaster and everything it has forked. */
function family(pid: number): number[] {
  const children = readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return parentOf(Number(name)) === pid;
    } catch {
      return false;
    }
  });
  return [pid, ...children.map(Number)];
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

export class Database {
  private readonly was: Postmaster;

  constructor() {
    this.was = postmaster();
  }

  /** Ends it as an operator would who is in a hurry: connections break, nothing is lost. */
  async stop(): Promise<void> {
    process.kill(this.was.pid, "SIGINT");
    await until("PostgreSQL has ended", 30_000, () => (isAlive(this.was.pid) ? undefined : true));
  }

  /** Starts it again with the arguments it had. */
  async start(): Promise<void> {
    const [program = "", ...args] = this.was.command;
    const { uid, gid } = this.was;
    started = spawn(program, args, { uid, gid, stdio: "ignore", detached: true });
    started.unref();
    const { pid } = started;
    if (pid === undefined) throw new Error("PostgreSQL does not start");
    this.was.pid = pid;
    // The scripts end whoever the data folder's own file names.
    process.env.TEST_DATABASE_PID = String(pid);
  }

  /** Stops all its processes where they are: connections stand, nobody answers. */
  freeze(): void {
    for (const pid of family(this.was.pid)) process.kill(pid, "SIGSTOP");
  }

  thaw(): void {
    for (const pid of family(this.was.pid)) process.kill(pid, "SIGCONT");
  }
}
