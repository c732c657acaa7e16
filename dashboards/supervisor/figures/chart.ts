/** The chart of a span's parts: calls as bars, the reading as a line. Only the parts of ECharts it needs. */

import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { labelOf } from "@/supervisor/figures/present";
import { TEXT } from "@/supervisor/figures/text";
import type { FigureRow, Slice } from "@/supervisor/figures/types";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const percentOf = (row: FigureRow): number | null =>
  row.reading.ppm === null ? null : Math.floor(row.reading.ppm / 100) / 100;

export function chartOption(rows: FigureRow[], slice: Slice, manyDays: boolean, reading: string) {
  const bars = (name: string, color: string, of: "requests" | "answered") => ({
    name,
    type: "bar" as const,
    color,
    data: rows.map((row) => row.counts?.[of] ?? 0),
  });
  return {
    animation: false,
    textStyle: { fontSize: 14 },
    grid: { left: 44, right: 56, top: 34, bottom: 26 },
    legend: { top: 0, textStyle: { fontSize: 14 } },
    tooltip: { trigger: "axis" as const },
    xAxis: {
      type: "category" as const,
      data: rows.map((row) => labelOf(row, slice, manyDays)),
      axisLabel: { fontSize: 14, hideOverlap: true },
    },
    yAxis: [
      { type: "value" as const, minInterval: 1, axisLabel: { fontSize: 14 } },
      { type: "value" as const, min: 0, max: 100, splitLine: { show: false }, axisLabel: { fontSize: 14, formatter: "{value}%" } },
    ],
    series: [
      bars(TEXT.chart.requests, "#b6cee6", "requests"),
      bars(TEXT.chart.answered, "#0b5cad", "answered"),
      { name: reading, type: "line" as const, yAxisIndex: 1, color: "#a35a00", connectNulls: false, data: rows.map(percentOf) },
    ],
  };
}

export function drawChart(host: HTMLElement) {
  const chart = init(host);
  const sized = new ResizeObserver(() => {
    chart.resize();
  });
  sized.observe(host);
  return {
    show: (option: ReturnType<typeof chartOption>) => {
      chart.setOption(option, { notMerge: true });
    },
    stop: () => {
      sized.disconnect();
      chart.dispose();
    },
  };
}
