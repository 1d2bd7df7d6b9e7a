/**
 * Who called a short while ago: the place a caller lost by hanging up and the queue of the last call (M2), and the agent
 * who helped last (S40). A fold
 * of the log, bounded in time and number; it knows callers by the number they show, and nobody who hides it. It holds
 * personal data and goes nowhere but into the house's own snapshot.
 */
import type { EventDraft } from '../contract/events.ts';

interface Stay {
  queueId: string;
  /** Since when it was taken to wait, head start included, ms UTC. */
  since: number;
}

export interface RecentCallersSnapshot {
  callers: [contactId: string, from: string][];
  stays: [contactId: string, stay: Stay][];
  left: [from: string, stay: Stay & { leftAt: number }][];
  helped: [from: string, by: { agentId: string; at: number }][];
  visited?: [from: string, visit: { queueId: string; at: number }][];
}

const keepLeftMs = 3_600_000;
const keepHelpedMs = 30 * 86_400_000;
const maxKept = 10_000;

export class RecentCallers {
  readonly #callers: Map<string, string>;
  readonly #stays: Map<string, Stay>;
  readonly #left: Map<string, Stay & { leftAt: number }>;
  readonly #helped: Map<string, { agentId: string; at: number }>;
  readonly #visited: Map<string, { queueId: string; at: number }>;

  constructor(snapshot?: RecentCallersSnapshot) {
    this.#callers = new Map(snapshot?.callers);
    this.#stays = new Map(snapshot?.stays);
    this.#left = new Map(snapshot?.left);
    this.#helped = new Map(snapshot?.helped);
    this.#visited = new Map(snapshot?.visited);
  }

  apply(event: EventDraft): void {
    const id = event.contactId ?? '';
    const from = this.#callers.get(id);
    switch (event.type) {
      case 'contact.arrived':
        if (isShown(event.data.pii?.from)) this.#callers.set(id, event.data.pii.from);
        return;
      case 'contact.queued':
        // Used up: a second call from the same number begins where it begins.
        if (from === undefined) return;
        this.#left.delete(from);
        this.#stays.set(id, {
          queueId: event.queueId ?? '',
          since: event.at - (event.data.headStartMs ?? 0),
        });
        return;
      case 'contact.abandoned': {
        const stay = this.#stays.get(id);
        if (from !== undefined && stay) remember(this.#left, from, { leftAt: event.at, ...stay });
        return;
      }
      case 'contact.answered':
        if (from === undefined || event.agentId === undefined) return;
        this.#left.delete(from);
        remember(this.#helped, from, { agentId: event.agentId, at: event.at });
        return;
      case 'contact.ended':
        if (from !== undefined && this.#stays.has(id))
          remember(this.#visited, from, { queueId: event.queueId ?? '', at: event.at });
        this.#callers.delete(id);
        this.#stays.delete(id);
        return;
      default:
        return;
    }
  }

  /** Since when a caller who is back in time is taken to wait in this queue. */
  returning(from: string, queueId: string, withinMs: number, now: number): number | undefined {
    const left = this.#left.get(from);
    return left?.queueId === queueId && now - left.leftAt <= withinMs ? left.since : undefined;
  }

  /** The queue of the caller's last call, whatever came of it. */
  lastQueue(from: string, withinMs: number, now: number): string | undefined {
    const visit = this.#visited.get(from);
    return visit && now - visit.at <= withinMs ? visit.queueId : undefined;
  }

  lastAgent(from: string, withinMs: number, now: number): string | undefined {
    const helped = this.#helped.get(from);
    return helped && now - helped.at <= withinMs ? helped.agentId : undefined;
  }

  toSnapshot(now: number): RecentCallersSnapshot {
    for (const [from, { leftAt }] of this.#left) if (now - leftAt > keepLeftMs) this.#left.delete(from);
    for (const known of [this.#helped, this.#visited])
      for (const [from, { at }] of known) if (now - at > keepHelpedMs) known.delete(from);
    return {
      callers: [...this.#callers],
      stays: [...this.#stays],
      left: [...this.#left],
      helped: [...this.#helped],
      visited: [...this.#visited],
    };
  }
}

const isShown = (from: string | undefined): from is string => from !== undefined && /^\+?\d{3,}$/.test(from);

/** The newest stand last, so that the oldest go first when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.size > maxKept ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
}
