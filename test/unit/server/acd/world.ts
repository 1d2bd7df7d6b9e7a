/** A random call centre, drawn from a seed: callers, agents, phones, sites and time in every order. */
import { createAcd } from '../../../../server/acd/engine.ts';
import {
  type Acd,
  type AcdAgent,
  type AcdCommand,
  type AcdQueue,
  type AcdSite,
  type Blocks,
  type OverflowRule,
  type OverflowTarget,
  type TransferTarget,
  type Wishes,
} from '../../../../server/acd/types.ts';
import type { SkillDemand } from '../../../../server/contract/decision.ts';
import {
  type DraftOf,
  type EventDraft,
  type Work,
  workOf,
  works,
} from '../../../../server/contract/events.ts';
import { defaultCapacity, strategies } from '../../../../server/contract/site-routing.ts';
import { agent, queue, site, type WithoutTime } from './site.ts';
import { randomSource } from '../../../support/random-source.ts';

interface Tally {
  offered: number;
  answered: number;
  abandoned: number;
  flowedOut: number;
}

export class World {
  readonly acd = createAcd();
  readonly log: EventDraft[] = [];
  readonly tally: Tally = { offered: 0, answered: 0, abandoned: 0, flowedOut: 0 };
  readonly queued = new Set<string>();
  readonly offerIds = new Set<string>();
  readonly arrived = new Set<string>();
  readonly ended = new Set<string>();
  readonly random: () => number;
  readonly queueIds: string[];
  readonly agentIds: string[];
  readonly phoneIds: string[];
  at = 1_700_000_000_000;
  arrivals = 0;
  version = 0;
  ignored = 0;
  /** Given back to their own queue. */
  returned = 0;
  inForce: AcdSite | undefined;
  readonly mostInHand = { chat: 0, mail: 0 };

  constructor(seed: number) {
    this.random = randomSource(seed);
    this.queueIds = Array.from({ length: 1 + this.below(4) }, (_, i) => `q${i}`);
    this.agentIds = Array.from({ length: 1 + this.below(9) }, (_, i) => `${100 + i}`);
    this.phoneIds = Array.from({ length: 1 + this.below(9) }, (_, i) => `p${i}`);
    this.run({ type: 'site.apply', site: this.site(true) });
    for (const phoneId of this.phoneIds)
      if (this.random() < 0.8) this.run({ type: 'phone.registered', phoneId, transport: 'udp' });
  }

