/** What an event of a work order is called, and who caused it. */

import type { WorkOrderEvent } from "@/shared/api.types";
import { ROLES } from "@/shared/text";
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
  return EVENTS[event.kind] ?? event.kind;
}

/** The name of whoever acted; the system acts without one. */
export function personOf(event: WorkOrderEvent): string {
  if (event.name) return event.name;
  return event.role === null ? WORK_ORDER.detail.system : ROLES[event.role];
}
