/**
 * One look at everything that boards show, at one instant: whatever number of boards and widgets ask, each distinct question
 * is asked once. Lives for one flush (or one preview) and is thrown away. Pure but for what the ports read.
 */
import type { FigureName } from '../../contract/figures.ts';
import { figureFacts } from '../../contract/figures.ts';
import type { BoardState } from '../../contract/live.ts';
import type { FigureQuestion } from '../../stats/figure-source.ts';
import type { BoardAgent, BoardContact, BoardFloor, BoardLive, BoardSources } from './ports.ts';

/** A question with its name, made once for a widget and not with every look. */
export interface Asked extends FigureQuestion {
  key: string;
}

export function ask({ figure, scopes, window, attribution }: FigureQuestion): Asked {
  // How things stand now is the same over whatever window.
  const over = figureFacts(figure).over === 'now' ? 'now' : `${window} ${attribution}`;
  return { figure, scopes, window, attribution, key: `${figure} ${over} ${scopes.join(' ')}` };
}
export const askNow = (figure: FigureName, scopes: readonly string[]): Asked =>
  ask({ figure, scopes, window: 'today', attribution: 'event' });

/** A number that is none would read as "absent" in a patch, and differ from itself. */
const orNone = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isFinite(value) ? value : undefined;

/** Whoever rings at an agent waits on until it is answered. */
const isWaiting = ({ state }: BoardContact) => state === 'waiting' || state === 'ringing';
/** Its wait in all, whatever queues it went through. */
export const waitsSince = ({ queuedAt, since }: BoardContact): number => queuedAt ?? since;

/** Every board with agents filters all of them: their queues are read once. */
export interface AgentSeen {
  agent: BoardAgent;
  queueIds: readonly string[];
}

export class BoardLook {
  readonly now: number;
  readonly sources: BoardSources;
  readonly #live: BoardLive;
  readonly #figures = new Map<string, number | undefined>();
  readonly #before = new Map<string, number | undefined>();
  #waiters: BoardContact[] | undefined;
  #agents: AgentSeen[] | undefined;

  constructor(sources: BoardSources, live: BoardLive, now: number) {
    this.sources = sources;
    this.#live = live;
    this.now = now;
  }

  get board(): BoardState {
    return this.#live.board();
  }

  /** Costs more than the board: asked only by widgets about agents and contacts one by one. */
  get floor(): BoardFloor {
    return this.#live.floor();
  }

  figure(asked: Asked): number | undefined {
    const { key } = asked;
    if (this.#figures.has(key)) return this.#figures.get(key);
    const value = orNone(this.sources.figures.figure(asked, this.now));
    this.#figures.set(key, value);
    return value;
  }

  figureBefore(asked: Asked): number | undefined {
    const { key } = asked;
    if (this.#before.has(key)) return this.#before.get(key);
    const value = orNone(this.sources.figures.figureBefore(asked, this.now));
    this.#before.set(key, value);
    return value;
  }

  agents(): readonly AgentSeen[] {
    this.#agents ??= Object.values(this.floor.agents).map((agent) => ({
      agent,
      queueIds: agent.queueIds.split(','),
    }));
    return this.#agents;
  }

  /** Longest first. */
  waiters(): readonly BoardContact[] {
    this.#waiters ??= Object.values(this.floor.contacts)
      .filter(isWaiting)
      .sort((a, b) => waitsSince(a) - waitsSince(b) || (a.queueId < b.queueId ? -1 : 1));
    return this.#waiters;
  }
}
