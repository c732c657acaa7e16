import { describe, expect, it } from "vitest";
import { nextTick, ref } from "vue";

import type { WorkOrderView } from "@/shared/api.types";
import { inComponent, orderView } from "@/shared/testing";
import { deskTabs } from "@/desk/tabs";
import { useDispatch } from "@/desk/useDispatch";
import { useFeedbackForm } from "@/desk/useFeedbackForm";
import { useFollowUpForm } from "@/desk/useFollowUpForm";
import { useReplyForm } from "@/department/useReplyForm";

const duty = {
  number: 1, kind: "unit_reply", result_at: "2026-11-21T21:00:00+08:00", due_at: "2026-11-22T00:00:00+08:00",
  status: { status: "open" as const }, tries: [],
};

describe("dispatch", () => {
  it("has the catalogue's unit chosen and asks a reason for another", () => {
    const order = ref<WorkOrderView | null>(orderView({ state: "accepted", suggested_unit: { lead_units: [{ code: "U14", name: "城管局" }], assist_units: [], towns_forbidden: false } }));
    const { made } = inComponent(() => useDispatch(order));
    expect(made.complete.value).toBe(true);
    expect(made.command()).toEqual({ type: "dispatch", lead_unit: "U14", assist_units: [], opinion: "" });
    made.form.lead_unit = "U13";
    expect(made.complete.value).toBe(false);
    made.form.reason = "道路由住建局养护";
    expect(made.command()).toMatchObject({ lead_unit: "U13", reason: "道路由住建局养护" });
  });
});

describe("feedback", () => {
  it("hints at the evening rule when no call is allowed", () => {
    const order = ref<WorkOrderView | null>(orderView({ feedback: duty, feedback_means: ["sms"] }));
    const { made } = inComponent(() => useFeedbackForm(order));
    expect(made.evening.value).toBe(true);
    expect(made.form.means).toBe("sms");
  });

  it("names the call as proof of a telling by phone only", () => {
    const order = ref<WorkOrderView | null>(orderView({ feedback: duty, feedback_means: ["phone", "sms"] }));
    const { made } = inComponent(() => useFeedbackForm(order));
    expect(made.command()).toBeNull();
    made.form.outcome = "told";
    made.call.value = "c9";
    expect(made.command()).toMatchObject({ type: "record_feedback", attempt: { means: "phone", outcome: "told", proof: "c9" } });
    made.form.means = "sms";
    expect(made.command()).not.toHaveProperty("attempt.proof");
  });
});

describe("follow-up", () => {
  it("keeps process and result apart and asks why when one is bad", async () => {
    const order = ref<WorkOrderView | null>(orderView());
    const { made } = inComponent(() => useFollowUpForm(order));
    expect(made.complete.value).toBe(false);
    made.form.solved = "yes";
    made.form.process_rating = "very_satisfied";
    made.form.result_rating = "dissatisfied";
    expect(made.command()).toBeNull();
    made.form.dissatisfaction = "law_forbids";
    made.form.explanation = "已说明政策";
    expect(made.command()).toMatchObject({
      type: "record_follow_up",
      follow_up: {
        outcome: "reached",
        answers: { solved: "yes", process_rating: "very_satisfied", result_rating: "dissatisfied", dissatisfaction: "law_forbids" },
      },
    });
    order.value = orderView({ id: "w2" });
    await nextTick();
    expect(made.form.solved).toBeNull();
  });

  it("records a try that reached nobody", () => {
    const { made } = inComponent(() => useFollowUpForm(ref<WorkOrderView | null>(orderView())));
    made.form.outcome = "missed";
    expect(made.command()).toMatchObject({ follow_up: { outcome: "missed", miss: "no_answer" } });
  });
});

describe("reply of a unit", () => {
  it("is not complete before the question of the telling is answered", () => {
    const { made } = inComponent(() => useReplyForm(ref<WorkOrderView | null>(orderView())));
    made.form.internal_text = "已更换灯泡";
    made.form.public_text = "路灯已修复";
    expect(made.complete.value).toBe(false);
    made.form.told = false;
    expect(made.command()).toBeNull();
    made.form.reason = "夜间维修,次日告知";
    expect(made.command()).toMatchObject({ type: "submit_reply", feedback: { kind: "not_told", reason: "夜间维修,次日告知" } });
  });

  it("starts from the reply that was sent back", () => {
    const order = orderView({
      reply: {
        submitted_at: "2026-11-21T10:00:00+08:00", approved_at: null, returned_because: "请写明时间",
        telling: { kind: "not_told", reason: "x" },
        content: { outcome: "explained", internal_text: "内部", public_text: "对外" },
      },
    });
    const { made } = inComponent(() => useReplyForm(ref<WorkOrderView | null>(order)));
    expect(made.form).toMatchObject({ outcome: "explained", public_text: "对外", told: null });
  });
});

describe("tabs of the desk", () => {
  it("follow the roles", () => {
    expect(deskTabs(["agent"])).toEqual([]);
    expect(deskTabs(["agent", "dispatcher", "follow_up_clerk"]).map((tab) => tab.name)).toEqual([
      "dispatch", "feedback", "follow_up",
    ]);
  });
});
