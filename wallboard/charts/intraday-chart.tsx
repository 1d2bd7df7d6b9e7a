/**
 * A figure by interval of the day as lines: today thick and filled, yesterday dashed, a week ago dotted. Drawn off the path
 * from event to pixel, at most once a second; its arrays are written in place. The canvas is sized by hand: the observer
 * that Chart.js would use came a year after the oldest television (docs/wallboard.md).
 */
import {
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type ChartConfiguration,
} from 'chart.js';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { IntradayData } from '../../server/contract/boards.ts';
import type { FigureUnit } from '../../server/contract/figure-facts.ts';
import { unitText } from '../../admin-ui/shared/figure-text.ts';
import type { Formats } from '../../admin-ui/shared/format.ts';
import type { Colours } from '../live/palettes.ts';

Chart.register(CategoryScale, Filler, LinearScale, LineController, LineElement, PointElement);

const drawEveryMs = 1000;
/** Of the height of the picture: ticks are read from six metres, too. */
const tickShare = 0.0225;

export interface Series {
  starts: number[];
  today: (number | null)[];
  yesterday: (number | null)[];
  lastWeek: (number | null)[];
}
const series = (): Series => ({ starts: [], today: [], yesterday: [], lastWeek: [] });

function copy<T>(from: readonly T[] | undefined, to: T[]): void {
  to.length = 0;
  for (const value of from ?? []) to.push(value);
}
export function layIntraday(to: Series, data: IntradayData | undefined): void {
  copy(data?.starts, to.starts);
  copy(data?.today, to.today);
  copy(data?.yesterday, to.yesterday);
  copy(data?.lastWeek, to.lastWeek);
}

export interface IntradayChartProps {
  data: IntradayData | undefined;
  unit: FigureUnit;
  formats: Formats;
  colours: Colours;
  zoom: number;
}

/** What the chart asks for when it draws; replaced, so that one chart serves for a month. */
interface Asked {
  unit: FigureUnit;
  formats: Formats;
  colours: Colours;
  zoom: number;
}

function line(colour: string, width: number, dash: number[], order: number) {
  return {
    borderColor: colour,
    borderWidth: width,
    borderDash: dash,
    pointRadius: 0,
    tension: 0.25,
    spanGaps: false,
    order,
  };
}

/** Every hour of a short day, every third or fourth of a whole one. */
function tickStep(starts: readonly number[]): number {
  const hours = starts.length < 2 ? 1 : ((starts[starts.length - 1] ?? 0) - (starts[0] ?? 0)) / 3_600_000;
  return hours > 16 ? 4 : hours > 8 ? 2 : 1;
}

function configuration(
  held: Series,
  asked: () => Asked,
): ChartConfiguration<'line', (number | null)[], string> {
  const font = () => ({
    size: Math.max(10, window.innerHeight * tickShare * Math.min(1.3, asked().zoom)),
    family: getComputedStyle(document.body).fontFamily,
  });
  const hourOf = (at: number) => Number(asked().formats.shortTime(at).slice(0, 2));
  return {
    type: 'line',
    data: { labels: [], datasets: datasets(held, asked()) },
    options: {
      animation: false,
      responsive: false,
      maintainAspectRatio: false,
      events: [],
      layout: { padding: { top: 4, right: 8 } },
      scales: {
        x: {
          grid: { display: false },
          border: { display: false },
          ticks: {
            color: () => asked().colours.quiet,
            font,
            autoSkip: false,
            maxRotation: 0,
            callback: (_value, index) => {
              const at = held.starts[index] ?? 0;
              const text = asked().formats.shortTime(at);
              const isEdge = index === 0 || index >= held.starts.length - 1;
              return !isEdge && text.endsWith(':00') && hourOf(at) % tickStep(held.starts) === 0 ? text : '';
            },
          },
        },
        y: {
          beginAtZero: true,
          border: { display: false },
          grid: { color: () => asked().colours.line },
          ticks: {
            color: () => asked().colours.quiet,
            font,
            maxTicksLimit: 4,
            callback: (value) => {
              const { formats, unit } = asked();
              return Number.isInteger(value) || unit === 'share'
                ? unitText(formats, unit, Number(value), 0)
                : '';
            },
          },
        },
      },
    },
  };
}

function datasets(held: Series, { colours }: Asked) {
  const unit = Math.max(1, window.innerHeight / 540);
  return [
    {
      data: held.today,
      ...line(colours.today, 2.2 * unit, [], 0),
      fill: 'origin',
      backgroundColor: `${colours.today}2e`,
    },
    { data: held.yesterday, ...line(colours.yesterday, 1.4 * unit, [5 * unit, 3 * unit], 1) },
    { data: held.lastWeek, ...line(colours.lastWeek, 1.4 * unit, [1.2 * unit, 2.4 * unit], 2) },
  ];
}

export function IntradayChart(props: IntradayChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const redraw = useRef<() => void>(() => undefined);
  useEffect(() => {
    const element = canvas.current;
    const box = element?.parentElement;
    if (!element || !box) return undefined;
    const held = series();
    layIntraday(held, latest.current.data);
    const chart = new Chart(
      element,
      configuration(held, () => latest.current),
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      clearTimeout(timer);
      timer = undefined;
      layIntraday(held, latest.current.data);
      chart.data.labels = held.starts.map(() => '');
      chart.data.datasets = datasets(held, latest.current);
      if (!isOfBox()) chart.resize(box.clientWidth, box.clientHeight);
      chart.update('none');
    };
    const isOfBox = () => chart.width === box.clientWidth && chart.height === box.clientHeight;
    redraw.current = () => {
      // Of another size at once; figures have time.
      if (isOfBox()) timer ??= setTimeout(draw, drawEveryMs);
      else draw();
    };
    draw();
    window.addEventListener('resize', draw);
    return () => {
      redraw.current = () => undefined;
      window.removeEventListener('resize', draw);
      clearTimeout(timer);
      chart.destroy();
    };
  }, []);
  const { data, unit, formats, colours, zoom } = props;
  // Before the frame is painted: a picture of another size is never seen out of its place.
  useLayoutEffect(() => redraw.current(), [data, unit, formats, colours, zoom]);
  return <canvas ref={canvas} class="intraday-canvas" aria-hidden="true" />;
}
