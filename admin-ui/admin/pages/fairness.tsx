/**
 * How work was shared out among agents in a period (N14): offers, time and queues, each agent beside the team's mean. Counted
 * by the server from the event log when asked; the clock is the site's. Rows stand by name until a reader sorts them.
 */
import { signal } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { HoursList } from '../../../server/contract/hours.ts';
import type { FairnessAnswer } from '../../../server/contract/rest-fairness.ts';
import { formatsFor } from '../../shared/format.ts';
import { fill } from '../../shared/words.ts';
import { siteNames, useNames } from '../names.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { language, words, type TextKey } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { instantOf, localOf, periodOf, type PeriodKind } from './fairness-period.ts';
import { OffersView, QueuesView, TimesView } from './fairness-tables.tsx';

type View = 'offers' | 'times' | 'queues';
interface Question {
  kind: PeriodKind;
  /** As the inputs have them, on the site's clock. */
  from: string;
  to: string;
  queueId: string;
  view: View;
}
/** Outlives a look at another page. */
const question = signal<Question>({ kind: 'today', from: '', to: '', queueId: '', view: 'offers' });
const change = (part: Partial<Question>) => {
  question.value = { ...question.value, ...part };
};

const periodWords: Record<PeriodKind, TextKey> = {
  today: 'fairnessToday',
  yesterday: 'fairnessYesterday',
  week: 'fairnessWeek',
  custom: 'fairnessCustom',
};
const viewWords: Record<View, TextKey> = {
  offers: 'fairnessViewOffers',
  times: 'fairnessViewTimes',
  queues: 'fairnessViewQueues',
};

/** The site's clock; the reader's own where it cannot be told. */
export function useSiteZone(): string | undefined {
  const [zone, setZone] = useState<string>();
  useEffect(() => {
    void api<HoursList>('/api/hours').then((answer) => {
      setZone(answer.isOk ? answer.body.timeZone : Intl.DateTimeFormat().resolvedOptions().timeZone);
    });
  }, []);
  return zone;
}

interface Asked {
  body?: FairnessAnswer;
  fault?: string;
  isLoading: boolean;
}

function useAnswer(query: string | undefined): Asked & { reload: () => void } {
  const [asked, setAsked] = useState<Asked>({ isLoading: false });
  const count = useRef(0);
  const load = useCallback(async () => {
    count.current += 1;
    const mine = count.current;
    if (query === undefined) return;
    setAsked((before) => ({ ...before, isLoading: true }));
    const answer = await api<FairnessAnswer>(`/api/fairness?${query}`, { timeoutMs: 60_000 });
    // A slow answer to an earlier question must not replace a newer one.
    if (mine !== count.current) return;
    setAsked(
      answer.isOk
        ? { body: answer.body, isLoading: false }
        : { fault: refusalText(answer), isLoading: false },
    );
  }, [query]);
  useEffect(() => {
    void load();
    return () => {
      count.current += 1;
    };
  }, [load]);
  return { ...asked, reload: () => void load() };
}

interface ChoiceProps<T extends string> {
  label: string;
  all: Record<T, TextKey>;
  chosen: T;
  onChoose: (one: T) => void;
}
export function Segments<T extends string>({ label, all, chosen, onChoose }: ChoiceProps<T>) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {(Object.entries(all) as [T, TextKey][]).map(([one, word]) => (
        <button
          key={one}
          type="button"
          data-choice={one}
          aria-pressed={one === chosen}
          onClick={() => onChoose(one)}
        >
          {words.value[word]}
        </button>
      ))}
    </div>
  );
}

function Instant({ id, label }: { id: 'from' | 'to'; label: string }) {
  return (
    <div class="field">
      <label for={`fair-${id}`}>{label}</label>
      <input
        id={`fair-${id}`}
        type="datetime-local"
        min="1970-01-01T00:00"
        max="2099-12-31T23:59"
        value={question.value[id]}
        onChange={(event) => change({ [id]: event.currentTarget.value })}
      />
    </div>
  );
}

