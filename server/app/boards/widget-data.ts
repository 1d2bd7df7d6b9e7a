/**
 * What each kind of widget is sent. A widget is prepared once (its questions, its filters) and then read with every look.
 * Pure. A queue, team or agent that a widget names and the site does not have any more gives no value, and never a fault.
 */
import {
  agentTilesAtMost,
  queueRowsAtMost,
  type AgentTile,
  type ChannelRow,
  type NumberData,
  type QueueRowData,
  type WaiterRow,
  type Widget,
  type WidgetData,
} from '../../contract/boards.ts';
import { channels, type Channel } from '../../contract/events.ts';
import { figureFacts, type FigureName } from '../../contract/figures.ts';
import type { QueueLive } from '../../contract/live.ts';
import { ask, askNow, waitsSince, type Asked, type BoardLook } from './board-look.ts';
import type { BoardAgent } from './ports.ts';

export type ReadWidget = (look: BoardLook) => WidgetData['data'];
type Of<K extends Widget['kind']> = Extract<Widget, { kind: K }>;

export function prepareWidget(widget: Widget): ReadWidget {
  switch (widget.kind) {
    case 'number':
      return number(widget);
    case 'gauge':
      return gauge(widget);
    case 'agents':
      return agents(widget);
    case 'agent-states':
      return (look) => ({
        states: look.board.agentsByState,
        reasons: widget.hasReasons ? look.board.notReadyByReason : {},
      });
    case 'queues':
      return queues(widget);
    case 'intraday':
      return intraday(widget);
    case 'waiters':
      return waiters(widget);
    case 'callbacks':
      return row(askNow('callbacks-pending', ['site']), askNow('callbacks-oldest', ['site']));
    case 'channels':
      return channelRows();
    case 'news':
    case 'clock':
    case 'alerts':
      return () => ({});
  }
}

const numberData = (value?: number, more?: Omit<NumberData, 'value'>): NumberData => ({
  ...(value !== undefined && { value }),
  ...(more?.before !== undefined && { before: more.before }),
  ...(more?.target !== undefined && { target: more.target }),
});

function number(widget: Of<'number'>): ReadWidget {
  const asked = ask(widget);
  const hasBefore = widget.hasTrend && figureFacts(widget.figure).over === 'window';
  return (look) => {
    const before = hasBefore ? look.figureBefore(asked) : undefined;
    return numberData(look.figure(asked), before === undefined ? {} : { before });
  };
}

/** Figures that the target time of a queue is about. */
const waits: readonly FigureName[] = ['asa', 'longest-wait', 'oldest-waiting'];

/** Whose targets count: of the queues named, or of all of the site. */
function queuesOf(scopes: readonly string[], all: Record<string, QueueLive>): QueueLive[] {
  if (scopes.includes('site')) return Object.values(all);
  return scopes.flatMap((scope) => {
    const queueId = /^queue:([^/]+)/.exec(scope)?.[1];
    return queueId !== undefined && Object.hasOwn(all, queueId) ? [all[queueId]!] : [];
  });
}

/** The one target of all of them; where they differ there is none. */
function ownTarget(widget: Of<'gauge'>, look: BoardLook): number | undefined {
  const targetOf = widget.figure.startsWith('service-level')
    ? (queue: QueueLive) => queue.targetPercent / 100
    : waits.includes(widget.figure)
      ? (queue: QueueLive) => queue.targetSec * 1000
      : undefined;
  if (!targetOf) return undefined;
  const targets = new Set(queuesOf(widget.scopes, look.board.queues).map(targetOf));
  return targets.size === 1 ? [...targets][0] : undefined;
}

function gauge(widget: Of<'gauge'>): ReadWidget {
  const asked = ask(widget);
  const { unit } = figureFacts(widget.figure);
  // People write per cent and seconds.
  const inUnits = (target: number) =>
    unit === 'share' ? target / 100 : unit === 'ms' || unit === 'since' ? target * 1000 : target;
  const given = widget.target === undefined ? undefined : inUnits(widget.target);
  return (look) => {
    const target = given ?? ownTarget(widget, look);
    return numberData(look.figure(asked), target === undefined ? {} : { target });
  };
}

