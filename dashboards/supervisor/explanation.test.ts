import { describe, expect, it } from "vitest";

import type { ExplainedStep } from "@/shared/misses.types";
import { endOf, sentenceOf } from "@/supervisor/explanation";

const ANNA = { id: "a1", name: "陈晓雨", staff_no: "1023", neighbour: false };
const NAMELESS = { id: "a2", name: "林班长", staff_no: "", neighbour: false };
const NEIGHBOUR = { id: "a3", name: "邻近中心 055****4567", staff_no: "", neighbour: true };

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
      "0.0 秒 座席 1023 振铃",
      "6.0 秒 座席 1023 未接(振铃 6 秒)",
      "8.0 秒 开始寻找第二座席",
      "8.0 秒起无人就绪 11 秒",
      "12.0 秒 启用后备座席",
      "17.0 秒 座席 林班长 同时振铃",
      "19.2 秒 座席 林班长 接起",
    ]);
  });

  it("tell a call to the neighbouring centre", () => {
    const steps = [
      step(12_000, "reserve_opened"),
      step(12_000, "neighbour_called", { agent: NEIGHBOUR }),
      step(12_400, "phone_failed", { agent: NEIGHBOUR, for_ms: 400, detail: "unreachable" }),
      step(17_400, "neighbour_called", { agent: NEIGHBOUR }),
      step(20_000, "answered", { agent: NEIGHBOUR, for_ms: 2_600 }),
    ];
    expect(steps.map(sentenceOf)).toEqual([
      "12.0 秒 启用后备座席",
      "12.0 秒 启用后备座席,转呼邻近中心 055****4567",
      "12.4 秒 邻近中心 055****4567 外呼中继没有应答",
      "17.4 秒 启用后备座席,转呼邻近中心 055****4567",
      "20.0 秒 邻近中心 055****4567 接起",
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
      "0.0 秒 座席 1023 的话机不在线,无法振铃",
      "0.0 秒 座席 1023 的话机故障,无法振铃",
      "2.0 秒 座席 1023 拒接",
      "3.0 秒 座席 1023 振铃时转为示忙",
      "4.0 秒 与座席 1023 接续失败,重新排队",
      "5.5 秒起无人就绪 3.4 秒",
      "5.6 秒起等候熟悉来电人的座席 1023 2 秒",
      "9.0 秒 市民挂断",
      "9.0 秒 语音网关中断,来电丢失",
      "0.0 秒 排队已满,来电未能进入",
    ]);
  });

  it("name the end of who was lost within the target", () => {
    expect(["hung_up", "gateway_lost", "something_new"].map(endOf)).toEqual(["市民挂断", "语音网关中断,来电丢失", "来电结束"]);
  });
});
