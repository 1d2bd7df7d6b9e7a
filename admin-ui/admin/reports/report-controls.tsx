/** What a report is asked for, as the reader chooses it. Outlives a look at another page. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { attributionName, scopeKindName } from '../../shared/figure-names.ts';
import { plural } from '../../shared/words.ts';
import { siteNames } from '../names.ts';
import { localOf } from '../pages/fairness-period.ts';
import { formats, language, words, type TextKey } from '../reading.ts';
import {
  attributionOf,
  intervalsShown,
  isMinutes,
  keysShown,
  mayBeMinutes,
  periodKinds,
  periodOf,
  type PeriodKind,
  type Question,
} from './report-question.ts';
import { intervalText } from './report-text.ts';

export const question = signal<Question>({
  kind: 'today',
  from: '',
  to: '',
  by: 'queue',
  interval: 'all',
  attribution: 'event',
  queues: [],
});
const change = (part: Partial<Question>) => {
  question.value = { ...question.value, ...part };
};

export const periodWords: Record<PeriodKind, TextKey> = {
  today: 'reportsToday',
  yesterday: 'reportsYesterday',
  'this-week': 'reportsThisWeek',
  'last-week': 'reportsLastWeek',
  'this-month': 'reportsThisMonth',
  'last-month': 'reportsLastMonth',
  custom: 'reportsCustom',
};

/** To another period, one of one's own beginning with the one that is shown; where minutes are too many lines, to days. */
function choose(part: Partial<Question>, zone: string): void {
  const before = question.value;
  const next = { ...before, ...part };
  if (next.kind === 'custom' && before.kind !== 'custom') {
    const shown = periodOf(before, Date.now(), zone);
    if (shown) Object.assign(next, { from: localOf(shown.from, zone), to: localOf(shown.to, zone) });
  }
  const period = periodOf(next, Date.now(), zone);
  if (period && isMinutes(next.interval) && !mayBeMinutes(period)) next.interval = 'day';
  question.value = next;
}

interface SelectProps<T extends string> {
  id: string;
  label: string;
  all: readonly T[];
  chosen: T;
  textOf: (one: T) => string;
  isOff?: (one: T) => boolean;
  onChoose: (one: T) => void;
}
export function Select<T extends string>({
  id,
  label,
  all,
  chosen,
  textOf,
  isOff,
  onChoose,
}: SelectProps<T>) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={chosen} onChange={(event) => onChoose(event.currentTarget.value as T)}>
        {all.map((one) => (
          <option key={one} value={one} disabled={isOff?.(one) ?? false}>
            {textOf(one)}
          </option>
        ))}
      </select>
    </div>
  );
}

function Attributions() {
  const w = words.value;
  const { by } = question.value;
  const chosen = attributionOf(question.value);
  const isFixed = by === 'agent' || by === 'team';
  return (
    <div class="field">
      <span class="fair-label">{w.reportsCredited}</span>
      <div class="segments" role="group" aria-label={w.reportsCredited}>
        {(['event', 'arrival'] as const).map((one) => (
          <button
            key={one}
            type="button"
            data-choice={one}
            aria-pressed={one === chosen}
            disabled={isFixed && one !== chosen}
            onClick={() => change({ attribution: one })}
          >
            {attributionName(language.value, one, 'short')}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Which queues: a box of checks that opens below its button. None checked is all. */
function Queues() {
  const w = words.value;
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event) => {
      const isKey = event instanceof KeyboardEvent;
      if (isKey ? event.key !== 'Escape' : box.current?.contains(event.target as Node)) return;
      if (box.current) box.current.open = false;
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, []);
  const { queues } = question.value;
  const all = Object.entries(siteNames.value.queues ?? {}).sort(([, a], [, b]) => a.localeCompare(b));
  const only = queues.length === 1 ? siteNames.value.queues?.[queues[0]!] : undefined;
  return (
    <div class="field">
      <span class="fair-label">{w.queues}</span>
      <details class="rep-queues" ref={box}>
        <summary data-given>
          {queues.length === 0
            ? w.reportsAllQueues
            : (only ??
              plural(language.value, w.reportsQueues, queues.length, formats.value.number(queues.length)))}
        </summary>
        <div class="rep-queue-list">
          <button
            type="button"
            class="link-button"
            disabled={queues.length === 0}
            onClick={() => change({ queues: [] })}
          >
            {w.reportsAllQueues}
          </button>
          {all.map(([id, name]) => (
            <label key={id}>
              <input
                type="checkbox"
                data-queue={id}
                checked={queues.includes(id)}
                onChange={(event) =>
                  change({
                    queues: event.currentTarget.checked
                      ? [...queues, id]
                      : queues.filter((queueId) => queueId !== id),
                  })
                }
              />
              <span data-given>{name}</span>
            </label>
          ))}
        </div>
      </details>
    </div>
  );
}

function Instant({ id, label }: { id: 'from' | 'to'; label: string }) {
  return (
    <div class="field">
      <label for={`rep-${id}`}>{label}</label>
      <input
        id={`rep-${id}`}
        type="datetime-local"
        min="1970-01-01T00:00"
        max="2099-12-31T23:45"
        step={900}
        value={question.value[id]}
        onChange={(event) => change({ [id]: event.currentTarget.value })}
      />
    </div>
  );
}

export function ReportControls({ zone }: { zone: string }) {
  const w = words.value;
  const { kind, by, interval } = question.value;
  const period = periodOf(question.value, Date.now(), zone);
  return (
    <form class="fair-controls rep-controls" onSubmit={(event) => event.preventDefault()}>
      <Select
        id="rep-period"
        label={w.reportsPeriod}
        all={periodKinds}
        chosen={kind}
        textOf={(one) => w[periodWords[one]]}
        onChoose={(one) => choose({ kind: one }, zone)}
      />
      {kind === 'custom' && (
        <>
          <Instant id="from" label={w.reportsFrom} />
          <Instant id="to" label={w.reportsTo} />
        </>
      )}
      <Select
        id="rep-by"
        label={w.reportsBy}
        all={keysShown}
        chosen={by as (typeof keysShown)[number]}
        textOf={(one) => scopeKindName(language.value, one, true)}
        onChoose={(one) => choose({ by: one }, zone)}
      />
      <Select
        id="rep-interval"
        label={w.reportsInterval}
        all={intervalsShown}
        chosen={interval}
        textOf={intervalText}
        isOff={(one) => isMinutes(one) && period !== undefined && !mayBeMinutes(period)}
        onChoose={(one) => choose({ interval: one }, zone)}
      />
      <Attributions />
      <Queues />
    </form>
  );
}
