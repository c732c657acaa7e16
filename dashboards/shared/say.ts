/** Short words to the person: what was done, or what went wrong. */

import "element-plus/theme-chalk/el-message.css";

import { ElMessage } from "element-plus/es/components/message/index.mjs";

import { asProblem } from "@/shared/problem";

export function sayDone(text: string): void {
  ElMessage({ type: "success", message: text, duration: 2_500 });
}

/** Shows the sentence of the problem and stays long enough to be read. */
export function sayProblem(thrown: unknown): void {
  ElMessage({ type: "error", message: asProblem(thrown).detail, duration: 8_000, showClose: true });
}
