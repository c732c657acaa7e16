export const TABS = {
  all: "监管页面",
  board: "实时看板",
  staffing: "排班与预测",
  figures: "接通指标",
};
