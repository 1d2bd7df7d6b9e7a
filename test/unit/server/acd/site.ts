/** Small sites and short hands for tests of the routing engine. */
import { createAcd } from '../../../../server/acd/engine.ts';
import type { Acd, AcdAgent, AcdCommand, AcdQueue, AcdSite } from '../../../../server/acd/types.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';

export const queue = (id: string, changes: Partial<AcdQueue> = {}): AcdQueue => ({
  id,
  strategy: 'longest-idle',
  ringMs: 15_000,
  maxWaitMs: 600_000,
  maxLength: 100,
  overflowTarget: 'all-busy',
  targetMs: 20_000,
  shortAbandonMs: 5_000,
  announceEveryMs: 30_000,
  ...changes,
});

export const agent = (id: string, queueIds: string[], changes: Partial<AcdAgent> = {}): AcdAgent => ({
  id,
  queueIds,
  wrapUp: { mode: 'timed', ms: 10_000 },
  ...changes,
});

export const site = (queues: AcdQueue[], agents: AcdAgent[], phoneIds: string[], version = 1): AcdSite => ({
  version,
  queues,
  agents,
  phoneIds,
});

/** An engine with its log: every command is followed by a check of the invariants. */
export class Bench {
  readonly log: EventDraft[] = [];
  acd: Acd;
  at = 1_000_000;

  constructor(start: AcdSite, snapshot?: unknown) {
    this.acd = createAcd(snapshot);
    if (snapshot === undefined) this.do({ type: 'site.apply', site: start });
  }

  do(command: WithoutTime): { events: EventDraft[]; ignored?: string } {
    const result = this.acd.handle({ ...command, at: this.at } as AcdCommand);
    this.log.push(...result.events);
    this.acd.assertInvariants();
    return result;
  }

  /** Lets time pass, tick by tick, as the shell does. */
  pass(ms: number): EventDraft[] {
    const end = this.at + ms;
    const events: EventDraft[] = [];
    for (;;) {
      const due = this.acd.nextDeadline();
      if (due === undefined || due > end) break;
      this.at = Math.max(this.at, due);
      events.push(...this.do({ type: 'tick' }).events);
    }
    this.at = end;
    return events;
  }

  /** A Ready agent at a registered phone. */
  seat(agentId: string, phoneId: string): void {
    this.do({ type: 'phone.registered', phoneId, transport: 'udp' });
    this.do({ type: 'agent.login', agentId, phoneId, how: 'feature-code' });
    this.do({ type: 'agent.ready', agentId });
  }

  /** A contact that entered the queue. */
  call(contactId: string, queueId: string, priority?: number): EventDraft[] {
    this.arrive(contactId, queueId);
    return this.do({
      type: 'contact.enqueue',
      contactId,
      ...(priority === undefined ? {} : { priority }),
    }).events;
  }

  arrive(contactId: string, queueId: string): void {
    this.do({
      type: 'contact.arrive',
      contactId,
      channel: 'voice',
      queueId,
      numberId: '5000',
      language: 'en',
    });
  }

  /** The offer that rings for this contact. */
  offerOf(contactId: string): string {
    const offerId = this.acd.contact(contactId)?.offerId;
    if (offerId === undefined) throw new Error(`no offer for ${contactId}`);
    return offerId;
  }

  answer(contactId: string): void {
    const offerId = this.offerOf(contactId);
    this.do({ type: 'offer.alerted', offerId });
    this.do({ type: 'offer.accepted', offerId });
  }

  agentState(agentId: string): string {
    const view = this.acd.agent(agentId);
    return view ? [view.state, view.reason].filter(Boolean).join(':') : 'unknown';
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type WithoutTime = DistributiveOmit<AcdCommand, 'at'>;

export const types = (events: EventDraft[]): string[] => events.map((event) => event.type);
/** `agent 101 ready>reserved`, `contact.queued c1` and so on: one line an event. */
export const lines = (events: EventDraft[]): string[] =>
  events.map((event) => {
    if (event.type === 'agent.state-changed')
      return `${event.agentId} ${event.data.from}>${event.data.to}${event.data.reason ? ` ${event.data.reason}` : ''}`;
    if (event.type === 'offer.withdrawn') return `offer.withdrawn ${event.contactId} ${event.data.reason}`;
    if (event.type === 'contact.flowed-out')
      return `contact.flowed-out ${event.contactId} ${event.data.reason}`;
    if (event.type === 'contact.ended')
      return `contact.ended ${event.contactId} ${event.data.outcome} by ${event.data.endedBy}`;
    if (event.type === 'contact.offered') return `contact.offered ${event.contactId} to ${event.agentId}`;
    return [event.type, event.contactId ?? event.agentId].filter(Boolean).join(' ');
  });
