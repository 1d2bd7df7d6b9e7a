/** The day in three numbers, the last hour as a chart, and (with one queue) the day's averages beside it. */
import type { ReadonlySignal } from '@preact/signals';
import type { BoardState } from '../../server/contract/live.ts';
import { HourChart } from '../charts/hour-chart.tsx';
import type { SiteFigures } from '../../admin-ui/shared/site-figures.ts';
import { formats, words } from '../live/reading.ts';

function Total({ name, label, value }: { name: string; label: string; value: number }) {
  const text = formats.value.number(value);
  return (
    <div class="total" data-name={name}>
      <p class={`total-value ${text.length > 4 ? 'is-long' : ''}`}>{text}</p>
      <p class="total-label">
        <i class={`key key-${name}`} />
        {label}
      </p>
    </div>
  );
}

export interface DayProps {
  figures: SiteFigures;
  lastHour: ReadonlySignal<BoardState['lastHour'] | undefined>;
  minute: ReadonlySignal<number>;
}

export function Day({ figures, lastHour, minute }: DayProps) {
  return (
    <section class="day">
      <div class="totals">
        <Total name="offered" label={words.value.offered} value={figures.offered} />
        <Total name="answered" label={words.value.answered} value={figures.answered} />
        <Total name="abandoned" label={words.value.abandoned} value={figures.abandoned} />
      </div>
      <h3 class="hour-title">{words.value.lastHour}</h3>
      <div class="hour">
        <HourChart lastHour={lastHour} minute={minute} />
      </div>
    </section>
  );
}

export function Averages({ figures }: { figures: SiteFigures }) {
  const { duration, number } = formats.value;
  const time = (ms: number | undefined) => (ms === undefined ? '–' : duration(ms));
  const rows: [string, string][] = [
    [words.value.averageAnswer, time(figures.asaMs)],
    [words.value.averageHandle, time(figures.ahtMs)],
    [words.value.longestToday, duration(figures.longestWaitMs)],
    [words.value.shortAbandoned, number(figures.shortAbandoned)],
  ];
  return (
    <section class="averages">
      {rows.map(([label, value]) => (
        <div key={label} class="average">
          <p class="average-value">{value}</p>
          <p class="average-label">{label}</p>
        </div>
      ))}
    </section>
  );
}
