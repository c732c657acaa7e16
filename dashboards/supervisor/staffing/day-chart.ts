/** Forecast, what came, requirement and roster of a day by half-hour. */

import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { TEXT } from "@/supervisor/staffing/text";
import type { DayPlan, HalfHour } from "@/supervisor/staffing/types";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const CALLS = 0;
const PEOPLE = 1;

function line(name: string, color: string, axis: number, data: (number | null)[], dashed = false) {
  return {
    name,
    type: "line" as const,
    yAxisIndex: axis,
    showSymbol: false,
    color,
    // People come and go at the half-hour; calls change gradually.
    step: axis === PEOPLE ? ("end" as const) : undefined,
    lineStyle: { width: 2, type: dashed ? ("dashed" as const) : ("solid" as const) },
    data,
  };
}

/** A gap is what a supervisor looks for: the roster is drawn over the requirement. */
export function dayOption(plan: DayPlan) {
  const values = (of: (half_hour: HalfHour) => number | null) => plan.half_hours.map(of);
  const text = TEXT.day;
  const axis = (name: string) => ({
    type: "value" as const,
    name,
    min: 0,
    minInterval: 1,
    nameTextStyle: { fontSize: 14 },
    axisLabel: { fontSize: 14 },
  });
  const came = {
    name: text.came,
    type: "bar" as const,
    yAxisIndex: CALLS,
    color: "#b6cee6",
    barCategoryGap: "20%",
    data: values((one) => one.came),
  };
  return {
    animation: false,
    textStyle: { fontSize: 14 },
    grid: { left: 48, right: 48, top: 62, bottom: 28 },
    legend: { top: 0, textStyle: { fontSize: 14 } },
    tooltip: { trigger: "axis" as const },
    xAxis: {
      type: "category" as const,
      data: plan.half_hours.map((one) => one.at),
      axisLabel: { fontSize: 14, interval: 3 },
    },
    yAxis: [axis(text.calls), { ...axis(text.people), splitLine: { show: false } }],
    series: [
      came,
      line(text.expected, "#0b5cad", CALLS, values((one) => one.expected)),
      line(text.updated, "#0b5cad", CALLS, values((one) => one.updated), true),
      line(text.toRoster, "#a35a00", PEOPLE, values((one) => one.to_roster), true),
      line(text.present, "#1c7d3f", PEOPLE, values((one) => one.present)),
    ],
  };
}

export function drawDay(host: HTMLElement) {
  const chart = init(host);
  const sized = new ResizeObserver(() => {
    chart.resize();
  });
  sized.observe(host);
  return {
    show: (plan: DayPlan) => {
      chart.setOption(dayOption(plan));
    },
    stop: () => {
      sized.disconnect();
      chart.dispose();
    },
  };
}
