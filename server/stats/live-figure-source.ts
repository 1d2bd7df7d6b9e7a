/**
 * Answers for every figure by its name, scope and window (figure-source.ts) out of the live fold. Asking changes nothing: what
 * has run out or runs on since the last event is added for the answer alone, cut at the window's beginning.
 */
import { type AgentState, agentStates, workOf } from '../contract/events.ts';
import {
  agentTimes,
  type Attribution,
  type FigureCounts,
  figureFacts,
  type FigureName,
  type WindowName,
} from '../contract/figures.ts';
import type { ContactLive } from '../contract/live.ts';
import type { AgentFigures } from './agent-figures.ts';
import { addCell, addDelta, type Cell, countsOf, emptyCell, placeOf } from './figure-cells.ts';
import { type FigureCube, scopesOf } from './figure-cube.ts';
import type { FigureFold } from './figure-fold.ts';
import type { FigureQuestion, FigureSource } from './figure-source.ts';
import { figureOf, scopeKindOf } from './figure-values.ts';
import { ahtMs, erlangCAgents } from './kpi.ts';
import type { PresentFigures } from './present-figures.ts';
import type { Ringing } from './queue-figures.ts';
import type { StatsSite } from './live-state.ts';

export interface LiveFigureParts {
  cube: FigureCube;
  fold: FigureFold;
  present: PresentFigures;
  people: AgentFigures;
  contacts: ReadonlyMap<string, ContactLive>;
  ringing: Ringing;
  site: () => StatsSite;
}

/** What runs on at one instant, found once however much is asked of it. */
interface Running {
  readonly now: number;
  /** By scope: time, from. */
  readonly times: Map<string, { place: number; from: number }[]>;
  readonly overdue: Map<string, { at: number; arrivedAt: number }[]>;
}

const stateFigures: Partial<Record<FigureName, readonly AgentState[]>> = {
  'agents-ready': ['ready'],
  'agents-not-ready': ['not-ready'],
  'agents-ringing': ['reserved', 'ringing'],
  'agents-talking': ['talking'],
  'agents-hold': ['hold'],
  'agents-wrap-up': ['wrap-up'],
  'agents-unreachable': ['unreachable'],
  'agents-logged-in': agentStates.filter((state) => state !== 'logged-out'),
};

export class LiveFigureSource implements FigureSource {
  readonly #parts: LiveFigureParts;

  constructor(parts: LiveFigureParts) {
    this.#parts = parts;
  }

  window(window: WindowName, now: number): { from: number; to: number } | undefined {
    return this.#parts.cube.window(window, now);
  }

  figure(question: FigureQuestion, now: number): number | undefined {
    const { figure, scopes } = question;
    if (figureFacts(figure).over === 'now') return this.#now(figure, scopes, now);
    const counts = this.counts(question, now);
    const kind = scopeKindOf(scopes[0] ?? 'site');
    return counts && figureOf(figure, counts, kind);
  }

  figureBefore({ figure, scopes, window, attribution }: FigureQuestion, now: number): number | undefined {
    if (figureFacts(figure).over === 'now') return undefined;
    const sum = joined(
      scopes.map((scope) => this.#parts.cube.sumBefore(scope, window, ruleOf(scope, attribution), now)),
    );
    return sum && figureOf(figure, countsOf(sum), scopeKindOf(scopes[0] ?? 'site'));
  }

  counts(
    { scopes, window, attribution }: Omit<FigureQuestion, 'figure'>,
    now: number,
  ): FigureCounts | undefined {
    const sum = joined(scopes.map((scope) => this.#sum(scope, window, ruleOf(scope, attribution), now)));
    return sum && countsOf(sum);
  }

  #sum(scope: string, name: WindowName, attribution: Attribution, now: number): Cell | undefined {
    const { cube } = this.#parts;
    const window = cube.window(name, now);
    if (!window) return undefined;
    const running = this.#running(now);
    const isRunning = running.times.has(scope) || running.overdue.has(scope);
    const byEvent = cube.sum(scope, name, 'event', now) ?? (isRunning ? emptyCell() : undefined);
    if (!byEvent) return undefined;
    const sum = attribution === 'event' ? byEvent : (cube.sum(scope, name, attribution, now) ?? emptyCell());
    // What agents do has no arrival.
    if (attribution === 'arrival') copyTimes(byEvent, sum);
    for (const { at, arrivedAt } of running.overdue.get(scope) ?? [])
      if ((attribution === 'event' ? at : arrivedAt) >= window.from)
        addDelta(sum, [placeOf.serviceLevelOffered, 1]);
    for (const { place, from } of running.times.get(scope) ?? [])
      if (now > from) addDelta(sum, [place, now - Math.max(from, window.from)]);
    return sum;
  }

  /** Not kept: any event may change it. A board of forty figures asks at one instant, so it is found in one pass there. */
  #running(now: number): Running {
    const known = this.#known;
    if (known && known.now === now && known.version === this.#parts.fold.version) return known;
    const running: Running & { version: number } = {
      now,
      version: this.#parts.fold.version,
      times: new Map(),
      overdue: new Map(),
    };
    const push = <T>(map: Map<string, T[]>, scope: string, one: T) => {
      const list = map.get(scope);
      if (list) list.push(one);
      else map.set(scope, [one]);
    };
    for (const stay of this.#parts.fold.overdue(now))
      for (const scope of scopesOf(stay.key))
        push(running.overdue, scope, { at: stay.queuedAt + stay.targetMs, arrivedAt: stay.queuedAt });
    this.#parts.fold.agents.running(now, (agentId, teamId, queueIds, time, from) => {
      const one = { place: placeOf[time], from };
      push(running.times, 'site', one);
      push(running.times, `agent:${agentId}`, one);
      if (teamId !== '') push(running.times, `team:${teamId}`, one);
      if (time === 'readyMs') for (const queueId of queueIds) push(running.times, `queue:${queueId}`, one);
    });
    this.#known = running;
    return running;
  }
  #known: (Running & { version: number }) | undefined;

  #now(figure: FigureName, scopes: readonly string[], now: number): number | undefined {
    const { present } = this.#parts;
    const states = stateFigures[figure];
    if (states) return this.#agentsIn(states, scopes);
    const sum = (of: (scope: string) => number) => scopes.reduce((total, scope) => total + of(scope), 0);
    switch (figure) {
      case 'waiting':
        return sum((scope) => present.waiting(scope));
      case 'talking':
        return sum((scope) => present.talking(scope));
      case 'overdue':
        return sum((scope) => present.overdue(scope, now));
      case 'ringing':
        return this.#ringing(scopes);
      case 'oldest-waiting':
        return earliest(scopes.map((scope) => present.oldest(scope)?.queuedAt));
      case 'callbacks-pending':
        return this.#callbacks(scopes).length;
      case 'callbacks-oldest':
        return earliest(this.#callbacks(scopes));
      case 'unreachable-phones':
        return this.#parts.people.lostPhones;
      case 'agents-required':
        return this.#required(scopes, now);
      case 'staffing-gap': {
        const required = this.#required(scopes, now);
        const present = this.#agentsIn(stateFigures['agents-logged-in']!, scopes);
        return required === undefined || present === undefined ? undefined : present - required;
      }
      case 'trunk-calls':
        return this.#trunkCalls(scopes);
      case 'trunk-use':
        return this.#trunkUse(scopes);
      default:
        return undefined;
    }
  }

  #agentsIn(states: readonly AgentState[], scopes: readonly string[]): number | undefined {
    const { people } = this.#parts;
    if (scopes.includes('site')) {
      const byState = people.byState();
      return states.reduce((sum, state) => sum + byState[state], 0);
    }
    return people.countIn(states, scopes);
  }

