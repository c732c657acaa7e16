import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { CategoryHit, WorkOrderCommand } from "@/shared/api.types";
import { type Answer, inComponent, orderView, type Sent, stubFetch } from "@/shared/testing";
import { applyCategory, useDraft } from "@/agent/useDraft";

function commandOf(sent: Sent): WorkOrderCommand {
  return sent.body as WorkOrderCommand;
}

/** A server that keeps one draft and counts its versions. */
function server(answer: (sent: Sent) => Answer | null = () => null) {
  let view = orderView();
  return stubFetch((sent) => {
    const special = answer(sent);
    if (special) return special;
    if (sent.path === "/work-orders") return { status: 201, body: view };
    if (sent.path.endsWith("/commands")) {
      const command = commandOf(sent);
      if (command.type === "edit_draft") view = { ...view, intake: command.intake };
      if (command.type === "accept") view = { ...view, state: "accepted" };
      view = { ...view, version: view.version + 1 };
    }
    return { body: view };
  });
}

const commands = (requests: Sent[]): string[] =>
  requests.filter((sent) => sent.path.endsWith("/commands")).map((sent) => commandOf(sent).type);

describe("useDraft", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("opens a draft for a call that has none", async () => {
    const requests = server();
    const { made } = inComponent(useDraft);
    await made.openForCall("c1", null);
    expect(requests[0]).toMatchObject({ method: "POST", path: "/work-orders", body: { call: "c1", channel: "phone" } });
    expect(made.order.value?.id).toBe("w1");
  });

  it("opens the draft the server has made meanwhile when a second one is refused", async () => {
    server((sent) => {
      if (sent.method === "POST") return { status: 409, body: { code: "draft_exists", detail: "已有" } };
      if (sent.path === "/calls/c1") return { body: { work_order: "w1" } };
      return null;
    });
    const { made } = inComponent(useDraft);
    await made.openForCall("c1", null);
    expect(made.order.value?.id).toBe("w1");
  });

  it("opens the draft of a call as soon as the store is back", async () => {
    let away = true;
    const requests = server((sent) => {
      if (sent.path === "/calls/c1") return { body: { work_order: null } };
      if (sent.path === "/work-orders" && away) return { status: 503, body: { code: "store_away", detail: "数据库无法连接" } };
      return null;
    });
    const { made } = inComponent(useDraft);
    await made.openForCall("c1", null);
    expect(made.order.value).toBeNull();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(made.order.value).toBeNull();
    away = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(made.order.value?.id).toBe("w1");
    const asked = requests.filter((sent) => sent.path === "/work-orders").length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(requests.filter((sent) => sent.path === "/work-orders")).toHaveLength(asked);
  });

  it("saves once after a pause, with the version it has seen", async () => {
    const requests = server();
    const { made } = inComponent(useDraft);
    await made.open("w1");
    const intake = made.intake.value;
    if (!intake) throw new Error("no draft");
    intake.petitioner.name = "王";
    await vi.advanceTimersByTimeAsync(300);
    intake.petitioner.name = "王芳";
    await vi.advanceTimersByTimeAsync(900);
    const saves = requests.filter((sent) => sent.path.endsWith("/commands"));
    expect(saves).toHaveLength(1);
    expect(saves[0]?.if_match).toBe('"1"');
    expect(made.order.value?.version).toBe(2);
    expect(made.save_state.value).toBe("saved");
  });

  it("does not save what has not changed", async () => {
    const requests = server();
    const { made } = inComponent(useDraft);
    await made.open("w1");
    await vi.advanceTimersByTimeAsync(5_000);
    await made.flush();
    expect(commands(requests)).toEqual([]);
  });

  it("saves before it accepts", async () => {
    const requests = server();
    const { made } = inComponent(useDraft);
    await made.open("w1");
    if (made.intake.value) made.intake.value.demand.title = "路灯不亮";
    expect(await made.accept()).toBe(true);
    expect(commands(requests)).toEqual(["edit_draft", "accept"]);
    expect(made.editable.value).toBe(false);
  });

  it("shows a refusal beside the field it names, and stays open", async () => {
    server((sent) =>
      sent.path.endsWith("/commands") && commandOf(sent).type === "accept"
        ? { status: 409, body: { code: "category_missing", detail: "请选择诉求分类" } }
        : null,
    );
    const { made } = inComponent(useDraft);
    await made.open("w1");
    expect(await made.accept()).toBe(false);
    expect(made.faults.value.category).toBe("请选择诉求分类");
    expect(made.editable.value).toBe(true);
  });

  it("takes the newest version and sends again when another page was faster", async () => {
    let stale = true;
    const requests = server((sent) => {
      if (sent.path.endsWith("/commands") && stale) {
        stale = false;
        return { status: 412, body: { code: "version_conflict", detail: "x" } };
      }
      return sent.method === "GET" && !stale ? { body: orderView({ version: 7 }) } : null;
    });
    const { made } = inComponent(useDraft);
    await made.open("w1");
    if (made.intake.value) made.intake.value.demand.title = "噪声";
    await made.flush();
    expect(requests.at(-1)?.if_match).toBe('"7"');
    expect(made.intake.value?.demand.title).toBe("噪声");
  });

  it("tries again by itself when the server could not be reached", async () => {
    let away = true;
    const requests = server((sent) => (away && sent.path.endsWith("/commands") ? { status: 503 } : null));
    const { made } = inComponent(useDraft);
    await made.open("w1");
    if (made.intake.value) made.intake.value.demand.title = "停水";
    await vi.advanceTimersByTimeAsync(900);
    expect(made.save_state.value).toBe("failed");
    away = false;
    await vi.advanceTimersByTimeAsync(4_100);
    expect(made.save_state.value).toBe("saved");
    expect(commands(requests)).toEqual(["edit_draft", "edit_draft"]);
  });

  it("brings secrecy of a category, and its own urgency instead of the one before", () => {
    const hit: CategoryHit = {
      code: "020201", path: [], label: "打架滋扰", urgency: "normal", confidential: true,
      towns_forbidden: false, lead_unit: "U06", score: 1,
    };
    const { intake } = orderView();
    intake.demand.urgency = "critical";
    applyCategory(intake, hit);
    expect(intake.demand).toMatchObject({ category: "020201", urgency: null });
    expect(intake.petitioner.confidential).toBe(true);
  });
});
