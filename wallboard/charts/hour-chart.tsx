/**
 * The chart of the last hour: answered and abandoned per minute as stacked bars, offered as a line.
 * Drawn off the path from event to pixel: figures first, the canvas at most twice a second after them. Sized by hand: the
 * observer that Chart.js would use is younger than the oldest television.
 */
import { effect } from '@preact/signals';
import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type ChartConfiguration,
} from 'chart.js';
import { useEffect, useRef } from 'preact/hooks';
import type { ReadonlySignal } from '@preact/signals';
import type { MinuteLive } from '../../server/contract/live.ts';
import { formats } from '../live/reading.ts';
import { createHourSeries, layHour, type HourSeries } from './last-hour.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
);

const drawEveryMs = 500;
const tickEveryMinutes = 10;
/** The highest bar of a quiet hour must not look like a storm. */
const leastTop = 4;

/** As the style sheet names them; a canvas cannot read custom properties by itself. */
const colours = {
  answered: '#4f9be6',
  abandoned: '#e8a13a',
  offered: '#eef3f7',
  grid: '#1f2a35',
  text: '#b4c1cd',
};

function stripes(): CanvasPattern | string {
  const tile = document.createElement('canvas');
  const size = Math.max(6, Math.round(window.innerHeight / 180));
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext('2d');
  if (!pen) return colours.abandoned;
  pen.fillStyle = colours.abandoned;
  pen.fillRect(0, 0, size, size);
  pen.fillStyle = '#6b4410';
  pen.fillRect(0, 0, size, size / 3);
  return pen.createPattern(tile, 'repeat') ?? colours.abandoned;
}

function configuration(series: HourSeries): ChartConfiguration<'bar' | 'line', number[], string> {
  const unit = () => window.innerHeight / 100;
  const font = () => ({
    size: Math.max(10, unit() * 2.2),
    family: getComputedStyle(document.body).fontFamily,
  });
  return {
    type: 'bar',
    data: {
      labels: series.starts.map(() => ''),
      datasets: [
        {
          type: 'line',
          data: series.offered,
          borderColor: colours.offered,
          borderWidth: 2,
          pointRadius: 0,
          stepped: 'middle',
          order: 0,
          stack: 'offered',
        },
        { type: 'bar', data: series.answered, backgroundColor: colours.answered, order: 1, stack: 'outcome' },
        { type: 'bar', data: series.abandoned, backgroundColor: stripes(), order: 1, stack: 'outcome' },
      ],
    },
    options: {
      animation: false,
      responsive: false,
      maintainAspectRatio: false,
      events: [],
      layout: { padding: 0 },
      datasets: { bar: { categoryPercentage: 1, barPercentage: 0.78 } },
      scales: {
        x: {
          stacked: true,
          border: { color: colours.grid },
          grid: { display: false },
          ticks: {
            color: colours.text,
            font,
            autoSkip: false,
            maxRotation: 0,
            callback: (_value, index) => {
              const start = series.starts[index] ?? 0;
              const isRound = Math.floor(start / 60_000) % tickEveryMinutes === 0;
              return isRound && index > 1 && index < 57 ? formats.peek().shortTime(start) : '';
            },
          },
        },
        y: {
          stacked: true,
          beginAtZero: true,
          suggestedMax: leastTop,
          border: { display: false },
          grid: { color: colours.grid },
          ticks: { color: colours.text, font, precision: 0, maxTicksLimit: 4 },
        },
      },
    },
  };
}

export interface HourChartProps {
  lastHour: ReadonlySignal<Record<string, MinuteLive> | undefined>;
  /** Server's minute: the hour moves on even when nothing happens. */
  minute: ReadonlySignal<number>;
}

export function HourChart({ lastHour, minute }: HourChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const box = canvas.current?.parentElement;
    if (!canvas.current || !box) return undefined;
    const series = createHourSeries();
    const chart = new Chart(canvas.current, configuration(series));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      clearTimeout(timer);
      timer = undefined;
      layHour(series, lastHour.peek() ?? {}, minute.peek() * 60_000);
      if (chart.width !== box.clientWidth || chart.height !== box.clientHeight)
        chart.resize(box.clientWidth, box.clientHeight);
      chart.update('none');
    };
    const stop = effect(() => {
      // Read here to be called again: new figures, a new minute, another language.
      void lastHour.value;
      void minute.value;
      void formats.value;
      timer ??= setTimeout(draw, chart.width > 0 ? drawEveryMs : 0);
    });
    draw();
    window.addEventListener('resize', draw);
    return () => {
      stop();
      window.removeEventListener('resize', draw);
      clearTimeout(timer);
      chart.destroy();
    };
  }, [lastHour, minute]);
  return <canvas ref={canvas} class="hour-canvas" aria-hidden="true" />;
}
