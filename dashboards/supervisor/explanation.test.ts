import { describe, expect, it } from "vitest";

import type { ExplainedStep } from "@/shared/misses.types";
import { sentenceOf } from "@/supervisor/explanation";

const ANNA = { id: "a1", name: "陈晓雨", staff_no: "1023" };
const NAMELESS = { id: "a2", name: "林班长", staff_no: "" };

function step(at_ms: number, cause: ExplainedStep["cause"], more: Partial<ExplainedStep> = {}): ExplainedStep {
  return { at_ms, cause, agent: null, for_ms: null, detail: null, ...more };
}

describe("the sentences of an explanation", () => {
  it("tell a call that the reserve saved late", () => {
    const steps = [
      step(8, "rang", { agent: ANNA }),
      step(6_008, "no_answer", { agent: ANNA, for_ms: 6_000 }),
      step(8_000, "second_agent_sought"),
      step(8_000, "nobody_ready", { for_ms: 11_030 }),
      step(12_000, "reserve_opened"),
      step(17_000, "rang_beside", { agent: NAMELESS }),
      step(19_240, "answered", { agent: NAMELESS }),
    ];
    expect(steps.map(sentenceOf)).toEqual([
      "0.0 秒 坐席 1023 振铃",
      "6.0 秒 坐席 1023 未接(振铃 6 秒)",
      "8.0 秒 启用第二坐席",
      "8.0 秒起无人空闲 11 秒",
      "12.0 秒 启用备勤",
      "17.0 秒 坐席 林班长 同时振铃",
      "19.2 秒 坐席 林班长 接起",
    ]);
  });

  it("say why a phone did not ring and how a caller was lost", () => {
    const steps = [
      step(0, "phone_failed", { agent: ANNA, detail: "unreachable" }),
      step(0, "phone_failed", { agent: ANNA, detail: "something_new" }),
      step(2_000, "refused", { agent: ANNA }),
      step(3_000, "agent_left", { agent: ANNA }),
      step(4_000, "bridge_failed", { agent: ANNA }),
      step(5_500, "nobody_ready", { for_ms: 3_440 }),
      step(5_600, "kept_for_preferred", { agent: ANNA, for_ms: 2_000 }),
      step(9_000, "given_up", { detail: "hung_up" }),
      step(9_000, "given_up", { detail: "gateway_lost" }),
      step(0, "given_up", { detail: "queue_full" }),
    ];
    expect(steps.map(sentenceOf)).toEqual([
      "0.0 秒 坐席 1023 的话机不在线,无法振铃",
      "0.0 秒 坐席 1023 的话机故障,无法振铃",
      "2.0 秒 坐席 1023 拒接",
      "3.0 秒 坐席 1023 振铃时转为示忙",
      "4.0 秒 与坐席 1023 接续失败,重新排队",
      "5.5 秒起无人空闲 3.4 秒",
      "5.6 秒起等候熟悉来电人的坐席 1023 2 秒",
      "9.0 秒 市民挂断",
      "9.0 秒 语音网关中断,来电丢失",
      "0.0 秒 排队已满,来电未能进入",
    ]);
  });
});
