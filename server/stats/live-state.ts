/**
 * The live figures: a pure fold of the event log into what wallboards and the floor see (contract/live.ts), by
 * the formulas of kpi.ts. No clock: `now` and the start of the day come in. Counts are kept as events come, so
 * that `board` costs O(queues + 60 minutes) whatever the number of agents and contacts.
 *
 * Attribution: event interval. A day begins at `rollDay(dayStart)`; who waits over midnight is `waitingAtStart`.
 * Handled (for AHT) are answered contacts that ended today; wrap-up counts when it is over, so that during a
 * wrap-up the mean is for a moment too low. The longest wait is of those whose wait is over.
 */
import { type DraftOf, type HearthlineEvent, workOf } from '../contract/events.ts';
import type { BoardState, ContactLive, FloorState, MinuteLive, QueueLive } from '../contract/live.ts';
import { AgentFigures, type PeopleSnapshot, type StatsAgent } from './agent-figures.ts';
import { QueueFigures, type QueueSnapshot, type StatsQueue } from './queue-figures.ts';

export type { StatsAgent } from './agent-figures.ts';
export type { StatsQueue } from './queue-figures.ts';

export interface StatsSite {
  name: string;
  timeZone: string;
  language: string;
  queues: StatsQueue[];
  agents: StatsAgent[];
  /** Ids of the phones. */
  phones: string[];
}

export interface LiveStats {
  /** Folds one event; events come in the order of the log. */
  apply(event: HearthlineEvent): void;
  /** Names, targets and members from here on; figures of the day stay. */
  setSite(site: StatsSite): void;
  /** A new local day begins at this instant, which no applied event is later than. Twice the same: once. */
  rollDay(dayStart: number): void;
  /** Changes nothing. */
  board(now: number): BoardState;
  /** Changes nothing. */
  floor(now: number): FloorState;
  /** JSON-safe; holds personal data of contacts that are in hand. */
  toSnapshot(): unknown;
}

interface LiveSnapshot {
  version: 1;
  dayStart: number;
  queues: QueueSnapshot[];
  contacts: ContactLive[];
  people: PeopleSnapshot;
  minutes: [number, MinuteLive][];
}

const minuteMs = 60_000;
const minutesShown = 60;

type ContactFoldEvent = DraftOf<
  | 'contact.queued'
  | 'contact.offered'
  | 'offer.withdrawn'
  | 'contact.answered'
  | 'contact.held'
  | 'contact.resumed'
  | 'contact.abandoned'
  | 'contact.flowed-out'
  | 'contact.transferred'
  | 'contact.ended'
>;

/** `snapshot`: what `toSnapshot` gave, also after a trip through JSON. */
export function createLiveStats(site: StatsSite, snapshot?: unknown): LiveStats {
  return new LiveFold(site, snapshot === null ? undefined : (snapshot as LiveSnapshot | undefined));
}

class LiveFold implements LiveStats {
  #site: StatsSite;
  #dayStart = 0;
  #listedQueues = new Set<string>();
  readonly #queues = new Map<string, QueueFigures>();
  readonly #contacts = new Map<string, ContactLive>();
  readonly #people: AgentFigures;
  readonly #minutes = new Map<number, MinuteLive>();

