/**
 * How work was shared out among agents in a window [from, to): the fairness ledger (N14), a pure fold of the event log.
 * No clock and no I/O. Every duration is cut at the window's edges and every count belongs to the instant of its event, so
 * two windows side by side add up to the whole, to the millisecond and to the unit.
 * Fed either with the whole log from its first event, or with what stood at some event before the window (`LedgerStart`)
 * and the log from there: both come to the same ledger. Figures derived from it are in fairness-figures.ts.
 * An offer counts when it is made and again when it ends, and those open at either edge are told:
 *   openAtStart + offered = answered + rejected + leftOffer + notAnswered + withdrawn + openAtEnd
 */
import { decodeNext } from '../acd/agent-state.ts';
import type { AgentState, DraftOf, EventDraft } from '../contract/events.ts';

/** The events that the ledger is made of. */
export const ledgerTypes = [
  'agent.state-changed',
  'contact.offered',
  'offer.withdrawn',
  'contact.answered',
  'contact.transferred',
  'contact.ended',
  'site.applied',
] as const;
export type LedgerType = (typeof ledgerTypes)[number];

type Slim<T extends LedgerType, K extends keyof DraftOf<T>['data']> = {
  readonly type: T;
  readonly at: number;
  readonly contactId?: string;
  readonly agentId?: string;
  readonly queueId?: string;
  readonly data: Pick<DraftOf<T>['data'], K>;
};
/** What is read of them: a whole event of the log is one, too. */
export type LedgerEvent =
  | Slim<'agent.state-changed', 'from' | 'to' | 'reason'>
  | Slim<'contact.offered', 'offerId'>
  | Slim<'offer.withdrawn', 'offerId' | 'reason'>
  | Slim<'contact.answered', 'offerId'>
  | Slim<'contact.transferred', never>
  | Slim<'contact.ended', never>
  | Slim<'site.applied', 'acd'>;
const ledgerTypeSet: ReadonlySet<string> = new Set(ledgerTypes);
export const isLedgerEvent = (event: EventDraft): event is Extract<EventDraft, { type: LedgerType }> =>
  ledgerTypeSet.has(event.type);

/** What is read of `site.applied`. */
export interface LedgerSite {
  readonly queues: readonly { readonly id: string; readonly strategy: string }[];
  readonly agents: readonly { readonly id: string; readonly queueIds: readonly string[] }[];
}

/** Instants are ms UTC; `from` is in the window, `to` is not. */
export interface LedgerWindow {
  readonly from: number;
  readonly to: number;
}

/** What stood when the log that is fed begins. */
export interface LedgerStart {
  readonly agents: readonly {
    readonly agentId: string;
    readonly state: AgentState;
    readonly since: number;
    /** The last offer made in this very state. */
    readonly lastOfferAt?: number;
  }[];
  readonly openOffers: readonly OpenOffer[];
  readonly site?: LedgerSite;
}
export interface OpenOffer {
  readonly offerId: string;
  readonly contactId: string;
  readonly agentId: string;
  readonly queueId: string;
}

const noOffers = () => ({
  openAtStart: 0,
  /** Made by routing to this agent. */
  offered: 0,
  answered: 0,
  /** The agent pressed Reject. */
  rejected: 0,
  /** The agent went Not Ready or logged out while it rang. */
  leftOffer: 0,
  /** It rang until the time was up (RONA). */
  notAnswered: 0,
  /** Taken back for no fault of the agent's: the contact gone, the phone unreachable, the server restarted. */
  withdrawn: 0,
  openAtEnd: 0,
  /** Answered contacts that ended, or were passed on. */
  handled: 0,
});
export type OfferCounts = ReturnType<typeof noOffers>;
export const offerCountKeys = Object.keys(noOffers()) as readonly (keyof OfferCounts)[];

export interface QueueShare {
  readonly counts: OfferCounts;
  /** Before each offer: for how long the agent had been Ready without one, ms. */
  readonly idleMs: number[];
}
export type StateTimes = Partial<Record<AgentState, number>>;
export interface AgentLedger {
  readonly agentId: string;
  /** ms in each state within the window; time logged out is not counted. */
  readonly stateMs: StateTimes;
  /** By queue; '' stands for an event that names none. */
  readonly queues: ReadonlyMap<string, QueueShare>;
  /** Queues whose member the agent was at any time in the window. */
  readonly memberOf: ReadonlySet<string>;
}
export interface QueueStrategies {
  readonly queueId: string;
  /** In force in the window, in order; `since` is cut at its beginning. */
  readonly strategies: readonly { readonly strategy: string; readonly since: number }[];
}
export interface Ledger {
  readonly from: number;
  readonly to: number;
  /** Whoever was logged in or had an offer or a contact in the window, by id. */
  readonly agents: readonly AgentLedger[];
  /** Queues that were in the site in the window, by id. */
  readonly queues: readonly QueueStrategies[];
}

