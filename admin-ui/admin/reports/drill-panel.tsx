/**
 * The contacts behind a number, beside the page that it stands on. Asks as the page did: same scope, window and rule of the
 * interval, so that there are as many as the number says. Where more has become known since, it says both numbers.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { DrillCount, DrillPage, DrillRow } from '../../../server/contract/rest-reports.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { attributionName } from '../../shared/figure-names.ts';
import { formatsFor } from '../../shared/format.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill, plural } from '../../shared/words.ts';
import type { NameOf } from '../names.ts';
import { callerOf, outcomeWord } from '../pages/contacts.tsx';
import { WhyLink } from '../pages/decisions-parts.tsx';
import { language, words } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { drillAddress, type DrillAsk } from './report-question.ts';
import { channelText, countText, windowText } from './report-text.ts';

const pageSize = 50;

interface Behind {
  items: DrillRow[];
  total: number;
  nextCursor: string | undefined;
}
interface Loaded {
  behind: Behind | undefined;
  refusal: Refusal | undefined;
  isLoading: boolean;
  more: () => void;
}

function useBehind(ask: DrillAsk, count: DrillCount): Loaded {
  const [behind, setBehind] = useState<Behind>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [isLoading, setLoading] = useState(false);
  const asked = useRef(0);
  const load = useCallback(
    async (before: Behind | undefined) => {
      asked.current += 1;
      const mine = asked.current;
      setLoading(true);
      const cursor =
        before?.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(before.nextCursor)}`;
      const answer = await api<DrillPage>(`${drillAddress(ask, count)}&limit=${pageSize}${cursor}`, {
        timeoutMs: 60_000,
      });
      // A slow answer to an earlier question must not replace a newer one.
      if (mine !== asked.current) return;
      setLoading(false);
      setRefusal(answer.isOk ? undefined : answer);
      if (!answer.isOk) return;
      const { items, total, nextCursor } = answer.body;
      setBehind({ items: [...(before?.items ?? []), ...items], total, nextCursor });
    },
    [ask, count],
  );
  useEffect(() => {
    setBehind(undefined);
    void load(undefined);
    return () => {
      asked.current += 1;
    };
  }, [load]);
  return { behind, refusal, isLoading, more: () => void load(behind) };
}

interface RowProps {
  row: DrillRow;
  zone: string;
  nameOf: NameOf;
}
function Row({ row, zone, nameOf }: RowProps) {
  const w = words.value;
  const { date, time, duration } = formatsFor(language.value, zone);
  const key = row.outcome === undefined ? 'outcomeRunning' : outcomeWord[row.outcome];
  return (
    <tr data-contact={row.contact.contactId}>
      <td>
        {date(row.queuedAt)} {time(row.queuedAt)}
      </td>
      <td data-given title={row.queueId}>
        {nameOf.queue(row.queueId)}
      </td>
      <td>{channelText(row.contact.channel)}</td>
      <td class="is-number">{row.waitMs === undefined ? w.none : duration(row.waitMs)}</td>
      <td>{key === undefined ? row.outcome : w[key]}</td>
      <td data-given title={row.agentId ?? ''}>
        {nameOf.agent(row.agentId) ?? w.none}
      </td>
      <td data-given title={callerOf(row.contact.pii)}>
        <span class="with-why">
          <span class="cut">{callerOf(row.contact.pii)}</span>
          <WhyLink contactId={row.contact.contactId} />
        </span>
      </td>
    </tr>
  );
}

interface ListProps {
  behind: Behind;
  zone: string;
  nameOf: NameOf;
}
function List({ behind, zone, nameOf }: ListProps) {
  const w = words.value;
  if (behind.items.length === 0) return <p class="table-empty">{w.reportsNoContacts}</p>;
  return (
    <div class="table-box drill-box" tabIndex={0} role="region" aria-label={w.pageContacts}>
      <table class="table drill-table">
        <thead>
          <tr>
            <th scope="col" class="drill-at">
              {w.reportsEntered}
            </th>
            <th scope="col">{w.colQueue}</th>
            <th scope="col" class="drill-channel">
              {w.colChannel}
            </th>
            <th scope="col" class="drill-wait is-number">
              {w.colWait}
            </th>
            <th scope="col" class="drill-outcome">
              {w.colOutcome}
            </th>
            <th scope="col">{w.colAgent}</th>
            <th scope="col" class="drill-caller">
              {w.colCaller}
            </th>
          </tr>
        </thead>
        <tbody>
          {behind.items.map((row) => (
            <Row key={`${row.contact.contactId} ${row.queuedAt}`} row={row} zone={zone} nameOf={nameOf} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface DrillPanelProps {
  ask: DrillAsk;
  nameOf: NameOf;
  onClose: () => void;
}

export function DrillPanel({ ask, nameOf, onClose }: DrillPanelProps) {
  const w = words.value;
  const first = ask.parts.find(({ expected }) => expected !== 0) ?? ask.parts[0]!;
  const [chosen, setChosen] = useState(first.count);
  const box = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the page: only then does the browser give the focus back to what opened it.
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const { behind, refusal, isLoading, more } = useBehind(ask, chosen);
  const formats = formatsFor(language.value, ask.timeZone);
  const expected = ask.parts.find(({ count }) => count === chosen)?.expected;
  return (
    <dialog
      ref={box}
      class="drill"
      aria-labelledby="drill-title"
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="drill-body">
        <header class="drill-head">
          <h2 id="drill-title">
            {ask.title} <span data-given>· {ask.name}</span>
          </h2>
          <button type="button" class="button" onClick={onClose}>
            {w.reportsClose}
          </button>
        </header>
        <p class="quiet">
          {windowText(ask.from, ask.to, ask.timeZone)} · {ask.timeZone} ·{' '}
          {attributionName(language.value, ask.attribution)}
        </p>
        {ask.parts.length > 1 && (
          <div class="segments drill-parts" role="group" aria-label={ask.title}>
            {ask.parts.map(({ count, expected: number }) => (
              <button
                key={count}
                type="button"
                data-part={count}
                aria-pressed={count === chosen}
                onClick={() => setChosen(count)}
              >
                {countText(count)}
                {number !== undefined && <b> {formats.number(number)}</b>}
              </button>
            ))}
          </div>
        )}
        {refusal && <Notice kind="bad">{refusalText(refusal)}</Notice>}
        <p class="drill-total" aria-live="polite">
          {behind
            ? plural(language.value, w.reportsContacts, behind.total, formats.number(behind.total))
            : !refusal && w.loading}
        </p>
        {behind && expected !== undefined && expected !== behind.total && (
          <Notice kind="note">
            {fill(w.reportsChanged, {
              before: formats.number(expected),
              time: formats.time(ask.countedAt),
            })}
          </Notice>
        )}
        {behind && <List behind={behind} zone={ask.timeZone} nameOf={nameOf} />}
        {behind?.nextCursor !== undefined && (
          <button type="button" class="button" disabled={isLoading} onClick={more}>
            {w.reportsLoadMore}
          </button>
        )}
      </div>
    </dialog>
  );
}
