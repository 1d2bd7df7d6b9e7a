/**
 * The contacts behind a number of first contact resolution, each with the repeat that it had: the pair, one below the other. Asks
 * as of the instant of the page, so that there are as many as the number says.
 */
import { Fragment } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { FcrDrillRow, FcrPage } from '../../../server/contract/rest-fcr.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { formatsFor } from '../../shared/format.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill, plural } from '../../shared/words.ts';
import type { NameOf } from '../names.ts';
import { callerOf } from '../pages/contacts.tsx';
import { WhyLink } from '../pages/decisions-parts.tsx';
import { language, words } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { fcrDrillAddress, type FcrDrillAsk, type FcrPart } from './fcr-question.ts';
import { fateWords } from './fcr-table.tsx';
import { channelText, windowText } from './report-text.ts';

const pageSize = 50;
const dayMs = 86_400_000;

function useBehind(ask: FcrDrillAsk, fate: FcrPart) {
  const [behind, setBehind] = useState<FcrPage>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [isLoading, setLoading] = useState(false);
  const asked = useRef(0);
  const load = useCallback(
    async (before: FcrPage | undefined) => {
      asked.current += 1;
      const mine = asked.current;
      setLoading(true);
      const cursor =
        before?.nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(before.nextCursor)}`;
      const address = `${fcrDrillAddress(ask, fate)}&limit=${pageSize}${cursor}`;
      const answer = await api<FcrPage>(address, { timeoutMs: 120_000 });
      // A slow answer to an earlier question must not replace a newer one.
      if (mine !== asked.current) return;
      setLoading(false);
      setRefusal(answer.isOk ? undefined : answer);
      if (answer.isOk) setBehind({ ...answer.body, items: [...(before?.items ?? []), ...answer.body.items] });
    },
    [ask, fate],
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

/** Less than a day as a clock has it, else in days and tenths. */
function afterText(ms: number, duration: (ms: number) => string): string {
  if (ms < dayMs) return duration(ms);
  const days = Math.floor(ms / (dayMs / 10)) / 10;
  return new Intl.NumberFormat(language.value, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(
    days,
  );
}

interface RowProps {
  row: FcrDrillRow;
  zone: string;
  nameOf: NameOf;
}
function Pair({ row, zone, nameOf }: RowProps) {
  const w = words.value;
  const { date, time, duration } = formatsFor(language.value, zone);
  const { contact, repeat, queueId, agentId, handledAt } = row;
  const who = (of: FcrDrillRow['contact']) => (
    <td data-given title={callerOf(of.pii)}>
      <span class="with-why">
        <span class="cut">{callerOf(of.pii)}</span>
        <WhyLink contactId={of.contactId} />
      </span>
    </td>
  );
  const afterMs = repeat && repeat.queuedAt - handledAt;
  return (
    <Fragment>
      <tr data-contact={contact.contactId} class={repeat ? 'fcr-first' : ''}>
        <td>
          {date(handledAt)} {time(handledAt)}
        </td>
        <td data-given title={queueId}>
          {nameOf.queue(queueId)}
        </td>
        <td>{channelText(contact.channel)}</td>
        <td data-given title={agentId}>
          {agentId === '' ? w.none : nameOf.agent(agentId)}
        </td>
        {who(contact)}
        <td>{w[fateWords[row.fate]]}</td>
      </tr>
      {repeat && (
        <tr data-repeat={repeat.contact.contactId} class="fcr-repeat">
          <td>
            <span aria-hidden="true">↳ </span>
            {date(repeat.queuedAt)} {time(repeat.queuedAt)}
          </td>
          <td data-given title={repeat.queueId}>
            {nameOf.queue(repeat.queueId)}
          </td>
          <td>{channelText(repeat.contact.channel)}</td>
          <td data-given title={repeat.contact.agentId ?? ''}>
            {nameOf.agent(repeat.contact.agentId) ?? w.none}
          </td>
          {who(repeat.contact)}
          <td>{afterMs! < 0 ? w.fcrBefore : fill(w.fcrAfter, { time: afterText(afterMs!, duration) })}</td>
        </tr>
      )}
    </Fragment>
  );
}

function List({ behind, zone, nameOf }: { behind: FcrPage; zone: string; nameOf: NameOf }) {
  const w = words.value;
  if (behind.items.length === 0) return <p class="table-empty">{w.reportsNoContacts}</p>;
  return (
    <div class="table-box drill-box" tabIndex={0} role="region" aria-label={w.pageContacts}>
      <table class="table drill-table fcr-pairs">
        <thead>
          <tr>
            <th scope="col" class="drill-at">
              {w.fcrHandledAt}
            </th>
            <th scope="col">{w.colQueue}</th>
            <th scope="col" class="fcr-channel">
              {w.colChannel}
            </th>
            <th scope="col">{w.colAgent}</th>
            <th scope="col" class="drill-caller">
              {w.fcrCustomer}
            </th>
            <th scope="col" class="fcr-what">
              {w.fcrWhat}
            </th>
          </tr>
        </thead>
        <tbody>
          {behind.items.map((row) => (
            <Pair key={row.contact.contactId} row={row} zone={zone} nameOf={nameOf} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface FcrDrillProps {
  ask: FcrDrillAsk;
  nameOf: NameOf;
  onClose: () => void;
}
export function FcrDrill({ ask, nameOf, onClose }: FcrDrillProps) {
  const w = words.value;
  const first = ask.parts.find(({ expected }) => expected > 0) ?? ask.parts[0]!;
  const [chosen, setChosen] = useState<FcrPart>(first.fate);
  const box = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the page: only then does the browser give the focus back to what opened it.
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  const { behind, refusal, isLoading, more } = useBehind(ask, chosen);
  const { timeZone, asOf } = ask.report;
  const formats = formatsFor(language.value, timeZone);
  const expected = ask.parts.find(({ fate }) => fate === chosen)?.expected;
  const title = ask.parts.length > 1 ? w.fcr : w[fateWords[chosen]];
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
            {title} <span data-given>· {ask.name}</span>
          </h2>
          <button type="button" class="button" onClick={onClose}>
            {w.reportsClose}
          </button>
        </header>
        <p class="quiet">
          {windowText(ask.from, ask.to, timeZone)} · {timeZone}
        </p>
        {ask.parts.length > 1 && (
          <div class="segments drill-parts" role="group" aria-label={title}>
            {ask.parts.map(({ fate, expected: number }) => (
              <button
                key={fate}
                type="button"
                data-part={fate}
                aria-pressed={fate === chosen}
                onClick={() => setChosen(fate)}
              >
                {w[fateWords[fate]]} <b>{formats.number(number)}</b>
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
            {fill(w.reportsChanged, { before: formats.number(expected), time: formats.time(asOf) })}
          </Notice>
        )}
        {behind && <List behind={behind} zone={timeZone} nameOf={nameOf} />}
        {behind?.nextCursor !== undefined && (
          <button type="button" class="button" disabled={isLoading} onClick={more}>
            {w.reportsLoadMore}
          </button>
        )}
      </div>
    </dialog>
  );
}
