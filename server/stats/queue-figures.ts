/**
 * The figures of one queue since the day began, and who waits in it now. Part of the live fold: pure, fed with
 * events in the order of the log. Attribution is by event interval: a thing counts in the day in which it
 * happened. The service-level event of a contact is the first of answered, abandoned (not short), target time
 * passed; the last is found by event time only (`passTarget`), so asking for a board changes nothing.
 */
import { ahtMs, asaMs, serviceLevelAbandonsIgnored } from './kpi.ts';
import type { QueueLive } from '../contract/live.ts';
import type { DraftOf } from '../contract/events.ts';

export interface StatsQueue {
  id: string;
  name: string;
  targetPercent: number;
  targetMs: number;
  shortAbandonMs: number;
}

const noCounts = () => ({
  offered: 0,
  waitingAtStart: 0,
  answered: 0,
  answeredInTarget: 0,
  abandoned: 0,
  abandonedInTarget: 0,
  shortAbandoned: 0,
  flowedOut: 0,
  rona: 0,
  serviceLevelOffered: 0,
  answeredWaitMs: 0,
  longestWaitMs: 0,
  handled: 0,
  talkMs: 0,
  holdMs: 0,
  wrapUpMs: 0,
});
export type QueueCounts = ReturnType<typeof noCounts>;

export interface QueueSnapshot {
  queueId: string;
  targetMs: number;
  counts: QueueCounts;
  /** [contactId, queuedAt] of all who wait, by entry; of those whose service-level event is still to come. */
  waiting: [string, number][];
  undecided: [string, number][];
  /** [contactId, phones that ring for it]; a number in snapshots of old. */
  ringing: [string, number][] | number;
  talking: number;
}

export class QueueFigures {
  readonly queueId: string;
  /** The last one known: contacts leave a queue that was taken out of the site after it is gone. */
  targetMs = 0;
  counts = noCounts();
  /** Contact to entry time. Events come in time order, so the first is the one that waits longest. */
  readonly #waiting: Map<string, number>;
  /** Those among them whose service-level event is still to come. */
  readonly #undecided: Map<string, number>;
  /** Where all are rung, several phones ring for one contact. */
  readonly #ringing: Map<string, number>;
  talking = 0;
  agentsLoggedIn = 0;
  agentsReady = 0;

  constructor(queueId: string, snapshot?: QueueSnapshot) {
    this.queueId = queueId;
    this.#waiting = new Map(snapshot?.waiting);
    this.#undecided = new Map(snapshot?.undecided);
    this.#ringing = new Map(Array.isArray(snapshot?.ringing) ? snapshot.ringing : []);
    if (!snapshot) return;
    this.targetMs = snapshot.targetMs;
    this.counts = { ...snapshot.counts };
    this.talking = snapshot.talking;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  isWaiting(contactId: string): boolean {
    return this.#waiting.has(contactId);
  }

  isRinging(contactId: string): boolean {
    return this.#ringing.has(contactId);
  }

  ring(contactId: string): void {
    this.#ringing.set(contactId, (this.#ringing.get(contactId) ?? 0) + 1);
  }

  stopRinging(contactId: string): void {
    const left = (this.#ringing.get(contactId) ?? 0) - 1;
    if (left > 0) this.#ringing.set(contactId, left);
    else this.#ringing.delete(contactId);
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.talking === 0;
  }

  enter(contactId: string, at: number): void {
    this.counts.offered += 1;
    this.#waiting.set(contactId, at);
    this.#undecided.set(contactId, at);
  }

  /** Everyone who by then has waited for longer than the target has had the service-level event. */
  passTarget(at: number): void {
    for (const [contactId, queuedAt] of this.#undecided) {
      if (at - queuedAt <= this.targetMs) return;
      this.#undecided.delete(contactId);
      this.counts.serviceLevelOffered += 1;
    }
  }

  answer(contactId: string, { waitMs, inTarget }: DraftOf<'contact.answered'>['data']): void {
    const { counts } = this;
    counts.answered += 1;
    counts.answeredWaitMs += waitMs;
    if (inTarget) counts.answeredInTarget += 1;
    if (this.#undecided.has(contactId)) counts.serviceLevelOffered += 1;
    this.#ringing.delete(contactId);
    this.talking += 1;
    this.#leave(contactId, waitMs);
  }

  abandon(contactId: string, { waitMs, inTarget, isShort }: DraftOf<'contact.abandoned'>['data']): void {
    const { counts } = this;
    counts.abandoned += 1;
    if (isShort) counts.shortAbandoned += 1;
    else {
      if (inTarget) counts.abandonedInTarget += 1;
      if (this.#undecided.has(contactId)) counts.serviceLevelOffered += 1;
    }
    this.#leave(contactId, waitMs);
  }

  /** Also for a contact that found no room and so never waited: offered and flowed out at once. */
  flowOut(contactId: string, waitMs: number): void {
    if (!this.#waiting.has(contactId)) this.counts.offered += 1;
    this.counts.flowedOut += 1;
    this.#leave(contactId, waitMs);
  }

  handle(talkMs: number, holdMs: number): void {
    this.talking -= 1;
    this.counts.handled += 1;
    this.counts.talkMs += talkMs;
    this.counts.holdMs += holdMs;
  }

  #leave(contactId: string, waitMs: number): void {
    this.#waiting.delete(contactId);
    this.#undecided.delete(contactId);
    this.counts.longestWaitMs = Math.max(this.counts.longestWaitMs, waitMs);
  }

  /** Whoever waits over midnight is carried over; figures begin anew. */
  rollDay(dayStart: number): void {
    this.passTarget(dayStart);
    this.counts = { ...noCounts(), waitingAtStart: this.#waiting.size };
  }

  live(queue: StatsQueue, now: number): QueueLive {
    const { counts } = this;
    let overdue = 0;
    for (const queuedAt of this.#undecided.values()) {
      if (now - queuedAt <= queue.targetMs) break;
      overdue += 1;
    }
    const serviceLevel = serviceLevelAbandonsIgnored({
      ...counts,
      serviceLevelOffered: counts.serviceLevelOffered + overdue,
    });
    const [oldest] = this.#waiting.values();
    const asa = asaMs(counts);
    const aht = ahtMs(counts);
    return {
      queueId: queue.id,
      name: queue.name,
      waiting: this.#waiting.size,
      ...(oldest === undefined ? {} : { oldestWaitingSince: oldest }),
      ringing: this.#ringing.size,
      talking: this.talking,
      offered: counts.offered,
      answered: counts.answered,
      answeredInTarget: counts.answeredInTarget,
      abandoned: counts.abandoned,
      abandonedInTarget: counts.abandonedInTarget,
      shortAbandoned: counts.shortAbandoned,
      flowedOut: counts.flowedOut,
      rona: counts.rona,
      ...(serviceLevel === undefined ? {} : { serviceLevel }),
      targetPercent: queue.targetPercent,
      targetSec: queue.targetMs / 1000,
      ...(asa === undefined ? {} : { asaMs: asa }),
      ...(aht === undefined ? {} : { ahtMs: aht }),
      longestWaitMs: counts.longestWaitMs,
      agentsLoggedIn: this.agentsLoggedIn,
      agentsReady: this.agentsReady,
    };
  }

  toSnapshot(): QueueSnapshot {
    return {
      queueId: this.queueId,
      targetMs: this.targetMs,
      counts: { ...this.counts },
      waiting: [...this.#waiting],
      undecided: [...this.#undecided],
      ringing: [...this.#ringing],
      talking: this.talking,
    };
  }
}