  constructor(site: StatsSite, snapshot?: LiveSnapshot) {
    this.#site = site;
    const loaded = snapshot && structuredClone(snapshot);
    if (loaded && loaded.version !== 1)
      throw new Error(`live snapshot of unknown version ${String(loaded.version)}`);
    this.#people = new AgentFigures((queueId, loggedIn, ready) => {
      const queue = this.#queue(queueId);
      queue.agentsLoggedIn += loggedIn;
      queue.agentsReady += ready;
    }, loaded?.people);
    if (loaded) {
      this.#dayStart = loaded.dayStart;
      for (const queue of loaded.queues)
        this.#queues.set(queue.queueId, new QueueFigures(queue.queueId, queue));
      for (const contact of loaded.contacts) this.#contacts.set(contact.contactId, contact);
      for (const [minute, figures] of loaded.minutes) this.#minutes.set(minute, figures);
    }
    this.setSite(site);
  }

  setSite(site: StatsSite): void {
    this.#site = site;
    this.#listedQueues = new Set(site.queues.map((queue) => queue.id));
    for (const queue of site.queues) this.#queue(queue.id).targetMs = queue.targetMs;
    for (const queue of this.#queues.values()) {
      queue.agentsLoggedIn = 0;
      queue.agentsReady = 0;
    }
    this.#people.setSite(site.agents, site.phones);
  }

  #queue(queueId: string): QueueFigures {
    let queue = this.#queues.get(queueId);
    if (!queue) this.#queues.set(queueId, (queue = new QueueFigures(queueId)));
    return queue;
  }

  rollDay(dayStart: number): void {
    if (dayStart === this.#dayStart) return;
    this.#dayStart = dayStart;
    for (const [queueId, queue] of this.#queues) {
      if (!this.#listedQueues.has(queueId) && queue.isIdle) this.#queues.delete(queueId);
      else queue.rollDay(dayStart);
    }
  }

  apply(event: HearthlineEvent): void {
    switch (event.type) {
      case 'agent.state-changed':
        if (event.data.from === 'wrap-up' && event.queueId !== undefined)
          this.#queue(event.queueId).counts.wrapUpMs += event.data.forMs;
        this.#people.apply(event);
        return;
      case 'agent.logged-in':
      case 'agent.logged-out':
      case 'phone.registered':
      case 'phone.unregistered':
        this.#people.apply(event);
        return;
      case 'contact.arrived':
        this.#arrive(event);
        return;
      case 'contact.queued':
      case 'contact.offered':
      case 'offer.withdrawn':
      case 'contact.answered':
      case 'contact.held':
      case 'contact.resumed':
      case 'contact.abandoned':
      case 'contact.flowed-out':
      case 'contact.transferred':
      case 'contact.ended':
        this.#foldContact(event);
        return;
      case 'contact.announced':
      case 'contact.relaxed':
      case 'contact.dialled':
      case 'contact.reached':
      case 'contact.not-reached':
      case 'offer.alerted':
      case 'recording.started':
      case 'recording.completed':
      case 'recording.failed':
      case 'site.applied':
      case 'emergency.switched':
      case 'server.started':
        return;
    }
  }

  #arrive(event: DraftOf<'contact.arrived'>): void {
    const contactId = event.contactId ?? '';
    const { numberId, pii, channel } = event.data;
    this.#contacts.set(contactId, {
      contactId,
      ...(channel !== 'voice' && { channel }),
      state: 'greeting',
      queueId: event.queueId ?? '',
      since: event.at,
      numberId,
      ...(pii
        ? { pii: { from: pii.from, ...(pii.fromName === undefined ? {} : { fromName: pii.fromName }) } }
        : {}),
    });
  }

  #foldContact(event: ContactFoldEvent): void {
    const contactId = event.contactId ?? '';
    const contact = this.#contacts.get(contactId);
    const queueId = event.queueId ?? contact?.queueId;
    if (!contact || queueId === undefined) return;
    const queue = this.#queue(queueId);
    queue.passTarget(event.at);
    this.#countContact(queue, contact, event);
    if (event.type === 'contact.ended') this.#contacts.delete(contactId);
    // Another phone still rings for it.
    else if (event.type !== 'offer.withdrawn' || !queue.isRinging(contactId))
      this.#contacts.set(contactId, nextContact(contact, queueId, event));
  }

  #countContact(queue: QueueFigures, contact: ContactLive, event: ContactFoldEvent): void {
    const { contactId } = contact;
    switch (event.type) {
      case 'contact.queued':
        queue.enter(contactId, event.at);
        this.#minute(event.at).offered += 1;
        return;
      case 'contact.offered':
        queue.ring(contactId);
        return;
      case 'offer.withdrawn':
        queue.stopRinging(contactId);
        if (event.data.reason === 'rona') queue.counts.rona += 1;
        return;
      case 'contact.answered':
        queue.answer(contactId, event.data);
        this.#minute(event.at).answered += 1;
        return;
      case 'contact.abandoned':
        queue.abandon(contactId, event.data);
        this.#minute(event.at).abandoned += 1;
        return;
      case 'contact.flowed-out':
        if (!queue.isWaiting(contactId)) this.#minute(event.at).offered += 1;
        queue.flowOut(contactId, event.data.waitMs);
        return;
      case 'contact.transferred':
      case 'contact.ended':
        if (contact.state !== 'talking' && contact.state !== 'hold') return;
        queue.handle(event.data.talkMs, event.data.holdMs);
        return;
      case 'contact.held':
      case 'contact.resumed':
        return;
    }
  }

  #minute(at: number): MinuteLive {
    const start = at - (at % minuteMs);
    let minute = this.#minutes.get(start);
    if (!minute) {
      this.#minutes.set(start, (minute = { offered: 0, answered: 0, abandoned: 0 }));
      for (const old of this.#minutes.keys())
        if (old <= start - minutesShown * minuteMs) this.#minutes.delete(old);
    }
    return minute;
  }

  board(now: number): BoardState {
    const { name, timeZone, language } = this.#site;
    const queues: Record<string, QueueLive> = {};
    for (const queue of this.#site.queues) queues[queue.id] = this.#queue(queue.id).live(queue, now);
    return {
      site: { name, timeZone, language },
      dayStart: this.#dayStart,
      queues,
      agentsByState: this.#people.byState(),
      notReadyByReason: this.#people.notReadyByReason(),
      unreachablePhones: this.#people.lostPhones,
      lastHour: this.#lastHour(now),
      accounting: this.#accounting(),
    };
  }

  /** Every minute of the last sixty, empty ones too. */
  #lastHour(now: number): Record<string, MinuteLive> {
    const newest = now - (now % minuteMs);
    const hour: Record<string, MinuteLive> = {};
    for (let start = newest - (minutesShown - 1) * minuteMs; start <= newest; start += minuteMs) {
      const { offered, answered, abandoned } = this.#minutes.get(start) ?? {
        offered: 0,
        answered: 0,
        abandoned: 0,
      };
      hour[start] = { offered, answered, abandoned };
    }
    return hour;
  }

  /** Over all queues of the day, those taken out of the site since included. */
  #accounting(): BoardState['accounting'] {
    const sum = { offered: 0, waitingAtStart: 0, answered: 0, abandoned: 0, flowedOut: 0, waiting: 0 };
    for (const { counts, waiting } of this.#queues.values()) {
      sum.offered += counts.offered;
      sum.waitingAtStart += counts.waitingAtStart;
      sum.answered += counts.answered;
      sum.abandoned += counts.abandoned;
      sum.flowedOut += counts.flowedOut;
      sum.waiting += waiting;
    }
    return sum;
  }

  floor(now: number): FloorState {
    return {
      board: this.board(now),
      agents: this.#people.agentsLive(this.#dayStart, this.#textInHand()),
      contacts: Object.fromEntries([...this.#contacts].map(([id, contact]) => [id, { ...contact }])),
      phones: this.#people.phonesLive(this.#dayStart),
    };
  }

  /** By agent: chats and mails that are being worked on. */
  #textInHand(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { channel, state, agentId } of this.#contacts.values()) {
      if (
        workOf(channel ?? 'voice') === 'voice' ||
        agentId === undefined ||
        (state !== 'talking' && state !== 'hold')
      )
        continue;
      counts.set(agentId, (counts.get(agentId) ?? 0) + 1);
    }
    return counts;
  }

  toSnapshot(): LiveSnapshot {
    return structuredClone({
      version: 1,
      dayStart: this.#dayStart,
      queues: [...this.#queues.values()].map((queue) => queue.toSnapshot()),
      contacts: [...this.#contacts.values()],
      people: this.#people.toSnapshot(),
      minutes: [...this.#minutes],
    } satisfies LiveSnapshot);
  }
}

/** What the floor sees of a contact after the event. */
function nextContact(
  contact: ContactLive,
  queueId: string,
  event: Exclude<ContactFoldEvent, { type: 'contact.ended' }>,
): ContactLive {
  const { contactId, channel, numberId, queuedAt, pii } = contact;
  const { agentId, at } = event;
  const to = (state: ContactLive['state'], who?: string, enteredAt = queuedAt): ContactLive => ({
    contactId,
    state,
    queueId,
    since: at,
    numberId,
    ...(channel && { channel }),
    ...(enteredAt !== undefined && { queuedAt: enteredAt }),
    ...(who !== undefined && { agentId: who }),
    ...(pii && { pii }),
  });
  switch (event.type) {
    case 'contact.queued':
      // Whoever comes from another queue is shown with the wait it has had in all (S48).
      return to('waiting', undefined, queuedAt ?? at);
    case 'contact.offered':
      return to('ringing', agentId);
    case 'offer.withdrawn':
      return to('waiting');
    case 'contact.answered':
      return to('talking', agentId);
    case 'contact.held':
      return to('hold', contact.agentId);
    case 'contact.resumed':
      return to('talking', contact.agentId);
    case 'contact.flowed-out':
      return to('flowed-out');
    case 'contact.transferred': {
      // The talk is no part of the wait that it is shown with from here on.
      const { talkMs, holdMs } = event.data;
      return to('flowed-out', undefined, queuedAt === undefined ? at : queuedAt + talkMs + holdMs);
    }
    case 'contact.abandoned':
      return { ...contact, queueId };
  }
}