function agents(widget: Of<'agents'>): ReadWidget {
  const teams = widget.teams && new Set(widget.teams);
  const served = widget.queues && new Set(widget.queues);
  const tile = ({ agentId, name, state, since, until, reason }: BoardAgent, hasName: boolean): AgentTile => ({
    label: hasName ? name : agentId,
    state,
    since,
    ...(until !== undefined && { until }),
    ...(reason !== undefined && { reason }),
  });
  return (look) => {
    const { site } = look.sources;
    const hasName = site.showsAgentNames();
    const tiles: Record<string, AgentTile> = {};
    let count = 0;
    for (const { agent, queueIds } of look.agents()) {
      if (count >= agentTilesAtMost) break;
      if (agent.state === 'logged-out' && !widget.hasLoggedOut) continue;
      if (teams && !teams.has(site.agentTeam(agent.agentId) ?? '')) continue;
      if (served && !queueIds.some((queueId) => served.has(queueId))) continue;
      tiles[agent.agentId] = tile(agent, hasName);
      count += 1;
    }
    return tiles;
  };
}

function queues(widget: Of<'queues'>): ReadWidget {
  const askedOf = new Map<string, [FigureName, Asked][]>();
  const questions = (queueId: string) => {
    const known = askedOf.get(queueId);
    if (known) return known;
    const { window, attribution } = widget;
    const scopes = [`queue:${queueId}`];
    const made = widget.figures.map((figure): [FigureName, Asked] => [
      figure,
      ask({ figure, scopes, window, attribution }),
    ]);
    askedOf.set(queueId, made);
    return made;
  };
  return (look) => {
    const all = look.board.queues;
    const listed = widget.queues?.filter((queueId) => Object.hasOwn(all, queueId)) ?? Object.keys(all);
    const rows: Record<string, QueueRowData> = {};
    for (const queueId of listed.slice(0, queueRowsAtMost)) {
      const { name, targetPercent, targetSec } = all[queueId]!;
      const values: QueueRowData['values'] = {};
      for (const [figure, asked] of questions(queueId)) {
        const value = look.figure(asked);
        if (value !== undefined) values[figure] = value;
      }
      rows[queueId] = { name, targetPercent, targetSec, values };
    }
    return rows;
  };
}

function intraday(widget: Of<'intraday'>): ReadWidget {
  const { figure, scopes, minutes, hasYesterday, hasLastWeek } = widget;
  return (look) => {
    const found = look.sources.intraday.series({ figure, scopes, minutes });
    if (!found) return { starts: [], today: [] };
    const { starts, today, yesterday, lastWeek } = found;
    return {
      starts,
      today,
      ...(hasYesterday && yesterday && { yesterday }),
      ...(hasLastWeek && lastWeek && { lastWeek }),
    };
  };
}

function waiters(widget: Of<'waiters'>): ReadWidget {
  const queueIds = widget.queues && new Set(widget.queues);
  return (look) => {
    const all = look.board.queues;
    const rows: Record<string, WaiterRow> = {};
    let place = 0;
    for (const contact of look.waiters()) {
      if (place >= widget.rows) break;
      const { queueId, channel = 'voice' } = contact;
      if (queueIds && !queueIds.has(queueId)) continue;
      place += 1;
      const queue = Object.hasOwn(all, queueId) ? all[queueId]!.name : queueId;
      rows[String(place).padStart(2, '0')] = { queue, channel, since: waitsSince(contact) };
    }
    return rows;
  };
}

const row =
  (waiting: Asked, oldest: Asked) =>
  (look: BoardLook): ChannelRow => {
    const oldestSince = look.figure(oldest);
    return { waiting: look.figure(waiting) ?? 0, ...(oldestSince !== undefined && { oldestSince }) };
  };

function channelRows(): ReadWidget {
  const readOf = Object.fromEntries(
    channels.map((channel) => {
      const scopes = [`channel:${channel}`];
      return [channel, row(askNow('waiting', scopes), askNow('oldest-waiting', scopes))];
    }),
  ) as Record<Channel, (look: BoardLook) => ChannelRow>;
  return (look) =>
    Object.fromEntries(look.sources.site.channels().map((channel) => [channel, readOf[channel](look)]));
}
