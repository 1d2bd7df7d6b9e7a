/**
 * The live figures: a pure fold of the event log into what wallboards and the floor see (contract/live.ts). What is counted
 * comes from the figure fold (figure-fold.ts), which reports are made of as well; here it meets its windows, and what stands
 * now: contacts in hand, agents, phones. No clock: `now` and the start of the day come in.
 *
 * The board's own figures are by event interval. A day begins at `rollDay(dayStart)`; who waits over midnight is
 * `waitingAtStart`. Handled (for AHT) are answered contacts that ended today; wrap-up counts when it is over, so that during a
 * wrap-up the mean is for a moment too low. The longest wait is of those whose wait is over.
 */
import { type DraftOf, type HearthlineEvent, workOf } from '../contract/events.ts';
import type {
  BoardPart,
  BoardState,
  ContactLive,
  FloorState,
  MinuteLive,
  QueueLive,
} from '../contract/live.ts';
import { AgentFigures, type PeopleSnapshot, type StatsAgent } from './agent-figures.ts';
import { placeOf } from './figure-cells.ts';
import { type ClosedDay, type CubeState, FigureCube } from './figure-cube.ts';
import { minuteMs } from './figure-span.ts';
import { FigureFold, type FigureSink, type FoldState } from './figure-fold.ts';
import type { FigureSource } from './figure-source.ts';
import { emptyFoldSite, type FoldSite } from './fold-site.ts';
import { LiveFigureSource } from './live-figure-source.ts';
import { PresentFigures } from './present-figures.ts';
import { type StatsQueue, queueLive, Ringing } from './queue-figures.ts';

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
  trunks: { id: string; maxCalls: number }[];
}

export interface LiveStats {
  /** Folds one event; events come in the order of the log. */
  apply(event: HearthlineEvent): void;
  /** Names, targets and members from here on; figures of the day stay. */
  setSite(site: StatsSite): void;
  /** A new local day begins at this instant, which no applied event is later than. Twice the same: once. */
  rollDay(dayStart: number): void;
  /** A shift begins, or none is on; as `rollDay`. */
  rollShift(shiftStart: number | undefined): void;
  /** Changes nothing. */
  board(now: number): BoardState;
  /** Changes nothing. */
  floor(now: number): FloorState;
  /** What of a board is of these queues and agents alone. Changes nothing. */
  boardPart(of: { queueIds: readonly string[]; agentIds: readonly string[] }, now: number): BoardPart;
  /** Every figure by its name; asking changes nothing. */
  readonly figures: FigureSource;
  /** What the day before this one came to. */
  lastDay(): ClosedDay | undefined;
  /** JSON-safe; holds personal data of contacts that are in hand. */
  toSnapshot(): unknown;
}

