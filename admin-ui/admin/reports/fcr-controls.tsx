/** What first contact resolution is asked for, as the reader chooses it. Outlives a look at another page. */
import { signal } from '@preact/signals';
import { scopeKindName } from '../../shared/figure-names.ts';
import { localOf } from '../pages/fairness-period.ts';
import { language, words } from '../reading.ts';
import {
  type FcrAsked,
  fcrDaysLeast,
  fcrDaysMost,
  fcrIntervalsShown,
  fcrKeysShown,
  fcrPeriods,
} from './fcr-question.ts';
import { periodWords, Select } from './report-controls.tsx';
import { periodOf } from './report-question.ts';
import { intervalText } from './report-text.ts';

export const fcrQuestion = signal<FcrAsked>({
  kind: 'last-month',
  from: '',
  to: '',
  by: 'queue',
  interval: 'all',
  days: 7,
  transfers: 'resolved',
  topic: 'queue',
});
const change = (part: Partial<FcrAsked>) => {
  fcrQuestion.value = { ...fcrQuestion.value, ...part };
};

/** A period of one's own begins with the one that is shown. */
function choose(kind: FcrAsked['kind'], zone: string): void {
  const shown = kind === 'custom' ? periodOf(fcrQuestion.value, Date.now(), zone) : undefined;
  change({ kind, ...(shown && { from: localOf(shown.from, zone), to: localOf(shown.to, zone) }) });
}

interface ChoiceProps<T extends string> {
  label: string;
  name: string;
  all: readonly (readonly [T, string])[];
  chosen: T;
  onChoose: (one: T) => void;
}
function Choice<T extends string>({ label, name, all, chosen, onChoose }: ChoiceProps<T>) {
  return (
    <div class="field">
      <span class="fair-label">{label}</span>
      <div class="segments" role="group" aria-label={label} data-choices={name}>
        {all.map(([one, text]) => (
          <button
            key={one}
            type="button"
            data-choice={one}
            aria-pressed={one === chosen}
            onClick={() => onChoose(one)}
          >
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}

function Instant({ id, label }: { id: 'from' | 'to'; label: string }) {
  return (
    <div class="field">
      <label for={`fcr-${id}`}>{label}</label>
      <input
        id={`fcr-${id}`}
        type="datetime-local"
        min="1970-01-01T00:00"
        max="2099-12-31T23:45"
        step={900}
        value={fcrQuestion.value[id]}
        onChange={(event) => change({ [id]: event.currentTarget.value })}
      />
    </div>
  );
}

export function FcrControls({ zone }: { zone: string }) {
  const w = words.value;
  const { kind, by, interval, days, transfers, topic } = fcrQuestion.value;
  return (
    <form class="fair-controls rep-controls" onSubmit={(event) => event.preventDefault()}>
      <Select
        id="fcr-period"
        label={w.reportsPeriod}
        all={fcrPeriods}
        chosen={kind}
        textOf={(one) => w[periodWords[one]]}
        onChoose={(one) => choose(one, zone)}
      />
      {kind === 'custom' && (
        <>
          <Instant id="from" label={w.reportsFrom} />
          <Instant id="to" label={w.reportsTo} />
        </>
      )}
      <Select
        id="fcr-by"
        label={w.reportsBy}
        all={fcrKeysShown}
        chosen={by}
        textOf={(one) => scopeKindName(language.value, one, true)}
        onChoose={(one) => change({ by: one })}
      />
      <Select
        id="fcr-interval"
        label={w.reportsInterval}
        all={fcrIntervalsShown}
        chosen={interval}
        textOf={intervalText}
        onChoose={(one) => change({ interval: one })}
      />
      <div class="field">
        <label for="fcr-days">{w.fcrDays}</label>
        <input
          id="fcr-days"
          type="number"
          min={fcrDaysLeast}
          max={fcrDaysMost}
          step={1}
          value={days}
          onChange={(event) => change({ days: event.currentTarget.valueAsNumber })}
        />
      </div>
      <Choice
        label={w.fcrTopic}
        name="topic"
        all={[
          ['queue', w.fcrTopicQueue],
          ['any', w.fcrTopicAny],
        ]}
        chosen={topic}
        onChoose={(one) => change({ topic: one })}
      />
      <Choice
        label={w.fcrTransfers}
        name="transfers"
        all={[
          ['resolved', w.fcrTransfersResolved],
          ['unresolved', w.fcrTransfersUnresolved],
        ]}
        chosen={transfers}
        onChoose={(one) => change({ transfers: one })}
      />
    </form>
  );
}
