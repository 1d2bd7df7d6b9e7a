/**
 * The live windows over what the figure fold finds: for every scope the counts of today, of the shift in hand and of each of
 * the last minutes, from which intervals and rolling windows are added up. Pure: the time comes in, and asking changes nothing.
 * Days and shifts begin at whole minutes. Kept for a restart are the leaves alone (queue, channel, number and trunk in one, and
 * agents); the scopes above them are added up anew.
 */
import type { Attribution, WindowName } from '../contract/figures.ts';
import { addDelta, type Cell, type Delta, packCell, placeOf, unpackCell } from './figure-cells.ts';
import type { AgentTime } from '../contract/figures.ts';
import type { ContactKey } from './figure-fold.ts';
import { FigureSpan, minuteMs, type PackedSpan } from './figure-span.ts';
import { eachPart } from './stretch.ts';

type Spans = Record<Attribution, FigureSpan>;

const emptySpans = (): Spans => ({ event: new FigureSpan(), arrival: new FigureSpan() });

export interface CubeState {
  readonly dayStart: number;
  readonly shiftStart?: number | undefined;
  readonly contacts: readonly { key: ContactKey; event: PackedSpan; arrival: PackedSpan }[];
  readonly agents: readonly { agentId: string; teamId: string; event: PackedSpan }[];
  /** Ready times of the members of queues, which belong to no contact. */
  readonly members: readonly { queueId: string; event: PackedSpan }[];
  readonly lastDay?: ClosedDay | undefined;
}
/** What a day came to, by queue: [place, value, ...] by event and by arrival; the latter grows while its contacts are in hand. */
export interface ClosedDay {
  readonly from: number;
  readonly to: number;
  readonly queues: Readonly<Record<string, { readonly event: number[]; readonly arrival: number[] }>>;
}

export function scopesOf({ queueId, channel, numberId, trunkId, branch }: ContactKey): string[] {
  const scopes = ['site', `channel:${channel}`];
  if (queueId !== '') scopes.push(`queue:${queueId}`, `queue:${queueId}/${channel}`);
  if (numberId !== '') scopes.push(`number:${numberId}`);
  if (trunkId !== '') scopes.push(`trunk:${trunkId}`);
  if (branch !== '' && numberId !== '') scopes.push(`branch:${numberId}/${branch}`);
  return scopes;
}
const leafOf = ({ queueId, channel, numberId, trunkId, branch }: ContactKey): string =>
  JSON.stringify([queueId, channel, numberId, trunkId, branch]);

export class FigureCube {
  #dayStart: number;
  #shiftStart: number | undefined;
  #lastDay: ClosedDay | undefined;
  readonly #scopes = new Map<string, Spans>();
  readonly #leaves = new Map<string, { key: ContactKey; spans: Spans; above: Spans[] }>();
  readonly #agents = new Map<string, { agentId: string; teamId: string; spans: Spans; above: Spans[] }>();
  readonly #members = new Map<string, { spans: Spans; above: Spans[] }>();
  /** Keys are one object a stay: found again without building texts. */
  #leafOfKey = new WeakMap<ContactKey, Spans[]>();

