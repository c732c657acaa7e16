/** Which lists of the desk a person works with. */

import { type Component, markRaw } from "vue";

import type { Role } from "@/shared/api.types";
import DispatchPanel from "@/desk/DispatchPanel.vue";
import FeedbackPanel from "@/desk/FeedbackPanel.vue";
import FollowUpPanel from "@/desk/FollowUpPanel.vue";
import ReviewPanel from "@/desk/ReviewPanel.vue";
import { TEXT } from "@/desk/text";

export interface DeskTab {
  name: keyof typeof TEXT.tabs;
  label: string;
  role: Role;
  panel: Component;
}

const ALL: DeskTab[] = [
  { name: "dispatch", label: TEXT.tabs.dispatch, role: "dispatcher", panel: markRaw(DispatchPanel) },
  { name: "review", label: TEXT.tabs.review, role: "reviewer", panel: markRaw(ReviewPanel) },
  { name: "feedback", label: TEXT.tabs.feedback, role: "follow_up_clerk", panel: markRaw(FeedbackPanel) },
  { name: "follow_up", label: TEXT.tabs.follow_up, role: "follow_up_clerk", panel: markRaw(FollowUpPanel) },
];

export function deskTabs(roles: Role[]): DeskTab[] {
  return ALL.filter((tab) => roles.includes(tab.role));
}
