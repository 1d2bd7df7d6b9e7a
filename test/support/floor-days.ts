/**
 * Days of a small call centre, drawn from a seed and driven through the real routing engine: calls, chats and mails that wait,
 * ring, are answered, held, passed on, given up; agents who log in and out, take breaks and wrap up. No clock: time jumps from
 * one happening to the next.
 */
import { createAcd } from '../../server/acd/engine.ts';
import type { AcdCommand, AcdSite } from '../../server/acd/types.ts';
import type { EventDraft, HearthlineEvent } from '../../server/contract/events.ts';
import { randomSource } from './random-source.ts';

type Command = AcdCommand extends infer C ? (C extends { at: number } ? Omit<C, 'at'> : never) : never;

export interface FloorDaysOptions {
  seed: number;
  startAt: number;
  endAt: number;
  site: AcdSite;
  contacts: number;
}

interface Plan {
  at: number;
  order: number;
  run: () => void;
}

const minute = 60_000;

export class FloorDays {
  readonly log: HearthlineEvent[] = [];
  readonly #acd = createAcd();
  readonly #random: () => number;
  readonly #options: FloorDaysOptions;
  #plans: Plan[] = [];
  #order = 0;
  #at: number;
  #arrivals = 0;
  #site: AcdSite;

  constructor(options: FloorDaysOptions) {
    this.#options = options;
    this.#random = randomSource(options.seed);
    this.#at = options.startAt;
    this.#site = options.site;
    this.apply(options.site);
    for (const phoneId of options.site.phoneIds)
      this.#run({ type: 'phone.registered', phoneId, transport: 'udp' });
    for (const [index, agent] of options.site.agents.entries()) this.#beginShift(agent.id, index);
    this.#planArrival();
  }

  get at(): number {
    return this.#at;
  }

  apply(site: AcdSite): void {
    this.#site = site;
    this.#run({ type: 'site.apply', site });
  }

  /** Until this instant, or for ever while there is something to do; answers whether there is more. */
  runTo(until: number): void {
    for (;;) {
      const deadline = this.#acd.nextDeadline() ?? Infinity;
      const next = this.#plans[0];
      const at = Math.min(deadline, next?.at ?? Infinity);
      if (at > until) break;
      this.#at = Math.max(this.#at, at);
      if (next && next.at <= deadline) {
        this.#plans.shift();
        next.run();
      } else this.#run({ type: 'tick' });
    }
    this.#at = Math.max(this.#at, until);
  }