  below(n: number): number {
    return Math.floor(this.random() * n);
  }
  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('picked from nothing');
    return item;
  }
  some<T>(list: readonly T[], share: number): T[] {
    return list.filter(() => this.random() < share);
  }

  site(isWhole = false): AcdSite {
    const share = isWhole ? 1 : 0.85;
    const queues: AcdQueue[] = this.some(this.queueIds, share).map((id) =>
      queue(id, {
        ringMs: this.pick([3_000, 15_000]),
        maxWaitMs: this.pick([0, 20_000, 120_000]),
        maxLength: this.pick([0, 1, 3, 20]),
        announceEveryMs: this.pick([0, 10_000, 30_000]),
        strategy: this.pick(strategies),
        ...(this.random() < 0.3
          ? { rona: { after: 1 + this.below(3), becomes: this.pick(['not-ready', 'logged-out'] as const) } }
          : {}),
        ...(this.random() < 0.35 ? { overflow: this.overflow(id) } : {}),
        ...this.queueRules(),
      }),
    );
    const agents: AcdAgent[] = this.some(this.agentIds, share).map((id, index) => {
      const phoneId = this.phoneIds[index];
      return agent(id, this.some(this.queueIds, 0.6), {
        wrapUp: this.pick([
          { mode: 'none' },
          { mode: 'timed', ms: this.pick([1_000, 10_000]) },
          { mode: 'timed', ms: 4_000, extendMs: 3_000, extensions: 2 },
          { mode: 'until-released' },
        ] as const),
        ...(phoneId !== undefined && this.random() < 0.4 ? { phoneId } : {}),
        ...(this.random() < 0.5
          ? { capacity: { voice: this.below(5) === 0 ? 0 : 1, chat: this.below(4), mail: this.below(6) } }
          : {}),
        ...(this.random() < 0.7 ? { skills: this.levels() } : {}),
        ...(this.random() < 0.8 ? { languages: this.some(['en', 'it', 'ru'], 0.6) } : {}),
        ...(this.random() < 0.3 ? { tiers: { [this.pick(this.queueIds)]: 1 + this.below(3) } } : {}),
      });
    });
    return {
      ...site(queues, agents, this.some(this.phoneIds, isWhole ? 1 : 0.9), ++this.version),
      ...(this.random() < 0.5 ? { priorityWorthMs: this.pick([0, 5_000, 60_000]) } : {}),
      ...(this.random() < 0.5 ? { seed: this.below(100) } : {}),
      ...(this.random() < 0.5 ? { blocks: this.blocks() } : {}),
    };
  }

  blocks(): Blocks {
    const others = (own: Work) =>
      this.some(
        works.filter((one) => one !== own),
        0.4,
      );
    return { voice: others('voice'), chat: others('chat'), mail: others('mail') };
  }

  overflow(queueId: string): OverflowRule[] {
    const to = (): OverflowTarget =>
      this.random() < 0.6
        ? { kind: 'queue', queueId: this.pick([...this.queueIds, queueId, 'no-such-queue']) }
        : this.pick([
            { kind: 'message', prompt: 'sorry' },
            { kind: 'number', number: '700' },
          ] as const);
    const whens = this.some(
      ['max-wait', 'max-length', 'no-agents', 'all-not-ready', 'emergency'] as const,
      0.4,
    );
    return [
      ...whens.map((when) => ({ when, to: to() })),
      ...(this.random() < 0.3
        ? [{ when: 'contacts-per-agent' as const, above: this.pick([1, 2, 5]), to: to() }]
        : []),
      ...(this.random() < 0.3
        ? [{ when: 'estimated-wait' as const, aboveMs: this.pick([5_000, 30_000]), to: to() }]
        : []),
    ];
  }

  queueRules(): Partial<AcdQueue> {
    const steps = [4_000, 9_000, 30_000].filter(() => this.random() < 0.4);
    return {
      ...(this.random() < 0.2 ? { weight: this.below(3) } : {}),
      ...(this.random() < 0.2 ? { headStartMs: this.pick([5_000, 60_000]) } : {}),
      ...(this.random() < 0.4 ? { skills: this.skillDemand(2) } : {}),
      ...(this.random() < 0.4
        ? {
            relax: steps.map((afterMs) => ({
              afterMs,
              ...(this.random() < 0.6 ? { skills: this.skillDemand(1) } : {}),
            })),
          }
        : {}),
      ...(this.random() < 0.3
        ? {
            language: this.pick([{}, { fallbackAfterMs: 9_000 }, { fallbackAfterMs: 4_000, fallback: 'en' }]),
          }
        : {}),
      ...(this.random() < 0.3 ? { tierAfterMs: this.pick([[4_000], [4_000, 20_000]]) } : {}),
    };
  }

  skillDemand(depth: number): SkillDemand {
    if (depth === 0 || this.random() < 0.5)
      return { skill: this.pick(['loans', 'cards', 'fraud']), level: 1 + this.below(8) };
    const parts = [this.skillDemand(depth - 1), this.skillDemand(depth - 1)];
    return this.random() < 0.5 ? { all: parts } : { any: parts };
  }

  levels(): Record<string, number> {
    const known = this.some(['loans', 'cards', 'fraud'], 0.7);
    return Object.fromEntries(known.map((skill) => [skill, 1 + this.below(10)]));
  }

  wishes(): Wishes {
    return {
      ...(this.random() < 0.2 ? { headStartMs: this.pick([1_000, 120_000]) } : {}),
      ...(this.random() < 0.2 ? { skills: this.skillDemand(1) } : {}),
      ...(this.random() < 0.2
        ? { preferred: { agentId: this.pick(this.agentIds), waitMs: this.pick([3_000, 60_000]) } }
        : {}),
    };
  }

  contactId(state?: string): string {
    const ids = [...this.acd.contacts()].filter((c) => !state || c.state === state).map((c) => c.id);
    return ids.length > 0 && this.random() < 0.97 ? this.pick(ids) : 'nobody';
  }
  offerId(): string {
    const offers = [...this.acd.contacts()].flatMap((c) => (c.offers ?? []).map(({ offerId }) => offerId));
    return offers.length > 0 && this.random() < 0.97 ? this.pick(offers) : 'no-offer.1';
  }

  draw(): WithoutTime {
    const roll = this.random() * 100;
    if (roll < 14)
      return {
        type: 'contact.arrive',
        contactId: `c${++this.arrivals}`,
        channel: this.random() < 0.5 ? 'voice' : this.pick(['chat', 'mail', 'callback'] as const),
        queueId: this.pick(this.queueIds),
        numberId: '5000',
        language: this.pick(['en', 'it', 'ru']),
      };
    if (roll < 28)
      return {
        type: 'contact.enqueue',
        contactId: this.contactId('greeting'),
        priority: this.below(3),
        ...this.wishes(),
      };
    if (roll < 34) return { type: 'contact.leave', contactId: this.contactId(), reason: 'hung-up' };
    if (roll < 36) return { type: 'contact.fail', contactId: this.contactId(), reason: 'fault' };
    if (roll < 36.3)
      return {
        type: 'emergency.switch',
        isOn: this.random() < 0.25,
        by: 'test',
        ...(this.random() < 0.7 ? { queueId: this.pick(this.queueIds) } : {}),
      };
    if (roll < 37.5)
      return {
        type: 'contact.enqueue',
        contactId: this.contactId('flowed-out'),
        queueId: this.pick(this.queueIds),
      };
    if (roll < 39)
      return { type: 'contact.finish', contactId: this.contactId('flowed-out'), reason: 'played' };
    if (roll < 48) return { type: 'offer.alerted', offerId: this.offerId() };
    if (roll < 57) return { type: 'offer.accepted', offerId: this.offerId() };
    if (roll < 60)
      return {
        type: 'offer.failed',
        offerId: this.offerId(),
        reason: this.pick(['rona', 'rejected', 'phone-unreachable', 'agent-left', 'interrupted'] as const),
      };
    if (roll < 61.5)
      return {
        type: 'contact.transfer',
        contactId: this.contactId('connected'),
        to: this.target(),
      };
    if (roll < 64)
      return { type: 'contact.agent-hung-up', contactId: this.contactId('connected'), reason: 'bye' };
    if (roll < 64.6)
      return { type: 'contact.reached', contactId: this.contactId('connected'), ringMs: this.below(30_000) };
    if (roll < 66) return { type: 'contact.hold', contactId: this.contactId('connected') };
    if (roll < 68) return { type: 'contact.resume', contactId: this.contactId('connected') };
    return this.drawAgentSide(roll);
  }

  target(): TransferTarget {
    const roll = this.random();
    if (roll < 0.25) return { back: true };
    if (roll < 0.7) return { queueId: this.pick(this.queueIds) };
    return { agentId: this.pick(this.agentIds), waitMs: this.pick([3_000, 90_000]) };
  }

  drawAgentSide(roll: number): WithoutTime {
    const agentId = this.pick(this.agentIds);
    const phoneId = this.pick(this.phoneIds);
    if (roll < 69) return { type: 'agent.login', agentId, how: 'web' };
    if (roll < 73)
      return { type: 'agent.login', agentId, phoneId, how: this.pick(['feature-code', 'web'] as const) };
    if (roll < 75) return { type: 'agent.logout', agentId, reason: 'asked' };
    if (roll < 83) return { type: 'agent.ready', agentId };
    if (roll < 86)
      return {
        type: 'agent.not-ready',
        agentId,
        reason: this.pick(['break', 'lunch']),
        ...(this.random() < 0.3 ? { isSystemReason: true } : {}),
      };
    if (roll < 87.5) return { type: 'agent.end-wrap-up', agentId };
    if (roll < 88) return { type: 'agent.extend-wrap-up', agentId };
    if (roll < 91) return { type: 'phone.registered', phoneId, transport: 'udp' };
    if (roll < 93)
      return {
        type: 'phone.unregistered',
        phoneId,
        reason: this.pick(['expired', 'asked', 'dead'] as const),
      };
    if (roll < 93.4) return { type: 'site.apply', site: this.site() };
    if (roll < 93.8) return { type: 'offers.interrupt', offerIds: [this.offerId(), this.offerId()] };
    return { type: 'tick' };
  }

  run(command: WithoutTime): EventDraft[] {
    const { events, ignored } = this.acd.handle({ ...command, at: this.at } as AcdCommand);
    if (ignored !== undefined) this.ignored += 1;
    this.acd.assertInvariants();
    for (const event of events) this.account(event);
    this.log.push(...events);
    for (const event of events)
      if (event.type === 'agent.logged-out') this.checkEmptyHanded(event.agentId ?? '');
    const { offered, answered, abandoned, flowedOut } = this.tally;
    // Not chai: this runs after each of 100,000 commands.
    if (offered !== answered + abandoned + flowedOut + waitingNow(this.acd))
      throw new Error(`the accounting identity is broken after ${command.type}`);
    return events;
  }

  checkEmptyHanded(agentId: string): void {
    const agent = this.acd.agent(agentId);
    if (agent?.state === 'logged-out' && agent.inHand) throw new Error(`${agentId} left with text in hand`);
  }

  /** S42, at the moment of every offer; a smaller capacity takes nothing out of anybody's hands. */
  checkCapacity(event: DraftOf<'contact.offered'>): void {
    const contact = this.acd.contact(event.contactId ?? '');
    const channel = contact && workOf(contact.channel);
    const agent = this.acd.agent(event.agentId ?? '');
    const isStill = contact?.offers?.some(({ offerId }) => offerId === event.data.offerId);
    if (!channel || !agent || !isStill || channel === 'voice') return;
    const held = (agent.inHand ?? []).filter((one) => one.channel === channel).length;
    const config = this.inForce?.agents.find(({ id }) => id === agent.id);
    this.mostInHand[channel] = Math.max(this.mostInHand[channel], held);
    if (held > (config?.capacity ?? defaultCapacity)[channel]!)
      throw new Error(`${agent.id} has ${held} of ${channel}: more than its capacity`);
  }

  /** Nobody passes a contact on to the queue that it is of: it was taken back, which no call ever is. */
  checkReturn({ contactId = '', queueId, data }: DraftOf<'contact.transferred'>): void {
    if (data.target !== `queue:${queueId}`) return;
    this.returned += 1;
    const contact = this.acd.contact(contactId);
    if (contact && workOf(contact.channel) === 'voice') throw new Error(`${contactId} is a call taken back`);
  }

  account(event: EventDraft): void {
    if (event.type === 'site.applied') this.inForce = event.data.acd as AcdSite;
    const id = event.contactId ?? '';
    if (event.type === 'contact.arrived') this.arrived.add(id);
    if (event.type === 'contact.offered') this.checkCapacity(event);
    if (event.type === 'contact.queued') {
      if (this.queued.has(id)) throw new Error(`${id} was queued twice`);
      this.queued.add(id);
      this.tally.offered += 1;
    }
    if (event.type === 'contact.offered') {
      if (this.offerIds.has(event.data.offerId)) throw new Error(`${event.data.offerId} was offered twice`);
      this.offerIds.add(event.data.offerId);
    }
    // It is one contact, and in each queue one offered and one answered.
    if (event.type === 'contact.transferred') {
      this.queued.delete(id);
      this.checkReturn(event);
    }
    if (event.type === 'contact.answered') this.tally.answered += 1;
    if (event.type === 'contact.abandoned') this.tally.abandoned += 1;
    if (event.type === 'contact.flowed-out') {
      this.tally.flowedOut += 1;
      // What finds no way in counts as offered and flowed out at once; what was in may be queued again elsewhere.
      if (!this.queued.delete(id)) this.tally.offered += 1;
    }
    if (event.type === 'contact.ended') {
      if (this.ended.has(id)) throw new Error(`${id} ended twice`);
      this.ended.add(id);
    }
  }
}

function waitingNow(acd: Acd): number {
  return [...acd.contacts()].filter((c) => c.state === 'waiting' || c.state === 'offered').length;
}
