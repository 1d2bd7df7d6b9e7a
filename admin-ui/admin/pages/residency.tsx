/**
 * The proof of residency: what our programs sent to other machines today and whose it is, live. What is nobody's stands first and is said
 * in words; with nothing to tell, the page says since when nothing left.
 */
import { useEffect, useState } from 'preact/hooks';
import type {
  ResidencyAnswer,
  ResidencyOwner,
  ResidencyRow,
  ResidencyState,
  Span,
} from '../../../server/contract/rest-residency.ts';
import type { Answer } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { diamond, disc, ring, Shape, type Tone } from '../../shared/parts/state-shape.tsx';
import { fill, plural } from '../../shared/words.ts';
import { PageHead } from '../parts/shell.tsx';
import { Table } from '../parts/table.tsx';
import { formats, language, words, type TextKey } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { purposeWord } from './channels-egress.tsx';

const askEveryMs = 5000;
/** A large house has thousands of phones: the command line and the statement have every one. */
const answersAtMost = 200;
const gapMs = 60_000;

const ownerWord: Record<ResidencyOwner, TextKey> = {
  ...purposeWord,
  // Also of those that only call us.
  trunk: 'ownerTrunk',
  resolver: 'ownerResolver',
  phone: 'ownerPhone',
  call: 'ownerCall',
  stranger: 'ownerStranger',
  unknown: 'ownerUnknown',
};
const stateShape: Record<ResidencyState, [TextKey, string, Tone]> = {
  open: ['residencyStateOpen', disc, 'ready'],
  idle: ['residencyStateIdle', ring, 'off'],
  failed: ['residencyStateFailed', diamond, 'not-ready'],
};
const programWord: Readonly<Record<string, TextKey>> = {
  server: 'programServer',
  sip: 'programSip',
  media: 'programMedia',
};
/** As their makers write them, in every language. */
const programName: Readonly<Record<string, string>> = { postgres: 'Postgres', redis: 'Redis' };

const programText = (process: string): string => {
  const word = programWord[process];
  return word === undefined ? (programName[process] ?? process) : words.value[word];
};

function placeText({ address, port, ports }: ResidencyRow): string {
  if (address === '*') return words.value.residencyMore;
  const range = ports && (ports[0] === ports[1] ? String(ports[0]) : `${ports[0]}–${ports[1]}`);
  return `${address.includes(':') ? `[${address}]` : address}:${range ?? port}`;
}

function Row({ row }: { row: ResidencyRow }) {
  const w = words.value;
  const { bytes, time } = formats.value;
  const [stateWord, shape, tone] = stateShape[row.state];
  const isUnknown = row.owner === 'unknown';
  const used = row.usedBy.join(', ');
  const place = placeText(row);
  const hosts = row.hosts.join(', ');
  return (
    <tr data-peer={`${row.process} ${row.address}:${row.port}`} class={isUnknown ? 'is-unknown' : ''}>
      <td>
        <span class="residency-cell">
          {programText(row.process)}
          {row.seenBy === 'kernel' && <small>{w.residencyKernel}</small>}
        </span>
      </td>
      <td>
        <span class="residency-cell">
          <b>{w[ownerWord[row.owner]]}</b>
          {used !== '' && (
            <small data-given title={used}>
              {used}
            </small>
          )}
          {row.unknownAt !== undefined && !isUnknown && <small>{w.residencyBefore}</small>}
        </span>
      </td>
      <td data-given title={place}>
        <span class="residency-cell">
          <span>
            {place} <span class="residency-by">{row.protocol.toUpperCase()}</span>
          </span>
          {hosts !== '' && <small title={hosts}>{hosts}</small>}
        </span>
      </td>
      <td>
        <span class="residency-state">
          <Shape of={[shape, tone]} />
          {w[stateWord]}
        </span>
      </td>
      <td class="is-number">{row.bytesOut === undefined ? w.none : bytes(row.bytesOut)}</td>
      <td class="is-number">{row.bytesIn === undefined ? w.none : bytes(row.bytesIn)}</td>
      <td class="is-number">{time(row.firstAt)}</td>
      <td class="is-number">{time(row.lastAt)}</td>
    </tr>
  );
}