interface LiveSnapshot {
  version: 3;
  fold: FoldState;
  cube: CubeState;
  contacts: ContactLive[];
  people: PeopleSnapshot;
  ringing: [string, number][];
  /** Waiting when the day began: by queue. */
  carried: [string, number][];
}
const snapshotVersion = 3;
export const isStatsSnapshot = (data: unknown): boolean =>
  (data as Partial<LiveSnapshot> | undefined)?.version === snapshotVersion;

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
  readonly #cube: FigureCube;
  readonly #present = new PresentFigures();
  readonly #fold: FigureFold;
  readonly #contacts = new Map<string, ContactLive>();
  readonly #ringing: Ringing;
  readonly #carried: Map<string, number>;
  readonly #people: AgentFigures;
  /** Of each queue's members. */
  readonly #loggedIn = new Map<string, number>();
  readonly #ready = new Map<string, number>();
  readonly figures: FigureSource;

  constructor(site: StatsSite, snapshot?: LiveSnapshot) {
    this.#site = site;
    const loaded = snapshot && structuredClone(snapshot);
    if (loaded && loaded.version !== snapshotVersion)
      throw new Error(`live snapshot of unknown version ${String(loaded.version)}`);
    this.#people = new AgentFigures((queueId, loggedIn, ready) => {
      this.#loggedIn.set(queueId, (this.#loggedIn.get(queueId) ?? 0) + loggedIn);
      this.#ready.set(queueId, (this.#ready.get(queueId) ?? 0) + ready);
    }, loaded?.people);
    this.#cube = new FigureCube(loaded?.cube);
    this.#ringing = new Ringing(loaded?.ringing);
    this.#carried = new Map(loaded?.carried);
    this.#fold = new FigureFold(emptyFoldSite, this.#sink(), loaded?.fold);
    for (const contact of loaded?.contacts ?? []) this.#contacts.set(contact.contactId, contact);
    for (const stay of this.#fold.stays()) this.#present.stay(stay);
    this.figures = new LiveFigureSource({
      cube: this.#cube,
      fold: this.#fold,
      present: this.#present,
      people: this.#people,
      contacts: this.#contacts,
      ringing: this.#ringing,
      site: () => this.#site,
    });
    if (!loaded) this.#fold.define(foldSiteOf(site));
    this.#setSite(site);
  }

  #sink(): FigureSink {
    const cube = this.#cube;
    return {
      count: (key, at, arrivedAt, delta) => cube.count(key, at, arrivedAt, delta),
      work: (agentId, teamId, _key, at, delta) => cube.work(agentId, teamId, at, delta),
      time: (agentId, teamId, queueIds, time, from, to) =>
        cube.time(agentId, teamId, queueIds, time, from, to),
      stay: (stay) => this.#present.stay(stay),
      defined: () => undefined,
    };
  }

  setSite(site: StatsSite): void {
    const { definition } = this.#fold.site;
    this.#fold.define({ ...foldSiteOf(site), definition });
    this.#setSite(site);
  }

  #setSite(site: StatsSite): void {
    this.#site = site;
    this.#loggedIn.clear();
    this.#ready.clear();
    this.#people.setSite(site.agents, site.phones);
  }

  rollDay(dayStart: number): void {
    if (dayStart === this.#cube.dayStart) return;
    this.#fold.advance(dayStart);
    this.#cube.rollDay(dayStart);
    this.#carried.clear();
    for (const queueId of this.#queuesOfNote())
      this.#carried.set(queueId, this.#present.waiting(`queue:${queueId}`));
  }

  rollShift(shiftStart: number | undefined): void {
    if (shiftStart === this.#cube.shiftStart) return;
    if (shiftStart !== undefined) this.#fold.advance(shiftStart);
    this.#cube.rollShift(shiftStart);
  }

  /** Those of the site, and others that contacts are still in. */
  #queuesOfNote(): Set<string> {
    const ids = new Set(this.#site.queues.map(({ id }) => id));
    for (const { key } of this.#fold.stays()) ids.add(key.queueId);
    return ids;
  }

  apply(event: HearthlineEvent): void {
    this.#fold.apply(event);
    switch (event.type) {
      case 'agent.state-changed':
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
      default:
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
    this.#ringing.apply(queueId, contactId, event.type);
    if (event.type === 'contact.ended') this.#contacts.delete(contactId);
    // Another phone still rings for it.
    else if (event.type !== 'offer.withdrawn' || !this.#ringing.isRinging(queueId, contactId))
      this.#contacts.set(contactId, nextContact(contact, queueId, event));
  }

  board(now: number): BoardState {
    const { name, timeZone, language } = this.#site;
    const queues: Record<string, QueueLive> = {};
    for (const queue of this.#site.queues) queues[queue.id] = this.#queueLive(queue, now);
    return {
      site: { name, timeZone, language },
      dayStart: this.#cube.dayStart,
      queues,
      agentsByState: this.#people.byState(),
      notReadyByReason: this.#people.notReadyByReason(),
      unreachablePhones: this.#people.lostPhones,
      lastHour: this.#lastHour(now),
      accounting: this.#accounting(now),
    };
  }

  #queueLive(queue: StatsQueue, now: number): QueueLive {
    const scope = `queue:${queue.id}`;
    return queueLive(queue, this.#counts(scope, now), {
      waiting: this.#present.waiting(scope),
      oldestWaitingSince: this.#present.oldest(scope)?.queuedAt,
      ringing: this.#ringing.of(queue.id),
      talking: this.#present.talking(scope),
      agentsLoggedIn: this.#loggedIn.get(queue.id) ?? 0,
      agentsReady: this.#ready.get(queue.id) ?? 0,
    });
  }

  #counts(scope: string, now: number) {
    return this.figures.counts({ scopes: [scope], window: 'today', attribution: 'event' }, now);
  }

  boardPart(
    { queueIds, agentIds }: { queueIds: readonly string[]; agentIds: readonly string[] },
    now: number,
  ): BoardPart {
    const scopes = queueIds.map((queueId) => `queue:${queueId}`);
    return {
      lastHour: this.#lastHour(now, scopes),
      accounting: this.#accounting(now, scopes, queueIds),
      unreachablePhones: this.#people.lostPhonesOf(new Set(agentIds)),
    };
  }

  /** Every minute of the last sixty, empty ones too. */
  #lastHour(now: number, scopes: readonly string[] = ['site']): Record<string, MinuteLive> {
    const newest = now - (now % minuteMs);
    const hour: Record<string, MinuteLive> = {};
    for (let start = newest - (minutesShown - 1) * minuteMs; start <= newest; start += minuteMs) {
      const minute = { offered: 0, answered: 0, abandoned: 0 };
      for (const scope of scopes) {
        const cell = this.#cube.minute(scope, start);
        if (!cell) continue;
        minute.offered += cell[placeOf.offered]!;
        minute.answered += cell[placeOf.answered]!;
        minute.abandoned += cell[placeOf.abandoned]!;
      }
      hour[start] = minute;
    }
    return hour;
  }

  /** Over all queues of the day, those taken out of the site since included; or over some. */
  #accounting(
    now: number,
    scopes: readonly string[] = ['site'],
    queueIds: Iterable<string> = this.#carried.keys(),
  ): BoardState['accounting'] {
    const counts = this.figures.counts({ scopes, window: 'today', attribution: 'event' }, now);
    const { offered = 0, answered = 0, abandoned = 0, flowedOut = 0 } = counts ?? {};
    const sum = (of: number[]) => of.reduce((total, one) => total + one, 0);
    return {
      offered,
      waitingAtStart: sum([...queueIds].map((queueId) => this.#carried.get(queueId) ?? 0)),
      answered,
      abandoned,
      flowedOut,
      waiting: sum(scopes.map((scope) => this.#present.waiting(scope))),
    };
  }

  lastDay(): ClosedDay | undefined {
    return this.#cube.lastDay;
  }

  floor(now: number): FloorState {
    return {
      board: this.board(now),
      agents: this.#people.agentsLive(this.#cube.dayStart, this.#textInHand()),
      contacts: Object.fromEntries([...this.#contacts].map(([id, contact]) => [id, { ...contact }])),
      phones: this.#people.phonesLive(this.#cube.dayStart),
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
    const { cube, ...others }: LiveSnapshot = {
      version: snapshotVersion,
      fold: this.#fold.state(),
      cube: this.#cube.state(),
      contacts: [...this.#contacts.values()],
      people: this.#people.toSnapshot(),
      ringing: this.#ringing.toSnapshot(),
      carried: [...this.#carried],
    };
    // The cube's is by far the largest, and made for this snapshot alone.
    return { ...structuredClone(others), cube };
  }
}

const foldSiteOf = ({ queues, agents }: StatsSite): FoldSite => ({
  definition: 0,
  queues: Object.fromEntries(queues.map((queue) => [queue.id, queue])),
  teams: Object.fromEntries(agents.flatMap(({ id, teamId }) => (teamId === undefined ? [] : [[id, teamId]]))),
  memberOf: Object.fromEntries(agents.map(({ id, queueIds }) => [id, queueIds])),
});

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
