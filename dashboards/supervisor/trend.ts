/** The trend chart: only the parts of ECharts it needs. */

import { LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { timeOf } from "@/shared/format";
import { TEXT } from "@/supervisor/text";
import type { Sample } from "@/supervisor/useBoard";

use([LineChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

/** The first samples stand at the right end of a quarter of an hour. */
const SPAN_MIN_MS = 15 * 60_000;

const share = (ppm: number | null): number | null => (ppm === null ? null : ppm / 10_000);

/** The lowest percentage the axis shows: the 80 % line always has room. */
export function axisFloor(samples: Sample[]): number {
  const values = samples.flatMap((one) => [one.k1_ppm, one.k2b_ppm]).flatMap((ppm) => share(ppm) ?? []);
  return Math.max(0, Math.floor(Math.min(75, ...values) / 5) * 5);
}

function series(name: string, color: string, data: [number, number | null][]) {
  return { name, type: "line" as const, showSymbol: data.length < 2, connectNulls: false, color, data };
}

function line(yAxis: number, name: string, color: string) {
  return { yAxis, name, lineStyle: { color, type: "dashed" as const }, label: { formatter: name, color, fontSize: 14 } };
}

export function trendOption(samples: Sample[]) {
  const k1 = series(TEXT.trend.k1, "#0b5cad", samples.map((one) => [one.at, share(one.k1_ppm)]));
  const k2b = series(TEXT.trend.k2b, "#1c7d3f", samples.map((one) => [one.at, share(one.k2b_ppm)]));
  const lines = [line(80, TEXT.line80, "#c0271d"), line(95, TEXT.line95, "#a35a00")];
  return {
    animation: false,
    textStyle: { fontSize: 14 },
    grid: { left: 52, right: 84, top: 34, bottom: 26 },
    legend: { top: 0, textStyle: { fontSize: 14 } },
    tooltip: { trigger: "axis" as const, valueFormatter: (value: unknown) => `${Number(value).toFixed(2)}%` },
    xAxis: {
      type: "time" as const,
      min: ({ max }: { max: number }) => Math.min(samples[0]?.at ?? max, max - SPAN_MIN_MS),
      max: "dataMax" as const,
      axisLabel: { fontSize: 14, hideOverlap: true, formatter: (at: number) => timeOf(at) },
    },
    yAxis: {
      type: "value" as const,
      min: axisFloor(samples),
      max: 100,
      axisLabel: { fontSize: 14, formatter: "{value}%" },
    },
    series: [{ ...k1, markLine: { symbol: "none", data: lines } }, k2b],
  };
}

export function drawTrend(host: HTMLElement) {
  const chart = init(host);
  const sized = new ResizeObserver(() => {
    chart.resize();
  });
  sized.observe(host);
  return {
    show: (samples: Sample[]) => {
      chart.setOption(trendOption(samples));
    },
    stop: () => {
      sized.disconnect();
      chart.dispose();
    },
  };
}
