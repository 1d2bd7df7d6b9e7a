/** Every queue on one line; more than a page of them turn by themselves, all displays of a hall together. */
import type { QueueLive } from '../../server/contract/live.ts';
import { fill } from '../../admin-ui/shared/words.ts';
import { pageCount, pageOf, rowsPerPage, sortedQueues } from '../live/pages.ts';
import { formats, words } from '../live/reading.ts';
import { levelsOf, type Level, type ThresholdWishes } from '../live/thresholds.ts';
import { LevelShape } from './shapes.tsx';

function Cell({ level, text }: { level: Level; text: string }) {
  return (
    <td class={`level-${level}`}>
      {level !== 'calm' && <LevelShape level={level} />}
      {text}
    </td>
  );
}

interface RowProps {
  queue: QueueLive;
  serverSec: number;
  wishes: ThresholdWishes;
  isEmergency: boolean;
}

function Row({ queue, serverSec, wishes, isEmergency }: RowProps) {
  const { number, percent, duration } = formats.value;
  const levels = levelsOf(queue, serverSec, wishes);
  const since = queue.oldestWaitingSince;
  return (
    <tr data-queue={queue.queueId}>
      <th scope="row" class={isEmergency ? 'level-red' : ''} data-given>
        {isEmergency && <LevelShape level="red" />}
        {queue.name}
      </th>
      <Cell level={levels.waiting} text={number(queue.waiting)} />
      <Cell
        level={levels.wait}
        text={since === undefined ? '–' : duration((serverSec - Math.floor(since / 1000)) * 1000)}
      />
      <Cell
        level={levels.serviceLevel}
        text={queue.serviceLevel === undefined ? '–' : percent(queue.serviceLevel)}
      />
      <td>{number(queue.answered)}</td>
      <td>{number(queue.abandoned)}</td>
      <td>
        {number(queue.agentsReady)}
        <small> / {number(queue.agentsLoggedIn)}</small>
      </td>
    </tr>
  );
}

export interface QueueTableProps {
  queues: Record<string, QueueLive>;
  serverSec: number;
  wishes: ThresholdWishes;
  /** Whose own emergency switch is on. */
  emergencyIds: readonly string[];
}

export function QueueTable({ queues, serverSec, wishes, emergencyIds }: QueueTableProps) {
  const all = sortedQueues(queues, formats.value.language);
  const pages = pageCount(all.length);
  const page = pageOf(serverSec, pages);
  const shown = all.slice(page * rowsPerPage, (page + 1) * rowsPerPage);
  const density = all.length <= 5 ? 'is-roomy' : all.length <= 8 ? 'is-even' : 'is-dense';
  return (
    <section class={`queues ${density}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              {words.value.queue}
              {pages > 1 && (
                <span class="queue-page"> {fill(words.value.page, { page: page + 1, pages })}</span>
              )}
            </th>
            <th scope="col">{words.value.colWaiting}</th>
            <th scope="col">{words.value.colLongest}</th>
            <th scope="col">{words.value.colServiceLevel}</th>
            <th scope="col">{words.value.colAnswered}</th>
            <th scope="col">{words.value.colAbandoned}</th>
            <th scope="col">{words.value.colAgents}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((queue) => (
            <Row
              key={queue.queueId}
              queue={queue}
              serverSec={serverSec}
              wishes={wishes}
              isEmergency={emergencyIds.includes(queue.queueId)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}
