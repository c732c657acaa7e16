/**
 * The same-day duty at the edges of the day, with the business clock of a test build: a result at 20:45 is told by
 * message, not by telephone; one at 23:59 that is told after midnight is late; on a holiday the duty holds as on any day.
 */

import { Api, type WorkOrderView } from "../lib/api.ts";
import { check } from "../lib/checks.ts";
import { pause, type Store, System } from "../lib/system.ts";

interface SessionView {
  business_now: string;
}

export async function eveningResult(store: Store): Promise<void> {
  await at(store, "2026-11-20T20:45:00", async (desk) => {
    const order = await desk.replied();
    check("20:45: no telephone call is allowed this evening", !order.feedback_means.includes("phone"), order.feedback_means);
    const call = await desk.tell(order, "phone");
    check("20:45: a call on record is refused with its reason", call.code === "phone_not_allowed_now", call);
    const sms = await desk.tell(order, "sms");
    check("20:45: a message before midnight meets the duty", sms.same_day === true, sms);
  });
}

export async function midnightResult(store: Store): Promise<void> {
  await at(store, "2026-11-20T23:59:20", async (desk) => {
    const order = await desk.replied();
    check("23:59: the duty ends at midnight", order.feedback?.due_at.startsWith("2026-11-21T00:00:00") === true, order.feedback?.due_at);
    await desk.businessTime((now) => now >= "2026-11-21T00:00:01");
    const late = await desk.tell(order, "sms");
    check("00:00: a message after midnight is late", late.same_day === false, late);
  });
}

export async function holidayResult(store: Store): Promise<void> {
  await at(store, "2026-10-01T11:00:00", async (desk) => {
    const order = await desk.replied();
    check("holiday: the duty ends the same midnight", order.feedback?.due_at.startsWith("2026-10-02T00:00:00") === true, order.feedback?.due_at);
    const told = await desk.tell(order, "phone");
    check("holiday: told by telephone the same day", told.same_day === true, told);
  });
}

async function at(store: Store, business_now: string, act: (desk: Desk) => Promise<void>): Promise<void> {
  const system = await System.start({ store, business_now });
  try {
    await act(await Desk.open(system.base));
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await system.stop();
  }
}

/** Everyone an order passes through, by the interface. */
class Desk {
  private constructor(private readonly people: Record<string, Api>) {}

  static async open(base: string): Promise<Desk> {
    const people: Record<string, Api> = {};
    for (const name of ["agent01", "dispatcher01", "u14.contact", "u14.leader", "reviewer01", "followup01"]) {
      people[name] = await Api.signIn(base, name);
    }
    return new Desk(people);
  }

  private as(name: string): Api {
    const api = this.people[name];
    if (api === undefined) throw new Error(`${name} has not signed in`);
    return api;
  }

  private async command(name: string, order: WorkOrderView, command: unknown): Promise<WorkOrderView> {
    return this.as(name).post<WorkOrderView>(`/work-orders/${order.id}/commands`, command);
  }

  /** A new order up to the passed review. */
  async replied(): Promise<WorkOrderView> {
    let order = await this.as("agent01").post<WorkOrderView>("/work-orders", { channel: "phone" });
    const intake = {
      source: { channel: "phone" },
      petitioner: { name: "李秀英", phones: ["13900000002"] },
      demand: {
        demand_type: "help",
        category: "060401",
        title: "路灯不亮",
        content: "小区门口路灯不亮。",
        place: { address: "人民路12号" },
      },
    };
    order = await this.command("agent01", order, { type: "edit_draft", intake });
    order = await this.command("agent01", order, { type: "accept" });
    order = await this.command("dispatcher01", order, { type: "dispatch", lead_unit: "U14" });
    order = await this.command("u14.contact", order, { type: "sign" });
    const reply = {
      outcome: "solved",
      internal_text: "已更换灯泡。",
      public_text: "路灯已修复。",
      measures: "",
      law_basis: "",
      unsolved_reason: "",
    };
    const feedback = { kind: "not_told", reason: "由中心反馈" };
    order = await this.command("u14.contact", order, { type: "submit_reply", reply, feedback });
    order = await this.command("u14.leader", order, { type: "approve_reply" });
    await this.command("reviewer01", order, { type: "review_pass" });
    return this.as("followup01").get<WorkOrderView>(`/work-orders/${order.id}`);
  }

  /** Records that the petitioner was told now by `means`; what came of the duty, or the refusal's code. */
  async tell(order: WorkOrderView, means: string): Promise<{ code?: string; same_day?: boolean }> {
    const at = await this.businessTime(() => true);
    const attempt = { means, outcome: "told", at, note: "" };
    const path = `/work-orders/${order.id}/commands`;
    const reply = await this.as("followup01").send("POST", path, { type: "record_feedback", attempt });
    if (reply.status >= 300) return { code: (reply.body as { code: string }).code };
    return { same_day: (reply.body as WorkOrderView).feedback?.status.same_day };
  }

  /** Waits until business time fulfils `wanted`; gives it. */
  async businessTime(wanted: (now: string) => boolean): Promise<string> {
    for (let tries = 0; tries < 600; tries += 1) {
      const { business_now } = await this.as("followup01").get<SessionView>("/session");
      if (wanted(business_now)) return business_now;
      await pause(200);
    }
    throw new Error("business time did not come");
  }
}