interface AgentFold {
  state: AgentState;
  since: number;
  lastOfferAt: number | undefined;
  readonly stateMs: StateTimes;
  readonly queues: Map<string, QueueShare>;
  readonly memberOf: Set<string>;
}

export class FairnessLedger {
  readonly #window: LedgerWindow;
  readonly #agents = new Map<string, AgentFold>();
  /** By contact, then by offer: ring-all asks several at once. */
  readonly #open = new Map<string, Map<string, OpenOffer>>();
  readonly #strategies = new Map<string, { strategy: string; since: number }[]>();
  #members: LedgerSite['agents'] = [];
  #hasBegun = false;

  constructor(window: LedgerWindow, start?: LedgerStart) {
    this.#window = window;
    for (const { agentId, state, since, lastOfferAt } of start?.agents ?? [])
      Object.assign(this.#agent(agentId), { state, since, lastOfferAt });
    for (const offer of start?.openOffers ?? []) this.#openOffer(offer);
    if (start?.site) this.#applySite(start.site, this.#window.from);
  }

  /** In the order of the log. */
  apply(event: LedgerEvent): void {
    const { from, to } = this.#window;
    if (event.at >= to) return;
    if (event.at >= from) this.#begin();
    switch (event.type) {
      case 'agent.state-changed':
        this.#change(event);
        return;
      case 'contact.offered':
        this.#offer(event);
        return;
      case 'offer.withdrawn':
        this.#endOffer(event, withdrawnAs(event.data.reason));
        return;
      case 'contact.answered':
        this.#endOffer(event, 'answered');
        return;
      case 'contact.transferred':
      case 'contact.ended':
        this.#endContact(event);
        return;
      case 'site.applied':
        this.#applySite(event.data.acd as LedgerSite, event.at);
        return;
    }
  }

  /** As of the end of the window: states go on until then. Asking changes nothing that is fed later. */
  ledger(): Ledger {
    this.#begin();
    const { from, to } = this.#window;
    const openAtEnd = this.#openCounts();
    const agents: AgentLedger[] = [];
    for (const [agentId, agent] of this.#agents) {
      const stateMs = { ...agent.stateMs };
      this.#addTime(stateMs, agent, to);
      const queues = new Map(
        [...agent.queues].map(([queueId, { counts, idleMs }]) => {
          const open = openAtEnd.get(agentId)?.get(queueId) ?? 0;
          return [queueId, { counts: { ...counts, openAtEnd: open }, idleMs: [...idleMs] }];
        }),
      );
      const hasOffers = [...queues.values()].some(({ counts }) =>
        offerCountKeys.some((key) => counts[key] > 0),
      );
      if (hasOffers || Object.keys(stateMs).length > 0)
        agents.push({ agentId, stateMs, queues, memberOf: new Set(agent.memberOf) });
    }
    const queues = [...this.#strategies].map(([queueId, strategies]) => ({
      queueId,
      strategies: [...strategies],
    }));
    return {
      from,
      to,
      agents: agents.sort((a, b) => (a.agentId < b.agentId ? -1 : 1)),
      queues: queues.sort((a, b) => (a.queueId < b.queueId ? -1 : 1)),
    };
  }

  #agent(agentId: string): AgentFold {
    let agent = this.#agents.get(agentId);
    if (!agent) {
      agent = {
        state: 'logged-out',
        since: 0,
        lastOfferAt: undefined,
        stateMs: {},
        queues: new Map(),
        memberOf: new Set(),
      };
      this.#agents.set(agentId, agent);
    }
    return agent;
  }

  #share(agentId: string, queueId: string): QueueShare {
    const { queues } = this.#agent(agentId);
    let share = queues.get(queueId);
    if (!share) queues.set(queueId, (share = { counts: noOffers(), idleMs: [] }));
    return share;
  }

  /** The first event of the window, or its end: what is open now was open at its start. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    for (const [agentId, queues] of this.#openCounts())
      for (const [queueId, count] of queues) this.#share(agentId, queueId).counts.openAtStart = count;
    for (const { id, queueIds } of this.#members) this.#join(id, queueIds);
  }

  #isIn(at: number): boolean {
    return at >= this.#window.from;
  }

  #addTime(times: StateTimes, { state, since }: AgentFold, until: number): void {
    const ms = until - Math.max(since, this.#window.from);
    if (ms > 0 && state !== 'logged-out') times[state] = (times[state] ?? 0) + ms;
  }

  #change(event: Extract<LedgerEvent, { type: 'agent.state-changed' }>): void {
    // What comes after the contact in hand is no change of state yet.
    if (event.agentId === undefined || decodeNext(event as DraftOf<'agent.state-changed'>)) return;
    const agent = this.#agent(event.agentId);
    this.#addTime(agent.stateMs, agent, event.at);
    agent.state = event.data.to;
    agent.since = event.at;
    agent.lastOfferAt = undefined;
  }

  #offer({
    at,
    contactId = '',
    agentId,
    queueId = '',
    data,
  }: Extract<LedgerEvent, { type: 'contact.offered' }>): void {
    if (agentId === undefined) return;
    const agent = this.#agent(agentId);
    if (this.#isIn(at)) {
      const { counts, idleMs } = this.#share(agentId, queueId);
      counts.offered += 1;
      if (agent.state === 'ready')
        idleMs.push(Math.max(0, at - Math.max(agent.since, agent.lastOfferAt ?? 0)));
    }
    agent.lastOfferAt = at;
    this.#openOffer({ offerId: data.offerId, contactId, agentId, queueId });
  }

  #openOffer(offer: OpenOffer): void {
    const ofContact = this.#open.get(offer.contactId);
    if (ofContact) ofContact.set(offer.offerId, offer);
    else this.#open.set(offer.contactId, new Map([[offer.offerId, offer]]));
  }

  #endOffer(
    event: Extract<LedgerEvent, { type: 'offer.withdrawn' | 'contact.answered' }>,
    as: 'answered' | 'rejected' | 'leftOffer' | 'notAnswered' | 'withdrawn',
  ): void {
    const { at, contactId = '', data } = event;
    const ofContact = this.#open.get(contactId);
    const offer = ofContact?.get(data.offerId);
    ofContact?.delete(data.offerId);
    if (ofContact?.size === 0) this.#open.delete(contactId);
    const agentId = event.agentId ?? offer?.agentId;
    if (agentId === undefined || !this.#isIn(at)) return;
    this.#share(agentId, offer?.queueId ?? event.queueId ?? '').counts[as] += 1;
  }

  /** Offers that are open still end with their contact. */
  #endContact({
    at,
    contactId = '',
    agentId,
    queueId = '',
  }: Extract<LedgerEvent, { type: 'contact.transferred' | 'contact.ended' }>): void {
    for (const offer of this.#open.get(contactId)?.values() ?? [])
      if (this.#isIn(at)) this.#share(offer.agentId, offer.queueId).counts.withdrawn += 1;
    this.#open.delete(contactId);
    if (agentId !== undefined && this.#isIn(at)) this.#share(agentId, queueId).counts.handled += 1;
  }

  #applySite(site: LedgerSite, at: number): void {
    const since = Math.max(at, this.#window.from);
    const queues = new Map(site.queues.map(({ id, strategy }) => [id, strategy]));
    // Replaced before the window began, or at the same instant: never in force in it.
    for (const [queueId, list] of this.#strategies) {
      const last = list.at(-1);
      if (last?.since === since && last.strategy !== queues.get(queueId)) list.pop();
      if (list.length === 0) this.#strategies.delete(queueId);
    }
    for (const [queueId, strategy] of queues) {
      const list = this.#strategies.get(queueId);
      if (!list) this.#strategies.set(queueId, [{ strategy, since }]);
      else if (list.at(-1)?.strategy !== strategy) list.push({ strategy, since });
    }
    this.#members = site.agents;
    if (this.#hasBegun) for (const { id, queueIds } of site.agents) this.#join(id, queueIds);
  }

  #join(agentId: string, queueIds: readonly string[]): void {
    const { memberOf } = this.#agent(agentId);
    for (const queueId of queueIds) memberOf.add(queueId);
  }

  #openCounts(): Map<string, Map<string, number>> {
    const counts = new Map<string, Map<string, number>>();
    for (const offers of this.#open.values())
      for (const { agentId, queueId } of offers.values()) {
        let ofAgent = counts.get(agentId);
        if (!ofAgent) counts.set(agentId, (ofAgent = new Map<string, number>()));
        ofAgent.set(queueId, (ofAgent.get(queueId) ?? 0) + 1);
      }
    return counts;
  }
}

/** Whatever reason a later release adds is no fault of the agent's. */
function withdrawnAs(reason: string): 'rejected' | 'leftOffer' | 'notAnswered' | 'withdrawn' {
  switch (reason) {
    case 'rejected':
      return 'rejected';
    case 'agent-left':
      return 'leftOffer';
    case 'rona':
      return 'notAnswered';
    default:
      return 'withdrawn';
  }
}