  #plan(inMs: number, run: () => void): void {
    const plan = { at: this.#at + Math.max(0, Math.round(inMs)), order: ++this.#order, run };
    let low = 0;
    let high = this.#plans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#plans[middle]!.at <= plan.at) low = middle + 1;
      else high = middle;
    }
    this.#plans.splice(low, 0, plan);
  }

  /** False: it changed nothing. */
  #run(command: Command): boolean {
    const { events, ignored } = this.#acd.handle({ ...command, at: this.#at } as AcdCommand);
    this.#append(events);
    return ignored === undefined;
  }

  #append(drafts: readonly EventDraft[]): void {
    for (const draft of drafts) {
      const seq = this.log.length + 1;
      const event = { ...draft, id: `e${seq}`, seq, v: 1 } as HearthlineEvent;
      this.log.push(event);
      this.#follow(event);
    }
  }

  #exponential(meanMs: number): number {
    return -Math.log(1 - this.#random()) * meanMs;
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)]!;
  }

  #beginShift(agentId: string, index: number): void {
    const phoneId = this.#site.phoneIds[index];
    this.#run({ type: 'agent.login', agentId, how: 'web', ...(phoneId !== undefined && { phoneId }) });
    this.#run({ type: 'agent.ready', agentId });
    this.#plan(this.#exponential(90 * minute), () => this.#break(agentId, index));
  }

  #break(agentId: string, index: number): void {
    const isEnd = this.#random() < 0.15;
    if (isEnd) this.#run({ type: 'agent.logout', agentId, reason: 'asked' });
    else this.#run({ type: 'agent.not-ready', agentId, reason: this.#pick(['break', 'lunch']) });
    this.#plan(this.#exponential((isEnd ? 120 : 12) * minute), () => {
      if (isEnd) return this.#beginShift(agentId, index);
      this.#run({ type: 'agent.ready', agentId });
      return this.#plan(this.#exponential(90 * minute), () => this.#break(agentId, index));
    });
  }

  #planArrival(): void {
    const { startAt, endAt, contacts } = this.#options;
    if (this.#arrivals >= contacts) return;
    this.#plan(this.#exponential((endAt - startAt) / contacts), () => this.#arrive());
  }

  #arrive(): void {
    const contactId = `c${++this.#arrivals}`;
    const channel = this.#random() < 0.8 ? 'voice' : this.#pick(['chat', 'mail', 'callback'] as const);
    const queueId = this.#pick(this.#site.queues).id;
    this.#run({
      type: 'contact.arrive',
      contactId,
      channel,
      queueId,
      numberId: channel === 'voice' ? this.#pick(['700', '701']) : channel,
      language: 'en',
      ...(channel === 'voice' && this.#random() < 0.9 && { trunkId: this.#pick(['east', 'west']) }),
      pii: { from: `+3905500${this.#arrivals % 4000}` },
    });
    if (this.#random() < 0.03)
      this.#plan(3000, () => this.#run({ type: 'contact.leave', contactId, reason: 'hung-up' }));
    else {
      this.#plan(this.#random() * 6000, () => this.#run({ type: 'contact.enqueue', contactId }));
      const patience = channel === 'mail' ? 20 * 60 : channel === 'chat' ? 4 * 60 : 70;
      this.#plan(6000 + this.#exponential(patience * 1000), () => this.#giveUp(contactId));
    }
    this.#planArrival();
  }

  #giveUp(contactId: string): void {
    const state = this.#acd.contact(contactId)?.state;
    if (state === 'waiting' || state === 'offered')
      this.#run({ type: 'contact.leave', contactId, reason: 'hung-up' });
  }

  /** What agents do about what routing says. */
  #follow(event: HearthlineEvent): void {
    const contactId = event.contactId ?? '';
    switch (event.type) {
      case 'contact.offered': {
        const { offerId } = event.data;
        if (this.#random() < 0.5) this.#plan(400, () => this.#run({ type: 'offer.alerted', offerId }));
        const roll = this.#random();
        if (roll < 0.9)
          this.#plan(500 + this.#exponential(4000), () => this.#run({ type: 'offer.accepted', offerId }));
        else if (roll < 0.95)
          this.#plan(3000, () => this.#run({ type: 'offer.failed', offerId, reason: 'rejected' }));
        return;
      }
      case 'agent.state-changed':
        if (event.data.to === 'not-ready' && event.data.isSystemReason) {
          const agentId = event.agentId ?? '';
          this.#plan(this.#exponential(30_000), () => this.#run({ type: 'agent.ready', agentId }));
        }
        return;
      case 'contact.answered':
        this.#talk(contactId, event.agentId ?? '', event.queueId ?? '');
        return;
      case 'contact.flowed-out':
        this.#plan(4000, () => this.#run({ type: 'contact.finish', contactId, reason: 'played' }));
        return;
      default:
    }
  }

  #talk(contactId: string, agentId: string, queueId: string): void {
    const talkMs = 5000 + this.#exponential(150_000);
    if (this.#acd.contact(contactId)?.channel === 'chat')
      this.#plan(talkMs / 4, () =>
        this.#append([
          {
            type: 'contact.replied',
            at: this.#at,
            contactId,
            agentId,
            queueId,
            data: { responseMs: Math.floor(talkMs * 1.5) },
          },
        ]),
      );
    if (this.#random() < 0.2) {
      this.#plan(talkMs / 3, () => this.#run({ type: 'contact.hold', contactId }));
      this.#plan(talkMs / 2, () => this.#run({ type: 'contact.resume', contactId }));
    }
    const isPassedOn = this.#random() < 0.08;
    const to = { queueId: this.#pick(this.#site.queues).id };
    const isByCustomer = this.#random() < 0.5;
    this.#plan(talkMs, () => {
      // Where nobody there could take it, the talk goes on: then it ends.
      if (isPassedOn && this.#run({ type: 'contact.transfer', contactId, to })) return;
      this.#run(
        isByCustomer
          ? { type: 'contact.leave', contactId, reason: 'hung-up' }
          : { type: 'contact.agent-hung-up', contactId, reason: 'bye' },
      );
    });
    if (isPassedOn) this.#plan(talkMs + this.#exponential(100_000), () => this.#giveUp(contactId));
  }
}
