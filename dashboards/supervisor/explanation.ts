/** Why a caller waited, as sentences in order of time. */

import type { ExplainedStep } from "@/shared/misses.types";

/** How the caller's end is named. */
const ENDS: Record<string, string> = {
  hung_up: "市民挂断",
  vanished: "市民线路中断",
  fault: "线路故障,来电中断",
  gateway_lost: "语音网关中断,来电丢失",
  queue_full: "排队已满,来电未能进入",
  queue_callback: "市民按键改为回呼,保留排位",
  repaired: "系统自检时结束了来电",
};

/** Why a phone could not be rung. */
const PHONE_FAULTS: Record<string, string> = {
  unreachable: "不在线",
  rejected: "无法接入",
  unknown_number: "未注册",
  gateway_fault: "网关故障",
  unknown_target: "已失去连接",
};

/** Why a neighbouring centre's number could not be called. */
const LINE_FAULTS: Record<string, string> = {
  unreachable: "外呼中继没有应答",
  rejected: "拒绝了转接",
  unknown_number: "号码不存在",
  gateway_fault: "外呼中继故障",
};

/** `6.0`: seconds with one digit, as the moments are written. */
function moment(at_ms: number): string {
  return (at_ms / 1000).toFixed(1);
}

/** `11`, `3.4`: spans without an idle zero. */
function span(for_ms: number | null): string {
  return String(Math.round((for_ms ?? 0) / 100) / 10);
}

function agentOf(step: ExplainedStep): string {
  const { agent } = step;
  if (agent === null) return "座席";
  if (agent.neighbour) return agent.name;
  return `座席 ${agent.staff_no === "" ? agent.name : agent.staff_no}`;
}

/** How a caller was lost, by its word (`hung_up`). */
export function endOf(word: string): string {
  return ENDS[word] ?? "来电结束";
}

/** What happened, without its time. */
function happened(step: ExplainedStep): string {
  const who = agentOf(step);
  switch (step.cause) {
    case "rang":
      return `${who} 振铃`;
    case "rang_beside":
      return `${who} 同时振铃`;
    case "no_answer":
      return `${who} 未接(振铃 ${span(step.for_ms)} 秒)`;
    case "rang_on_in_vain":
      return `${who} 继续振铃仍未接(振铃 ${span(step.for_ms)} 秒)`;
    case "refused":
      return `${who} 拒接`;
    case "neighbour_called":
      return `启用后备座席,转呼${who}`;
    case "phone_failed":
      if (step.agent?.neighbour) return `${who} ${LINE_FAULTS[step.detail ?? ""] ?? "未能接通"}`;
      return `${who} 的话机${PHONE_FAULTS[step.detail ?? ""] ?? "故障"},无法振铃`;
    case "agent_left":
      return `${who} 振铃时转为示忙`;
    case "offer_lost":
      return `${who} 的振铃因网关失联而中断`;
    case "nobody_ready":
      return `无人就绪 ${span(step.for_ms)} 秒`;
    case "kept_for_preferred":
      return `等候熟悉来电人的${who} ${span(step.for_ms)} 秒`;
    case "second_agent_sought":
      return "开始寻找第二座席";
    case "reserve_opened":
      return "启用后备座席";
    case "bridge_failed":
      return `与${who} 接续失败,重新排队`;
    case "answered":
      return `${who} 接起`;
    case "given_up":
      return endOf(step.detail ?? "");
  }
}

/** One sentence: `6.0 秒 座席 1023 未接(振铃 6 秒)`; a span begins at its time: `8.0 秒起无人就绪 11 秒`. */
export function sentenceOf(step: ExplainedStep): string {
  const begins = step.cause === "nobody_ready" || step.cause === "kept_for_preferred";
  const joint = begins ? "秒起" : "秒 ";
  return `${moment(step.at_ms)} ${joint}${happened(step)}`;
}