function Rows({ name, rows, empty }: { name: string; rows: readonly ResidencyRow[]; empty: string }) {
  const w = words.value;
  return (
    <Table
      name={name}
      columns={[
        { id: 'program', title: w.colProgram },
        { id: 'owner', title: w.colOwner },
        { id: 'to', title: w.colTo },
        { id: 'open', title: w.colState },
        { id: 'sent', title: w.colSent, isNumber: true },
        { id: 'got', title: w.colReceived, isNumber: true },
        { id: 'first', title: w.colFirstAt, isNumber: true },
        { id: 'latest', title: w.colLastAt, isNumber: true },
      ]}
      empty={empty}
      isEmpty={rows.length === 0}
    >
      {rows.map((row) => (
        <Row key={`${row.process} ${row.protocol} ${row.address} ${row.port}`} row={row} />
      ))}
    </Table>
  );
}

/** Between the times that were watched, and from the first of them on: what came before this house is no gap. */
function gapsOf(watched: readonly Span[], now: number): string[] {
  const { shortTime } = formats.value;
  const ends = [...watched.slice(1).map(({ from }) => from), now];
  return watched.flatMap(({ to }, index) => {
    const next = ends[index]!;
    return next - to > gapMs ? [`${shortTime(to)}–${shortTime(next)}`] : [];
  });
}

function Facts({ answer }: { answer: ResidencyAnswer }) {
  const w = words.value;
  const { unknown, items, watchedSince, lastLeftAt, silent, watched, now, statement, house } = answer;
  const gaps = gapsOf(watched, now);
  return (
    <div class="residency-facts">
      {unknown > 0 && (
        <Notice kind="bad">
          {plural(language.value, w.residencyUnknown, unknown, formats.value.number(unknown))}
        </Notice>
      )}
      {items.length === 0 && (
        <Notice kind="good">
          {fill(w.residencyNothing, { time: formats.value.dateTime(lastLeftAt ?? watchedSince) })}
        </Notice>
      )}
      {silent.map((process) => (
        <Notice key={process} kind="bad">
          {fill(w.residencySilent, { name: programText(process) })}
        </Notice>
      ))}
      {gaps.length > 0 && <Notice kind="note">{fill(w.residencyGaps, { times: gaps.join(', ') })}</Notice>}
      <p class="quiet">
        {statement
          ? fill(w.residencyStatement, { number: statement.number, day: statement.day })
          : w.residencyNoStatement}{' '}
        <span data-given title={house}>
          {fill(w.residencyHouse, { house: house.slice(0, 16) })}
        </span>
      </p>
    </div>
  );
}

/** What is nobody's first, then what is newest. */
const inOrder = (rows: readonly ResidencyRow[]): ResidencyRow[] =>
  [...rows].sort(
    (a, b) => Number(b.owner === 'unknown') - Number(a.owner === 'unknown') || b.lastAt - a.lastAt,
  );

function Lists({ answer }: { answer: ResidencyAnswer }) {
  const w = words.value;
  const more = answer.answers.length - answersAtMost;
  return (
    <>
      {answer.items.length > 0 && (
        <section class="residency-part" aria-labelledby="residency-opened">
          <h2 id="residency-opened">{w.residencyOpenedTitle}</h2>
          <Rows name={w.residencyOpenedTitle} rows={inOrder(answer.items)} empty="" />
        </section>
      )}
      <section class="residency-part" aria-labelledby="residency-answers">
        <h2 id="residency-answers">{w.residencyAnswersTitle}</h2>
        <p class="quiet">{w.residencyAnswersHelp}</p>
        <Rows
          name={w.residencyAnswersTitle}
          rows={inOrder(answer.answers).slice(0, answersAtMost)}
          empty={w.residencyAnswersNone}
        />
        {more > 0 && <p class="quiet">{plural(language.value, w.more, more, formats.value.number(more))}</p>}
      </section>
    </>
  );
}

export function ResidencyPage() {
  const [answer, setAnswer] = useState<Answer<ResidencyAnswer>>();
  useEffect(() => {
    let isHere = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const next = await api<ResidencyAnswer>('/api/residency');
      if (!isHere) return;
      setAnswer(next);
      timer = setTimeout(() => void ask(), askEveryMs);
    };
    void ask();
    return () => {
      isHere = false;
      clearTimeout(timer);
    };
  }, []);
  const w = words.value;
  return (
    <div class="residency-page">
      <PageHead title={w.pageResidency}>
        <p class="quiet">{w.residencyHelp}</p>
      </PageHead>
      {!answer && <p class="quiet">{w.loading}</p>}
      {answer && !answer.isOk && <Notice kind="bad">{refusalText(answer)}</Notice>}
      {answer?.isOk && <Facts answer={answer.body} />}
      {answer?.isOk && <Lists answer={answer.body} />}
    </div>
  );
}
