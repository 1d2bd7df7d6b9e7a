/** The three views of how work was shared out: offers, time, and queues. Beside each figure stands its share of the team's. */
import type { ComponentChildren } from 'preact';
import type { FairnessAnswer, FairnessFigures, FairnessRow } from '../../../server/contract/rest-fairness.ts';
import { formatsFor } from '../../shared/format.ts';
import { fill } from '../../shared/words.ts';
import type { NameOf } from '../names.ts';
import { formats, language, words } from '../reading.ts';
import { strategyName } from './decisions-text.ts';
import { SortTable, type SortColumn } from './fairness-sort.tsx';

type Shared = keyof FairnessRow['share'];
interface ViewProps {
  answer: FairnessAnswer;
  nameOf: NameOf;
}
type Column = SortColumn<FairnessRow>;

const tenths = (value: number): string =>
  new Intl.NumberFormat(language.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
const percentText = (share: number | undefined): string =>
  share === undefined ? words.value.none : formats.value.percent(share);
const durationText = (ms: number | undefined): string =>
  ms === undefined ? words.value.none : formats.value.duration(ms);

function TwoLines({ top, below }: { top: ComponentChildren; below: ComponentChildren }) {
  return (
    <span class="fair-two">
      <b>{top}</b>
      <small>{below}</small>
    </span>
  );
}

function agentColumn(nameOf: NameOf): Column {
  const w = words.value;
  const name = ({ agentId }: FairnessRow) => nameOf.agent(agentId) ?? agentId;
  return {
    id: 'agent',
    title: w.colAgent,
    by: name,
    cell: (row) => (
      <span class="fair-name" data-given title={row.agentId}>
        {name(row)}
      </span>
    ),
    mean: <span class="fair-name">{w.fairnessTeam}</span>,
  };
}

/** A count or a time with its share below, and the team's mean. */
function shared(answer: FairnessAnswer, id: Shared, title: string, help?: string): Column {
  const isTime = id.endsWith('Ms');
  const text = (value: number) => (isTime ? durationText(value) : formats.value.number(value));
  const { mean, total } = answer.team;
  return {
    id,
    title,
    ...(help !== undefined && { help }),
    isNumber: true,
    by: ({ figures }) => figures[id],
    cell: ({ figures, share }) => <TwoLines top={text(figures[id])} below={percentText(share[id])} />,
    mean: mean && (
      <TwoLines top={isTime ? durationText(mean[id]) : tenths(mean[id])} below={`Σ ${text(total[id])}`} />
    ),
  };
}

const widthOf = (share: number | undefined) => `${(share ?? 0) * 100}%`;

/** Drawn to the largest share shown, so that small teams and large ones fill the column alike. */
function ShareBar({ share, mark, largest }: { share: number; mark: number; largest: number }) {
  const scale = largest > 0 ? 1 / largest : 0;
  return (
    <span class="fair-bar" aria-hidden="true">
      <i class="fair-bar-fill" style={{ width: widthOf(share * scale) }} />
      <i class="fair-bar-mark" style={{ left: widthOf(mark * scale) }} />
    </span>
  );
}

export function OffersView({ answer, nameOf }: ViewProps) {
  const w = words.value;
  const { agents, team } = answer;
  const largest = Math.max(0, ...agents.flatMap(({ share }) => [share.offered ?? 0, share.signedInMs ?? 0]));
  const idle = (figures: FairnessFigures) => (
    <TwoLines
      top={durationText(figures.idleMedianMs)}
      below={
        figures.idleMeanMs === undefined
          ? ''
          : fill(w.fairnessMean, { time: durationText(figures.idleMeanMs) })
      }
    />
  );
  const perHour = (figures: FairnessFigures) =>
    figures.offersPerHour === undefined ? w.none : tenths(figures.offersPerHour);
  const offered = shared(answer, 'offered', w.fairColOffered, w.fairHelpOffered);
  const columns: Column[] = [
    agentColumn(nameOf),
    shared(answer, 'signedInMs', w.fairColSignedIn, w.fairHelpSignedIn),
    {
      ...offered,
      id: 'share',
      cell: (row) => (
        <span class="fair-offered">
          <ShareBar share={row.share.offered ?? 0} mark={row.share.signedInMs ?? 0} largest={largest} />
          {offered.cell(row)}
        </span>
      ),
    },
    {
      id: 'perHour',
      title: w.fairColPerHour,
      help: w.fairHelpPerHour,
      isNumber: true,
      by: ({ figures }) => figures.offersPerHour,
      cell: ({ figures }) => perHour(figures),
      mean: perHour(team.total),
    },
    shared(answer, 'answered', w.fairColAnswered),
    shared(answer, 'notAnswered', w.fairColNotAnswered, w.fairHelpNotAnswered),
    shared(answer, 'rejected', w.fairColRejected, w.fairHelpRejected),
    shared(answer, 'leftOffer', w.fairColLeft, w.fairHelpLeft),
    shared(answer, 'withdrawn', w.fairColWithdrawn, w.fairHelpWithdrawn),
    shared(answer, 'handled', w.fairColHandled, w.fairHelpHandled),
    {
      id: 'idle',
      title: w.fairColIdle,
      help: w.fairHelpIdle,
      isNumber: true,
      by: ({ figures }) => figures.idleMedianMs,
      cell: ({ figures }) => idle(figures),
      mean: idle(team.total),
    },
  ];
  return (
    <>
      <AgentTable name={w.fairnessViewOffers} agents={agents} columns={columns} />
      <p class="quiet fair-note">{w.fairnessOffersNote}</p>
    </>
  );
}

function AgentTable({ name, agents, columns }: { name: string; agents: FairnessRow[]; columns: Column[] }) {
  return (
    <SortTable
      name={name}
      rows={agents}
      idOf={({ agentId }) => agentId}
      columns={columns}
      empty={words.value.fairnessNobody}
    />
  );
}

const splitKeys = [
  'talkMs',
  'holdMs',
  'wrapUpMs',
  'ringingMs',
  'readyMs',
  'notReadyMs',
  'unreachableMs',
] as const satisfies readonly Shared[];

function SplitBar({ figures }: { figures: Record<Shared, number> }) {
  const whole = figures.signedInMs;
  return (
    <span class="split-bar" aria-hidden="true">
      {whole > 0 &&
        splitKeys.map((key) => (
          <i key={key} class={`split-${key}`} style={{ width: widthOf(figures[key] / whole) }} />
        ))}
    </span>
  );
}

export function TimesView({ answer, nameOf }: ViewProps) {
  const w = words.value;
  const { agents, team } = answer;
  const coloured = (key: (typeof splitKeys)[number], title: string, help?: string): Column => ({
    ...shared(answer, key, title, help),
    tone: `split-${key}`,
  });
  const columns: Column[] = [
    agentColumn(nameOf),
    shared(answer, 'signedInMs', w.fairColSignedIn, w.fairHelpSignedIn),
    {
      id: 'split',
      title: w.fairColSplit,
      by: ({ figures }) => figures.occupancy,
      isNumber: false,
      cell: ({ figures }) => <SplitBar figures={figures} />,
      mean: <SplitBar figures={team.total} />,
    },
    coloured('talkMs', w.fairColTalk),
    coloured('holdMs', w.fairColHold),
    coloured('wrapUpMs', w.fairColWrapUp),
    coloured('ringingMs', w.fairColRinging, w.fairHelpRinging),
    coloured('readyMs', w.fairColReady),
    coloured('notReadyMs', w.fairColNotReady),
    coloured('unreachableMs', w.fairColUnreachable, w.fairHelpUnreachable),
    {
      id: 'occupancy',
      title: w.fairColOccupancy,
      help: w.fairHelpOccupancy,
      isNumber: true,
      by: ({ figures }) => figures.occupancy,
      cell: ({ figures }) => percentText(figures.occupancy),
      mean: percentText(team.total.occupancy),
    },
  ];
  return (
    <>
      <AgentTable name={w.fairnessViewTimes} agents={agents} columns={columns} />
      <p class="quiet fair-note">{w.fairnessTimesNote}</p>
    </>
  );
}

type QueueRow = FairnessAnswer['queues'][number];

/** One after the other, each with when it came into force. */
function strategyLine({ strategies }: QueueRow, { from }: FairnessAnswer, timeZone: string): string {
  const w = words.value;
  if (strategies.length === 0) return w.fairnessGone;
  const { date, shortTime } = formatsFor(language.value, timeZone);
  const text = (at: number) => `${date(at)} ${shortTime(at)}`;
  return strategies
    .map(({ strategy, since }) =>
      since <= from
        ? strategyName(strategy)
        : fill(w.fairnessSince, { strategy: strategyName(strategy), time: text(since) }),
    )
    .join(' → ');
}

export function QueuesView({ answer, nameOf, timeZone }: ViewProps & { timeZone: string }) {
  const w = words.value;
  const { number } = formats.value;
  const nameOfQueue = (id: string) => (id === '' ? w.fairnessNoQueue : (nameOf.queue(id) ?? id));
  const count = (id: Exclude<keyof QueueRow, 'queueId' | 'strategies'>, title: string, help?: string) => ({
    id: `q-${id}`,
    title,
    ...(help !== undefined && { help }),
    isNumber: true,
    by: (row: QueueRow) => row[id],
    cell: (row: QueueRow) => number(row[id]),
  });
  const columns: SortColumn<QueueRow>[] = [
    {
      id: 'queue',
      title: w.colQueue,
      by: ({ queueId }) => nameOfQueue(queueId),
      cell: ({ queueId }) => (
        <span class="fair-name" data-given title={queueId}>
          {nameOfQueue(queueId)}
        </span>
      ),
    },
    {
      id: 'strategy',
      title: w.fairColStrategy,
      by: (row) => strategyLine(row, answer, timeZone),
      cell: (row) => <span class="fair-strategy">{strategyLine(row, answer, timeZone)}</span>,
    },
    count('agents', w.fairColAgents),
    count('offered', w.fairColOffered, w.fairHelpOffered),
    count('answered', w.fairColAnswered),
    count('notAnswered', w.fairColNotAnswered, w.fairHelpNotAnswered),
    count('rejected', w.fairColRejected, w.fairHelpRejected),
    count('leftOffer', w.fairColLeft, w.fairHelpLeft),
    count('withdrawn', w.fairColWithdrawn, w.fairHelpWithdrawn),
    count('handled', w.fairColHandled, w.fairHelpHandled),
  ];
  return (
    <div class="fair-queues">
      <SortTable
        name={w.fairnessViewQueues}
        rows={answer.queues}
        idOf={({ queueId }) => queueId}
        columns={columns}
        empty={w.nothingHere}
      />
      <h2>{w.fairnessHandledByQueue}</h2>
      <HandledByQueue answer={answer} nameOf={nameOf} nameOfQueue={nameOfQueue} />
    </div>
  );
}

/** Who handled how many of which queue; beside it the share of the queue. */
function HandledByQueue({
  answer,
  nameOf,
  nameOfQueue,
}: ViewProps & { nameOfQueue: (id: string) => string }) {
  const { agents, queues, team } = answer;
  const ofQueue = (row: FairnessRow, queueId: string) =>
    row.queues.find((queue) => queue.queueId === queueId)?.handled ?? 0;
  const byName = (a: QueueRow, b: QueueRow) => nameOfQueue(a.queueId).localeCompare(nameOfQueue(b.queueId));
  const handled = shared(answer, 'handled', words.value.fairColHandled, words.value.fairHelpHandled);
  const columns: Column[] = [
    agentColumn(nameOf),
    handled,
    ...[...queues].sort(byName).map(({ queueId, handled: whole }): Column => ({
      id: `of-${queueId}`,
      title: nameOfQueue(queueId),
      help: nameOfQueue(queueId),
      isNumber: true,
      isGiven: true,
      by: (row) => ofQueue(row, queueId),
      cell: (row) => {
        const mine = ofQueue(row, queueId);
        const isMine = row.queues.some((queue) => queue.queueId === queueId);
        if (!isMine) return <span class="quiet">{words.value.none}</span>;
        return (
          <TwoLines
            top={formats.value.number(mine)}
            below={percentText(whole > 0 ? mine / whole : undefined)}
          />
        );
      },
      mean: (
        <TwoLines
          top={tenths(team.count > 0 ? whole / team.count : 0)}
          below={`Σ ${formats.value.number(whole)}`}
        />
      ),
    })),
  ];
  return <AgentTable name={words.value.fairnessHandledByQueue} agents={agents} columns={columns} />;
}
