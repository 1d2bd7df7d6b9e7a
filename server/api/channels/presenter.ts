/**
 * The ways in of one site, and what is known of each: pure. What the site does not name is off and is not here, so every
 * list of channels is made from this one.
 */
import type { ChannelHealth } from '../../app/text/channel.ts';
import {
  type ChannelHealthView,
  type ChannelKind,
  type ChannelRow,
  healthStates,
  unusedAfterDays,
} from '../../contract/rest-channels.ts';
import type { Site } from '../../contract/site.ts';
import { csvLine, csvTime } from '../../lib/csv.ts';
import type { ChannelsAsked, ChannelUse, ChannelUses } from '../ports.ts';

export interface WayIn {
  kind: ChannelKind;
  id: string;
  name?: string | undefined;
  queueIds: string[];
  /** What its contacts have in history. */
  via?: string;
  trunkId?: string;
  /** Calls of our own by this trunk. */
  outTrunkId?: string;
  /** Parts of /healthz that it needs, without `channel-`. */
  parts: string[];
}

const dayMs = 86_400_000;

/** The usual queue first, each once. */
const queuesOf = (queue: string, topics: readonly { queue: string }[]): string[] => [
  ...new Set([queue, ...topics.map((topic) => topic.queue)]),
];

function callsIn({ numbers, trunks }: Site): WayIn[] {
  return [
    ...numbers.map(({ number, name, queue }): WayIn => ({
      kind: 'number',
      id: number,
      name,
      queueIds: [queue],
      via: number,
      parts: [],
    })),
    ...trunks.map(({ id, name, outbound }): WayIn => ({
      kind: 'trunk',
      id,
      name,
      queueIds: [],
      trunkId: id,
      ...(outbound && { outTrunkId: id }),
      parts: [],
    })),
  ];
}

function textIn({ site, mail, widgets = [], forms = [], webhooks = [] }: Site): WayIn[] {
  return [
    ...(mail?.mailboxes ?? []).map(({ id, name, queue, topics }): WayIn => ({
      kind: 'mailbox',
      id,
      name,
      queueIds: queuesOf(queue, topics),
      via: `mail:${id}`,
      parts: ['mail'],
    })),
    ...widgets.map(({ id, title, queue, topics }): WayIn => ({
      kind: 'widget',
      id,
      name: title?.[site.language],
      queueIds: queuesOf(queue, topics),
      via: `chat:${id}`,
      parts: ['chat', 'public-port'],
    })),
    ...forms.map(({ id, queue, topics }): WayIn => ({
      kind: 'form',
      id,
      queueIds: queuesOf(queue, topics),
      via: `form:${id}`,
      parts: ['public-port'],
    })),
    ...webhooks.map(({ id, name, queue }): WayIn => ({
      kind: 'connector',
      id,
      name,
      queueIds: [queue],
      via: `webhook:${id}`,
      parts: ['webhook', 'public-port'],
    })),
  ];
}

function callsBack({ callbacks, trunks }: Site): WayIn[] {
  if (!callbacks) return [];
  const { trunk } = callbacks;
  const name = trunks.find(({ id }) => id === trunk)?.name;
  return [{ kind: 'callbacks', id: trunk, name, queueIds: [], outTrunkId: trunk, parts: [] }];
}

export const waysIn = (site: Site): WayIn[] => [...callsIn(site), ...textIn(site), ...callsBack(site)];

const present = <T>(value: T | undefined): value is T => value !== undefined;

/** What history is asked about them. */
export const askedOf = (ways: readonly WayIn[], now: number): ChannelsAsked => ({
  vias: ways.map(({ via }) => via).filter(present),
  trunkIds: [...new Set(ways.flatMap(({ trunkId, outTrunkId }) => [trunkId, outTrunkId]).filter(present))],
  weekAgo: now - 7 * dayMs,
  monthAgo: now - unusedAfterDays * dayMs,
});

/** The worst of the parts that it needs; what is off is only being opened, for the site has it on. */
function healthOf(
  { parts }: WayIn,
  known: Readonly<Record<string, ChannelHealth>>,
): ChannelHealthView | undefined {
  let worst: ChannelHealthView | undefined;
  for (const part of parts) {
    const health = known[part];
    if (!health || health.state === 'off') continue;
    if (!worst || healthStates.indexOf(health.state) > healthStates.indexOf(worst.state))
      worst = { ...health, state: health.state };
  }
  return worst;
}

function sumOf(uses: (ChannelUse | undefined)[]): ChannelUse {
  const known = uses.filter(present);
  const last = known.map(({ lastAt }) => lastAt).filter(present);
  return {
    week: known.reduce((sum, { week }) => sum + week, 0),
    month: known.reduce((sum, { month }) => sum + month, 0),
    ...(last.length > 0 && { lastAt: Math.max(...last) }),
  };
}

export function presentChannel(
  way: WayIn,
  uses: ChannelUses,
  known: Readonly<Record<string, ChannelHealth>>,
): ChannelRow {
  const { kind, id, name, queueIds, via, trunkId, outTrunkId } = way;
  const { week, month, lastAt } = sumOf([
    via === undefined ? undefined : uses.byVia.get(via),
    trunkId === undefined ? undefined : uses.byTrunk.get(trunkId),
    outTrunkId === undefined ? undefined : uses.outByTrunk.get(outTrunkId),
  ]);
  const health = healthOf(way, known);
  return {
    kind,
    id,
    ...(name !== undefined && { name }),
    queueIds,
    ...(health && { health }),
    contacts7d: week,
    contacts30d: month,
    ...(lastAt !== undefined && { lastAt }),
    isUnused: month === 0,
  };
}

const columns = [
  'kind',
  'id',
  'name',
  'queues',
  'health',
  'health_since',
  'health_detail',
  'contacts_7_days',
  'contacts_30_days',
  'last_contact',
  'unused',
];

export const channelsCsv = (rows: readonly ChannelRow[]): string =>
  [
    csvLine(columns),
    ...rows.map(({ kind, id, name, queueIds, health, contacts7d, contacts30d, lastAt, isUnused }) =>
      csvLine([
        kind,
        id,
        name,
        queueIds.join(' '),
        health?.state,
        csvTime(health?.since),
        health?.detail,
        contacts7d,
        contacts30d,
        csvTime(lastAt),
        isUnused ? 'yes' : 'no',
      ]),
    ),
  ].join('');