  constructor(state?: CubeState) {
    this.#dayStart = state?.dayStart ?? 0;
    this.#shiftStart = state?.shiftStart;
    this.#lastDay = state?.lastDay;
    for (const { key, event, arrival } of state?.contacts ?? []) {
      const spans = this.#spansOf(key);
      for (const one of spans) {
        one.event.load(event);
        one.arrival.load(arrival);
      }
    }
    for (const { agentId, teamId, event } of state?.agents ?? []) {
      for (const one of this.#agentSpans(agentId, teamId)) one.event.load(event);
      // Of the site they are the times alone: the contacts are counted there already.
      this.#scope('site').event.load(event, 'times');
    }
    for (const { queueId, event } of state?.members ?? [])
      for (const one of this.#memberSpans(queueId)) one.event.load(event);
  }

  get dayStart(): number {
    return this.#dayStart;
  }

  get shiftStart(): number | undefined {
    return this.#shiftStart;
  }

  get lastDay(): ClosedDay | undefined {
    return this.#lastDay;
  }

  count(key: ContactKey, at: number, arrivedAt: number, delta: Delta): void {
    if (arrivedAt < this.#dayStart) this.#addLate(key.queueId, arrivedAt, delta);
    for (const spans of this.#spansOf(key)) {
      this.#add(spans.event, at, delta);
      this.#add(spans.arrival, arrivedAt, delta);
    }
  }

  work(agentId: string, teamId: string, at: number, delta: Delta): void {
    for (const spans of this.#agentSpans(agentId, teamId)) this.#add(spans.event, at, delta);
  }

  time(
    agentId: string,
    teamId: string,
    queueIds: readonly string[],
    time: AgentTime,
    from: number,
    to: number,
  ): void {
    const targets = this.#agentSpans(agentId, teamId);
    const site = this.#scope('site');
    const place = placeOf[time];
    eachPart(from, to, minuteMs, (at, ms) => {
      const delta = [place, ms];
      this.#add(site.event, at, delta);
      for (const spans of targets) this.#add(spans.event, at, delta);
      if (time === 'readyMs')
        for (const queueId of queueIds)
          for (const spans of this.#memberSpans(queueId)) this.#add(spans.event, at, delta);
    });
  }

  /** The day that ends is kept until the next one does. */
  rollDay(dayStart: number): void {
    if (dayStart === this.#dayStart) return;
    if (this.#dayStart > 0)
      this.#lastDay = { from: this.#dayStart, to: dayStart, queues: this.#queuesToday() };
    this.#dayStart = dayStart;
    this.#clear('today');
  }

  /** Undefined: none is on. */
  rollShift(shiftStart: number | undefined): void {
    if (shiftStart === this.#shiftStart) return;
    this.#shiftStart = shiftStart;
    this.#clear('shift');
  }

  /** [from, to) at this instant. */
  window(name: WindowName, now: number): { from: number; to: number } | undefined {
    const to = now;
    if (name === 'today') return { from: this.#dayStart, to };
    if (name === 'shift') return this.#shiftStart === undefined ? undefined : { from: this.#shiftStart, to };
    const [kind, minutes] = name.split('-') as ['interval' | 'rolling', string];
    const lengthMs = Number(minutes) * minuteMs;
    if (kind === 'interval') {
      const from = this.#dayStart + Math.floor((now - this.#dayStart) / lengthMs) * lengthMs;
      return { from, to };
    }
    return { from: now - (now % minuteMs) - lengthMs + minuteMs, to };
  }

  /** The counts of a window, which may be changed; undefined where nothing was ever counted of this scope. */
  sum(scope: string, name: WindowName, attribution: Attribution, now: number): Cell | undefined {
    const span = this.#scopes.get(scope)?.[attribution];
    const window = this.window(name, now);
    if (!span || !window) return undefined;
    if (name === 'today') return span.today.slice();
    if (name === 'shift') return span.shift.slice();
    return span.sum(window.from, Infinity);
  }

  /** Of the same window before that one: intervals and rolling windows alone. */
  sumBefore(scope: string, name: WindowName, attribution: Attribution, now: number): Cell | undefined {
    const span = this.#scopes.get(scope)?.[attribution];
    const window = this.window(name, now);
    if (!span || !window || name === 'today' || name === 'shift') return undefined;
    const lengthMs = Number(name.split('-')[1]) * minuteMs;
    return span.sum(window.from - lengthMs, window.from);
  }

  /** One minute of a scope by event; undefined: nothing was counted in it. */
  minute(scope: string, start: number): Cell | undefined {
    return this.#scopes.get(scope)?.event.minute(start);
  }

  state(): CubeState {
    return {
      dayStart: this.#dayStart,
      ...(this.#shiftStart !== undefined && { shiftStart: this.#shiftStart }),
      contacts: [...this.#leaves.values()].map(({ key, spans: { event, arrival } }) => ({
        key,
        event: event.pack(),
        arrival: arrival.pack(),
      })),
      agents: [...this.#agents.values()].map(({ agentId, teamId, spans }) => ({
        agentId,
        teamId,
        event: spans.event.pack(),
      })),
      members: [...this.#members].map(([queueId, { spans }]) => ({ queueId, event: spans.event.pack() })),
      ...(this.#lastDay && { lastDay: this.#lastDay }),
    };
  }

  #scope(scope: string): Spans {
    let spans = this.#scopes.get(scope);
    if (!spans) this.#scopes.set(scope, (spans = emptySpans()));
    return spans;
  }

  #spansOf(key: ContactKey): readonly Spans[] {
    let spans = this.#leafOfKey.get(key);
    if (spans) return spans;
    const id = leafOf(key);
    let leaf = this.#leaves.get(id);
    if (!leaf) {
      const above = scopesOf(key).map((scope) => this.#scope(scope));
      this.#leaves.set(id, (leaf = { key, spans: emptySpans(), above }));
    }
    spans = [leaf.spans, ...leaf.above];
    this.#leafOfKey.set(key, spans);
    return spans;
  }

  /** Whoever changes the team takes along nothing: what was done for one stays with it. */
  #agentSpans(agentId: string, teamId: string): readonly Spans[] {
    const id = `${teamId}/${agentId}`;
    let agent = this.#agents.get(id);
    if (!agent) {
      const above = [this.#scope(`agent:${agentId}`)];
      if (teamId !== '') above.push(this.#scope(`team:${teamId}`));
      this.#agents.set(id, (agent = { agentId, teamId, spans: emptySpans(), above }));
    }
    return [agent.spans, ...agent.above];
  }

  #memberSpans(queueId: string): readonly Spans[] {
    let member = this.#members.get(queueId);
    if (!member)
      this.#members.set(
        queueId,
        (member = { spans: emptySpans(), above: [this.#scope(`queue:${queueId}`)] }),
      );
    return [member.spans, ...member.above];
  }

  #add(span: FigureSpan, at: number, delta: Delta): void {
    const isOfShift = this.#shiftStart !== undefined && at >= this.#shiftStart;
    span.add(at, delta, at >= this.#dayStart, isOfShift);
  }

  /** Who came yesterday and is answered today is credited, by arrival, to the day that is closed. */
  #addLate(queueId: string, arrivedAt: number, delta: Delta): void {
    const day = this.#lastDay;
    if (!day || arrivedAt < day.from) return;
    const { event = [], arrival = [] } = day.queues[queueId] ?? {};
    const cell = unpackCell(arrival);
    addDelta(cell, delta);
    this.#lastDay = { ...day, queues: { ...day.queues, [queueId]: { event, arrival: packCell(cell) } } };
  }

  #clear(which: 'today' | 'shift'): void {
    const all = [this.#scopes, this.#leaves, this.#agents, this.#members] as const;
    for (const map of all)
      for (const entry of map.values()) {
        const spans = 'spans' in entry ? entry.spans : entry;
        spans.event.clear(which);
        spans.arrival.clear(which);
      }
  }

  #queuesToday(): ClosedDay['queues'] {
    const queues: Record<string, { event: number[]; arrival: number[] }> = {};
    for (const [scope, { event, arrival }] of this.#scopes)
      if (scope.startsWith('queue:') && !scope.includes('/'))
        queues[scope.slice('queue:'.length)] = {
          event: packCell(event.today),
          arrival: packCell(arrival.today),
        };
    return queues;
  }
}