function QueueChoice() {
  const w = words.value;
  const queues = Object.entries(siteNames.value.queues ?? {}).sort(([, a], [, b]) => a.localeCompare(b));
  return (
    <div class="field">
      <label for="fair-queue">{w.colQueue}</label>
      <select
        id="fair-queue"
        value={question.value.queueId}
        onChange={(event) => change({ queueId: event.currentTarget.value })}
      >
        <option value="">{w.decisionsAllQueues}</option>
        {queues.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

/** To another kind; a period of one's own begins with the one that is shown. */
function choosePeriod(kind: PeriodKind, zone: string): void {
  const { kind: before, from, to } = question.value;
  const shown = periodOf(before, { from, to }, Date.now(), zone);
  if (kind !== 'custom' || !shown) change({ kind });
  else change({ kind, from: localOf(shown.from, zone), to: localOf(shown.to, zone) });
}

function Controls({ zone, isLoading, reload }: { zone: string; isLoading: boolean; reload: () => void }) {
  const w = words.value;
  const { kind, view } = question.value;
  return (
    <form class="fair-controls" onSubmit={(event) => event.preventDefault()}>
      <div class="field">
        <span class="fair-label">{w.fairnessView}</span>
        <Segments
          label={w.fairnessView}
          all={viewWords}
          chosen={view}
          onChoose={(next) => change({ view: next })}
        />
      </div>
      <div class="field">
        <span class="fair-label">{w.fairnessPeriod}</span>
        <Segments
          label={w.fairnessPeriod}
          all={periodWords}
          chosen={kind}
          onChoose={(next) => choosePeriod(next, zone)}
        />
      </div>
      <QueueChoice />
      <button type="button" class="button" disabled={isLoading} onClick={reload}>
        {w.fairnessReload}
      </button>
      {kind === 'custom' && (
        <div class="fair-custom">
          <Instant id="from" label={w.decisionsFrom} />
          <Instant id="to" label={w.decisionsTo} />
        </div>
      )}
    </form>
  );
}

function countedText(body: FairnessAnswer, zone: string): string {
  const { date, shortTime, number } = formatsFor(language.value, zone);
  const text = (at: number) => `${date(at)} ${shortTime(at)}`;
  return fill(words.value.fairnessCounted, {
    from: text(body.from),
    to: text(body.to),
    zone,
    seq: number(body.seq),
  });
}

export function FairnessPage() {
  const w = words.value;
  const nameOf = useNames();
  const zone = useSiteZone();
  const { kind, from, to, queueId, view } = question.value;
  const [query, isBad] = queryFor(kind, from, to, queueId, zone);
  const { body, fault, isLoading, reload } = useAnswer(query);
  return (
    <div class="fair-page">
      <PageHead title={w.pageFairness}>
        <p class="quiet">{w.fairnessHelp}</p>
        <p class="fair-counted quiet" aria-live="polite">
          {isLoading || !zone ? w.loading : body && countedText(body, zone)}
        </p>
      </PageHead>
      {zone && <Controls zone={zone} isLoading={isLoading} reload={reload} />}
      {isBad && <Notice kind="bad">{w.fairnessBadPeriod}</Notice>}
      {fault !== undefined && !isBad && <Notice kind="bad">{fault}</Notice>}
      {body?.queueId !== undefined && (
        <Notice kind="note">
          {fill(w.fairnessQueueNote, { queue: nameOf.queue(body.queueId) ?? body.queueId })}
        </Notice>
      )}
      {body && zone && !isBad && (
        <div class={`fair-body fair-view-${view} ${isLoading ? 'is-old' : ''}`}>
          {view === 'offers' && <OffersView answer={body} nameOf={nameOf} />}
          {view === 'times' && <TimesView answer={body} nameOf={nameOf} />}
          {view === 'queues' && <QueuesView answer={body} nameOf={nameOf} timeZone={zone} />}
        </div>
      )}
    </div>
  );
}

/** Named periods change at midnight only, so drawing the page anew asks nothing anew. */
function queryFor(
  kind: PeriodKind,
  from: string,
  to: string,
  queueId: string,
  zone: string | undefined,
): [string | undefined, boolean] {
  if (zone === undefined) return [undefined, false];
  const period = periodOf(kind, { from, to }, Date.now(), zone);
  if (!period)
    return [undefined, kind === 'custom' && !Number.isNaN(instantOf(from, zone) + instantOf(to, zone))];
  const query = new URLSearchParams({
    from: new Date(period.from).toISOString(),
    to: new Date(period.to).toISOString(),
    ...(queueId !== '' && { queue: queueId }),
  });
  return [query.toString(), false];
}
