/**
 * Another machine on the hotline's network, as a network namespace of its own: it reaches this machine by one address
 * only, and knows it by a name.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { chromiumPath } from "./browser.ts";

/** The hotline's name on that network. */
export const NAME = "hotline.county.example";

export class OtherNetwork {
  private constructor(
    private readonly namespace: string,
    private readonly link: string,
    /** This machine's address as seen from there. */
    readonly address: string,
  ) {}

  /** Whether this user may make network namespaces. */
  static allowed(): boolean {
    return process.getuid?.() === 0;
  }

  static make(): OtherNetwork {
    const namespace = `hotline-${process.pid}`;
    const link = `hl${process.pid}`;
    const there = `${link}p`;
    const block = (process.pid % 250) + 1;
    const network = new OtherNetwork(namespace, link, `10.213.${block}.1`);
    ip("netns", "add", namespace);
    try {
      ip("link", "add", link, "type", "veth", "peer", "name", there);
      ip("link", "set", there, "netns", namespace);
      ip("address", "add", `${network.address}/30`, "dev", link);
      ip("link", "set", link, "up");
      network.inside("ip", "address", "add", `10.213.${block}.2/30`, "dev", there);
      network.inside("ip", "link", "set", there, "up");
      network.inside("ip", "link", "set", "lo", "up");
    } catch (error) {
      network.remove();
      throw error;
    }
    return network;
  }

  /** Runs a command on the other machine. */
  inside(...command: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.namespace, ...command], { stdio: "pipe" }).toString();
  }

  /** The wire between the machines is cut. */
  unplug(): void {
    ip("link", "set", this.link, "down");
  }

  plugIn(): void {
    ip("link", "set", this.link, "up");
  }

  /** A firewall there that lets no UDP packet out. */
  blockUdp(): void {
    this.inside("nft", "add", "table", "inet", "blocked");
    this.inside("nft", "add", "chain", "inet", "blocked", "out", "{ type filter hook output priority 0 ; }");
    this.inside("nft", "add", "rule", "inet", "blocked", "out", "meta", "l4proto", "udp", "counter", "drop");
  }

  /** UDP packets that the firewall has dropped. */
  blocked(): number {
    const rules = this.inside("nft", "list", "chain", "inet", "blocked", "out");
    return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? 0);
  }

  unblockUdp(): void {
    this.inside("nft", "delete", "table", "inet", "blocked");
  }

  /**
   * A program that starts Chromium there: its home trusts the authority and nothing else, and it knows the hotline's
   * name.
   */
  chromium(home: string, authority: string): { executable: string; args: string[] } {
    const store = join(home, ".pki/nssdb");
    mkdirSync(store, { recursive: true });
    execFileSync("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
    execFileSync("certutil", ["-d", `sql:${store}`, "-A", "-t", "C,,", "-n", "hotline", "-i", authority]);
    const executable = join(home, "chromium-there");
    const start = `exec ip netns exec ${this.namespace} env HOME=${home} ${chromiumPath()} "$@"`;
    writeFileSync(executable, `#!/bin/sh\n${start}\n`);
    chmodSync(executable, 0o755);
    return { executable, args: [`--host-resolver-rules=MAP ${NAME} ${this.address}`] };
  }

  /** The namespace takes its end of the wire with it, and the wire the other end. */
  remove(): void {
    ip("netns", "delete", this.namespace);
  }
}

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}