  #ringing(scopes: readonly string[]): number | undefined {
    const { ringing } = this.#parts;
    const queues = scopes.includes('site')
      ? ringing.queues()
      : scopes.filter((scope) => /^queue:[^/]+$/.test(scope)).map((scope) => scope.slice('queue:'.length));
    return queues.reduce((sum, queueId) => sum + ringing.of(queueId), 0);
  }

  /** When those came who are to be called back and whom no agent has taken yet. */
  #callbacks(scopes: readonly string[]): number[] {
    return [...this.#parts.contacts.values()]
      .filter(
        ({ channel, state, queueId }) =>
          channel === 'callback' &&
          (state === 'greeting' || state === 'waiting' || state === 'ringing') &&
          scopes.some(
            (scope) => scope === 'site' || scope === `queue:${queueId}` || scope === 'channel:callback',
          ),
      )
      .map(({ queuedAt, since }) => queuedAt ?? since);
  }

  /** Of queues that took calls in the last hour; undefined before the first of them was handled. */
  #required(scopes: readonly string[], now: number): number | undefined {
    const queues = this.#parts
      .site()
      .queues.filter(({ id }) => scopes.includes('site') || scopes.includes(`queue:${id}`));
    let sum: number | undefined;
    for (const { id, targetPercent, targetMs } of queues) {
      const of = (window: WindowName) =>
        this.counts({ scopes: [`queue:${id}/voice`], window, attribution: 'event' }, now);
      const offered = of('rolling-60')?.offered ?? 0;
      const today = of('today');
      const aht = today && ahtMs(today);
      if (offered === 0 || aht === undefined || aht === 0) continue;
      const staffing = { arrivalsPerSec: offered / 3600, ahtSec: aht / 1000 };
      sum = (sum ?? 0) + (erlangCAgents(staffing, targetPercent / 100, targetMs / 1000) ?? 0);
    }
    return sum;
  }

  #trunkCalls(scopes: readonly string[]): number {
    let calls = 0;
    for (const { channel, trunkId } of this.#parts.fold.inHand())
      if (trunkId !== '' && workOf(channel) === 'voice')
        if (scopes.some((scope) => scope === 'site' || scope === `trunk:${trunkId}`)) calls += 1;
    return calls;
  }

  #trunkUse(scopes: readonly string[]): number | undefined {
    const trunks = this.#parts
      .site()
      .trunks.filter(({ id }) => scopes.includes('site') || scopes.includes(`trunk:${id}`));
    const room = trunks.reduce((sum, { maxCalls }) => sum + maxCalls, 0);
    return room > 0 ? this.#trunkCalls(scopes) / room : undefined;
  }
}

function copyTimes(from: Cell, to: Cell): void {
  for (const time of agentTimes) to[placeOf[time]] = from[placeOf[time]]!;
}

/** What agents do is credited to when they did it, always. */
const ruleOf = (scope: string, attribution: Attribution): Attribution =>
  scope.startsWith('agent:') || scope.startsWith('team:') ? 'event' : attribution;

function joined(cells: readonly (Cell | undefined)[]): Cell | undefined {
  let sum: Cell | undefined;
  for (const cell of cells) {
    if (!cell) continue;
    if (sum) addCell(sum, cell);
    else sum = cell;
  }
  return sum;
}

function earliest(instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
