/** Reading parts of a work order whose shape the core keeps rich. */

import type { ReplyContent, WorkOrderEvent, WorkOrderView } from "@/shared/api.types";
import { WORK_ORDER } from "@/shared/work-order/text";

const EVENTS: Record<string, string> = {
  opened: "登记",
  draft_edited: "修改登记",
  answered_direct: "直接答复",
  accepted: "受理",
  rejection_proposed: "提出不予受理",
  rejection_returned: "退回重新登记",
  rejection_confirmed: "确认不予受理",
  dispatched: "派单",
  signed: "签收",
  first_contacted: "先行联系",
  reply_submitted: "提交答复",
  reply_returned: "单位负责人退回",
  reply_approved: "单位负责人批准",
  review_passed: "审核通过",
  review_rejected: "审核退回",
  feedback_tried: "反馈",
  follow_up_tried: "回访",
  closed: "办结",
  breached: "超时",
};

export function eventLabel(event: WorkOrderEvent): string {
  const type = typeof event.change === "string" ? event.change : event.change.type;
  return EVENTS[type] ?? type;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The name of whoever acted; the system acts without one. */
export function personOf(by: unknown): string {
  if (typeof by === "string") return by;
  if (!isRecord(by)) return "";
  for (const key of ["display_name", "name", "username"]) {
    const value = by[key];
    if (typeof value === "string") return value;
  }
  return by.kind === "system" || by.type === "system" ? WORK_ORDER.detail.system : "";
}

/** The texts of a reply, whether they come bare or inside a draft or an approved reply. */
export function replyContent(reply: WorkOrderView["reply"]): ReplyContent | null {
  let at: unknown = reply;
  while (isRecord(at)) {
    if (typeof at.public_text === "string") return at as unknown as ReplyContent;
    at = at.draft ?? at.content ?? at.reply;
  }
  return null;
}
