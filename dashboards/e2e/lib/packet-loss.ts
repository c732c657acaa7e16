/** Packets of this machine's own network that are lost on purpose (needs root). */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

const TABLE = "hotline-loss-";

/** Loses a share of the UDP packets to and from some ports, in both directions and unseen by their senders, until it is stopped. */
export class PacketLoss {
  private readonly table = `${TABLE}${process.pid}`;

  static allowed(): boolean {
    return process.getuid?.() === 0;
  }

  /** `ports` as nft writes them: numbers and ranges, `5060` or `20000-29999`. */
  constructor(ports: readonly string[], one_in: number) {
    removeForgotten();
    const set = `{ ${ports.join(", ")} }`;
    nft("add", "table", "inet", this.table);
    nft("add", "chain", "inet", this.table, "in", "{ type filter hook input priority 0 ; }");
    for (const side of ["dport", "sport"]) {
      nft("add", "rule", "inet", this.table, "in", "iifname", "lo", "udp", side, set, "numgen", "random", "mod", String(one_in), "0", "counter", "drop");
    }
  }

  /** Packets lost so far. */
  lost(): number {
    const rules = nft("list", "chain", "inet", this.table, "in");
    return [...rules.matchAll(/counter packets (\d+)/g)].reduce((sum, found) => sum + Number(found[1]), 0);
  }

  stop(): void {
    nft("delete", "table", "inet", this.table);
  }
}

/** What a run that was killed has left behind would go on losing packets of whatever uses those ports. */
function removeForgotten(): void {
  for (const [, table, pid] of nft("list", "tables").matchAll(new RegExp(`table inet (${TABLE}(\\d+))`, "g"))) {
    if (table && pid && !existsSync(`/proc/${pid}`)) nft("delete", "table", "inet", table);
  }
}

function nft(...args: string[]): string {
  return execFileSync("nft", args, { stdio: "pipe" }).toString();
}
