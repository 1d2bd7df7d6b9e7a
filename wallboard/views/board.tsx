/** The board: header, three heroes, agents, the day, queues, footer, and the veil that says when none of it is true any more. */
import { computed } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { BoardState } from '../../server/contract/live.ts';
import { fill } from '../../admin-ui/shared/words.ts';
import { siteFigures } from '../../admin-ui/shared/site-figures.ts';
import { formats, language, switchLanguage, timeZone, words } from '../live/reading.ts';
import type { BoardSource } from '../live/screen.ts';
import { levelsOf, type ThresholdWishes } from '../live/thresholds.ts';
import { Agents } from './agents.tsx';
import { Averages, Day } from './day.tsx';
import { LongestHero, ServiceLevelHero, WaitingHero } from './hero.tsx';
import { QueueTable } from './queue-table.tsx';
import { EmergencyHeader } from './emergency-header.tsx';
import { MaintenanceNote } from './maintenance-note.tsx';
import { Mark } from './shapes.tsx';
import { Veil } from './veil.tsx';

type Client = BoardSource<BoardState>;

function Header({ client, board, displayName }: { client: Client; board: BoardState; displayName: string }) {
  const at = client.serverSec.value * 1000;
  if (board.emergency)
    return (
      <EmergencyHeader
        emergency={board.emergency}
        nameOf={(queueId) => board.queues[queueId]?.name ?? queueId}
        time={formats.value.time(at)}
      />
    );
  return (
    <header class="top">
      <Mark />
      <h1 data-given>{board.site.name}</h1>
      <p class="top-display" data-given>
        {displayName}
      </p>
      {board.maintenanceUntil === undefined ? (
        <>
          <p class="top-date">{formats.value.longDate(at)}</p>
          <p class="top-zone">{formats.value.zoneName(at)}</p>
        </>
      ) : (
        <MaintenanceNote until={board.maintenanceUntil} now={at} />
      )}
      <p class="top-clock">{formats.value.time(at)}</p>
    </header>
  );
}

function Footer({ client }: { client: Client }) {
  const { number } = formats.value;
  const paint = client.paint.value;
  const state = client.connection.value;
  const isLive = state === 'live';
  return (
    <footer class="foot">
      <p class={`link link-${isLive ? 'live' : 'stale'}`} data-connection={state}>
        <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
          <path d={isLive ? 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14z' : 'M2 8h16v4h-16z'} />
        </svg>
        {isLive ? words.value.live : state === 'connecting' ? words.value.connecting : words.value.stale}
      </p>
      <p class="foot-age">{fill(words.value.dataAge, { seconds: number(client.silentSec.value) })}</p>
      <p class="foot-paint" data-count={paint?.count ?? 0}>
        {words.value.eventToPixel}{' '}
        {paint === undefined ? (
          <span>{words.value.measuring}</span>
        ) : (
          <b>
            p50 {number(paint.p50Ms)} · p99 {number(paint.p99Ms)} ms
          </b>
        )}
      </p>
      <button type="button" class="foot-language" onClick={switchLanguage} title={words.value.changeLanguage}>
        {language.value.toUpperCase()}
      </button>
    </footer>
  );
}

interface BoardProps {
  client: Client;
  displayName: string;
  wishes: ThresholdWishes;
}

function Figures({ client, wishes }: Omit<BoardProps, 'displayName'>) {
  const figures = useMemo(
    () => computed(() => (client.tree.value ? siteFigures(client.tree.value) : undefined)),
    [client],
  ).value;
  const lastHour = useMemo(() => computed(() => client.tree.value?.lastHour), [client]);
  const minute = useMemo(() => computed(() => Math.floor(client.serverSec.value / 60)), [client]);
  const liveSec = useRef(client.serverSec.peek());
  const board = client.tree.value;
  if (!board || !figures) return null;
  // Under the veil nothing moves but the veil's own count: a wait that runs on would look alive.
  if (!client.isStale.value) liveSec.current = client.serverSec.value;
  const serverSec = liveSec.current;
  const levels = levelsOf(figures, serverSec, wishes);
  const hasSeveralQueues = Object.keys(board.queues).length > 1;
  return (
    <main class="figures">
      <div class="heroes">
        <WaitingHero figures={figures} levels={levels} />
        <LongestHero figures={figures} levels={levels} serverSec={serverSec} wishes={wishes} />
        <ServiceLevelHero figures={figures} levels={levels} wishes={wishes} />
      </div>
      <Agents board={board} loggedIn={figures.agentsLoggedIn} />
      <div class={`lower ${hasSeveralQueues ? 'has-queues' : 'has-one'}`}>
        <Day figures={figures} lastHour={lastHour} minute={minute} />
        {hasSeveralQueues ? (
          <QueueTable
            queues={board.queues}
            serverSec={serverSec}
            wishes={wishes}
            emergencyIds={board.emergency?.queueIds ?? []}
          />
        ) : (
          <Averages figures={figures} />
        )}
      </div>
    </main>
  );
}

export function Board({ client, displayName, wishes }: BoardProps) {
  const board = client.tree.value;
  const zone = board?.site.timeZone;
  useEffect(() => {
    timeZone.value = zone;
  }, [zone]);
  if (!board) return <p class="loading">{words.value.loading}</p>;
  const isStale = client.isStale.value;
  return (
    <div class={`board ${isStale ? 'is-stale' : ''}`}>
      <Header client={client} board={board} displayName={displayName} />
      <Figures client={client} wishes={wishes} />
      <Footer client={client} />
      {isStale && <Veil silentSec={client.silentSec} />}
    </div>
  );
}
