import type { LeverState, Mode } from "@/supervisor/control/types";

export const TEXT = {
  title: "达标控制",
  noOutlook: "尚无来电预测，暂不能推算达标情况；措施仍可手动执行。",
  away: "达标控制未运行。",
  keys: "Alt+1 至 Alt+5 选中措施，回车执行",
  mode: "执行方式",
  helpsMost: "最有效",
  modes: { manual: "人工", advisory: "建议", automatic: "自动" } satisfies Record<Mode, string>,
  states: {
    resting: "未执行",
    pull_advised: "建议执行",
    pulled: "执行中",
    undo_advised: "建议停止",
  } satisfies Record<LeverState, string>,
  pull: "执行",
  undo: "停止",
  decline: "不采纳",
  saves: (calls: number): string => `预计少流失 ${calls.toString()} 通`,
  since: (at: string, by: string): string => `${at} 起，${by}`,
  controller: "自动控制",
  unavailable: "目前无效果",
  record: "措施记录",
  noRecord: "还没有执行过措施",
  done: { pull: "已执行", undo: "已停止", decline: "已记录" },
};
