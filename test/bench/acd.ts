/**
 * Measures one event of the routing engine at growing numbers of waiting contacts and agents, beside a plain
 * linear scan in the same run: `npm run bench:acd`, or `npm run bench:acd -- 1000 10000` (agents, waiting) for one size
 * five times. Prints one JSON line a figure. Ten queues ask for a skill at a level,
 * every third contact for another of fifty on top; agents know ten each.
 *
 * The cycle, the same for both, with every agent talking: a talk ends, the agent takes the next contact in line,
 * its phone rings, it answers; a new contact enters the queue; one of those who wait gives up. The scan is what
 * plain queue programs do: one list of those who wait, one of agents, each walked through for every decision,
 * and for every position. It keeps no log, no decision record and no deadlines, so it is given an advantage.
 * `machine`: a loop of plain arithmetic as long as the median offer, timed in the same way: the tail it has is not ours.
 */
import type { Acd, AcdCommand, AcdSite } from '../../server/acd/types.ts';
import type { EventDraft } from '../../server/contract/events.ts';
import { randomSource } from '../support/random-source.ts';

// As it is installed: the emitted JavaScript, which the command has brought up to date.
const emitted = (module: string) => import(new URL(`../../dist/server/${module}.js`, import.meta.url).href);
const { createAcd } = (await emitted('acd/engine')) as typeof import('../../server/acd/engine.ts');
const { createLiveStats } = (await emitted(
  'stats/live-state',
)) as typeof import('../../server/stats/live-state.ts');

const skills = Array.from({ length: 50 }, (_, i) => `s${i}`);
const queueIds = Array.from({ length: 10 }, (_, i) => `q${i}`);
const maxMs = 2_500;
const maxCycles = 5_000;

function siteOf(agentCount: number): AcdSite {
  return {
    version: 1,
    queues: queueIds.map((id, i) => ({
      id,
      strategy: 'longest-idle' as const,
      skills: { skill: skills[i] ?? '', level: 3 },
      ringMs: 15_000,
      maxWaitMs: 3_600_000,
      maxLength: 0,
      overflowTarget: 'all-busy',
      targetMs: 20_000,
      shortAbandonMs: 5_000,
      announceEveryMs: 30_000,
    })),
    agents: Array.from({ length: agentCount }, (_, i) => ({
      id: `a${i}`,
      queueIds: [`q${i % 10}`, `q${(i + 3) % 10}`],
      wrapUp: { mode: 'none' as const },
      // Its queues' skills and eight others, at levels 3 to 10.
      skills: Object.fromEntries(
        [i % 10, (i + 3) % 10, ...Array.from({ length: 8 }, (_unused, k) => 10 + ((i * 7 + k * 5) % 40))].map(
          (skill, k) => [`s${skill}`, 3 + ((i + k) % 8)],
        ),
      ),
    })),
    phoneIds: Array.from({ length: agentCount }, (_, i) => `p${i}`),
  };
}

/** What every third contact asks on top of its queue. */
function extraOf(contactId: string): { skill: string; level: number } | undefined {
  const n = Number(contactId.replace(/\D/g, ''));
  return n % 3 === 0 ? { skill: skills[10 + ((n / 3) % 40)] ?? '', level: 3 } : undefined;
}

interface Router {
  enter(contactId: string, queueId: string, at: number): void;
  /** The talk of this agent ends: it is offered its next contact. */
  release(agentId: string, at: number): void;
  /** It answers. */
  answer(agentId: string, at: number): void;
  giveUp(contactId: string, at: number): void;
}

class Engine implements Router {
  readonly acd: Acd = createAcd();
  events = 0;
  /** Kept where it is set. */
  log: EventDraft[] | undefined;

  constructor(site: AcdSite) {
    this.do({ type: 'site.apply', site, at: 1 });
    for (const { id } of site.agents) {
      const phoneId = `p${id.slice(1)}`;
      this.do({ type: 'phone.registered', phoneId, transport: 'udp', at: 1 });
      this.do({ type: 'agent.login', agentId: id, phoneId, how: 'web', at: 1 });
      this.do({ type: 'agent.ready', agentId: id, at: 1 });
    }
  }

  do(command: AcdCommand): void {
    const { events } = this.acd.handle(command);
    this.events += events.length;
    this.log?.push(...events);
  }
  answer(agentId: string, at: number): void {
    const offerId = this.acd.contact(this.acd.agent(agentId)?.contactId ?? '')?.offerId;
    if (offerId === undefined) return;
    this.do({ type: 'offer.alerted', offerId, at });
    this.do({ type: 'offer.accepted', offerId, at });
  }
  enter(contactId: string, queueId: string, at: number): void {
    this.do({
      type: 'contact.arrive',
      contactId,
      channel: 'voice',
      queueId,
      numberId: '1',
      language: 'en',
      at,
    });
    const extra = extraOf(contactId);
    this.do({ type: 'contact.enqueue', contactId, at, ...(extra && { skills: extra }) });
  }
  release(agentId: string, at: number): void {
    const contactId = this.acd.agent(agentId)?.contactId;
    if (contactId !== undefined) this.do({ type: 'contact.leave', contactId, reason: 'bye', at });
  }
  giveUp(contactId: string, at: number): void {
    this.do({ type: 'contact.leave', contactId, reason: 'bye', at });
  }
}

class LinearScan implements Router {
  readonly waiting: { id: string; queueId: string; queuedAt: number }[] = [];
  readonly agents: {
    id: string;
    queueIds: string[];
    skills: Readonly<Record<string, number>>;
    isReady: boolean;
    since: number;
    contactId: string;
  }[];
  positionSum = 0;

  constructor(site: AcdSite) {
    this.agents = site.agents.map(({ id, queueIds: queues, skills: known = {} }) => ({
      id,
      queueIds: queues,
      skills: known,
      isReady: true,
      since: 1,
      contactId: '',
    }));
  }

  enter(id: string, queueId: string, at: number): void {
    let best: (typeof this.agents)[number] | undefined;
    for (const agent of this.agents)
      if (agent.isReady && this.mayServe(agent, id, queueId) && (!best || agent.since < best.since))
        best = agent;
    if (best) {
      best.isReady = false;
      best.contactId = id;
      return;
    }
    this.waiting.push({ id, queueId, queuedAt: at });
    let position = 0;
    for (const contact of this.waiting) if (contact.queueId === queueId) position += 1;
    this.positionSum += position;
  }
  private mayServe(agent: (typeof this.agents)[number], contactId: string, queueId: string): boolean {
    if (!agent.queueIds.includes(queueId)) return false;
    const extra = extraOf(contactId);
    if (extra && (agent.skills[extra.skill] ?? 0) < extra.level) return false;
    return (agent.skills[`s${queueId.slice(1)}`] ?? 0) >= 3;
  }
  answer(): void {
    // It keeps no states.
  }
  release(agentId: string, at: number): void {
    const agent = this.agents.find(({ id }) => id === agentId);
    if (!agent) return;
    agent.since = at;
    let best = -1;
    this.waiting.forEach((contact, index) => {
      if (!this.mayServe(agent, contact.id, contact.queueId)) return;
      if (best < 0 || contact.queuedAt < (this.waiting[best]?.queuedAt ?? 0)) best = index;
    });
    agent.isReady = best < 0;
    const [taken] = best < 0 ? [] : this.waiting.splice(best, 1);
    agent.contactId = taken?.id ?? '';
  }
  giveUp(contactId: string): void {
    const index = this.waiting.findIndex(({ id }) => id === contactId);
    if (index >= 0) this.waiting.splice(index, 1);
  }
}

interface Figures {
  cycles: number;
  /** CPU time of a cycle, which other load on the machine disturbs least; the others are wall time. */
  cpuUs: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
  /** One decision: the talk ends, and the agent is offered the next contact. */
  offerP50Us: number;
  offerP99Us: number;
}

const round = (value: number) => Number(value.toFixed(1));

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0);
}

let spun = 1;
function timeSpin(turns: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < turns; i++) spun = (spun * 48_271) % 0x7fffffff;
  return Number(process.hrtime.bigint() - start) / 1000;
}

/** How even this machine is at the moment: the same work, `lengthUs` long, ten thousand times. */
function measureMachine(lengthUs: number): { p50Us: number; p99Us: number } {
  const probe = Array.from({ length: 200 }, () => timeSpin(100_000));
  const turns = Math.round((100_000 * lengthUs) / quantile(probe, 0.5));
  const times = Array.from({ length: 10_000 }, () => timeSpin(turns));
  return { p50Us: quantile(times, 0.5), p99Us: quantile(times, 0.99) };
}

/** The cycle, over and over, on a router in which `c0` to `c<waitingCount - 1>` wait. */
function measure(router: Router, agentCount: number, waitingCount: number): Figures {
  const random = randomSource(7);
  let count = waitingCount;
  let at = 10 + waitingCount;
  const cycleUs: number[] = [];
  const offerUs: number[] = [];
  const began = performance.now();
  const cpu = process.cpuUsage();
  while (cycleUs.length < maxCycles && performance.now() - began < maxMs) {
    const agentId = `a${Math.floor(random() * agentCount)}`;
    const leaver = `c${Math.floor(random() * count)}`;
    at += 10;
    const start = process.hrtime.bigint();
    router.release(agentId, at);
    const offered = process.hrtime.bigint();
    router.answer(agentId, at);
    for (let i = 0; i < 2; i++) router.enter(`c${count++}`, queueIds[count % 10] ?? '', at);
    router.giveUp(leaver, at);
    cycleUs.push(Number(process.hrtime.bigint() - start) / 1000);
    offerUs.push(Number(offered - start) / 1000);
  }
  const { user, system } = process.cpuUsage(cpu);
  return {
    cycles: cycleUs.length,
    cpuUs: round((user + system) / cycleUs.length),
    p50Us: quantile(cycleUs, 0.5),
    p99Us: quantile(cycleUs, 0.99),
    maxUs: quantile(cycleUs, 1),
    offerP50Us: quantile(offerUs, 0.5),
    offerP99Us: quantile(offerUs, 0.99),
  };
}

/** Every agent talks before anybody waits. */
function occupy(engine: Engine, scan: LinearScan, site: AcdSite): void {
  site.agents.forEach(({ id, queueIds: [queueId = ''] }, index) => {
    engine.enter(`first${index}`, queueId, 2);
    scan.enter(`first${index}`, queueId, 2);
    engine.answer(id, 2);
  });
}

function enterAll(router: Router, waitingCount: number): void {
  for (let i = 0; i < waitingCount; i++) router.enter(`c${i}`, queueIds[i % 10] ?? '', 11 + i);
}

function compare(agentCount: number, waitingCount: number): void {
  const site = siteOf(agentCount);
  const engine = new Engine(site);
  const scan = new LinearScan(site);
  occupy(engine, scan, site);
  enterAll(engine, waitingCount);
  // Entering one by one would take the scan minutes.
  for (let i = 0; i < waitingCount; i++)
    scan.waiting.push({ id: `c${i}`, queueId: queueIds[i % 10] ?? '', queuedAt: 11 + i });
  const before = engine.events;
  const ours = measure(engine, agentCount, waitingCount);
  const events = engine.events - before;
  const totalCpuUs = ours.cpuUs * ours.cycles;
  const perEvent = {
    cpuUsPerEvent: round(totalCpuUs / events),
    eventsPerCpuSec: Math.round((events / totalCpuUs) * 1e6),
  };
  const linearScan = measure(scan, agentCount, waitingCount);
  console.log(
    JSON.stringify({
      agents: agentCount,
      waiting: waitingCount,
      engine: { ...ours, ...perEvent },
      machine: measureMachine(ours.offerP50Us),
      linearScan,
    }),
  );
}

/** As warm as an engine that has run for a minute, so that no line pays for the compiler. */
function warmUp(): void {
  const site = siteOf(200);
  const engine = new Engine(site);
  const scan = new LinearScan(site);
  occupy(engine, scan, site);
  enterAll(engine, 2_000);
  for (let i = 0; i < 4; i++) measure(engine, 200, 2_000);
}

/** As after a crash: a snapshot taken when half had come, and the events of the other half. */
function recover(waitingCount: number): void {
  const engine = new Engine(siteOf(1_000));
  enterAll(engine, waitingCount / 2);
  const snapshot = JSON.stringify(engine.acd.toSnapshot());
  engine.log = [];
  for (let i = waitingCount / 2; i < waitingCount; i++) engine.enter(`c${i}`, queueIds[i % 10] ?? '', 11 + i);
  const log = engine.log.map((event) => JSON.stringify(event));
  const start = performance.now();
  const recovered = createAcd(JSON.parse(snapshot));
  for (const text of log) recovered.apply(JSON.parse(text) as EventDraft);
  const ms = round(performance.now() - start);
  const waiting = queueIds.reduce((sum, id) => sum + recovered.waiting(id), 0);
  const events = log.length;
  console.log(
    JSON.stringify({
      what: 'recovery from a snapshot and the log',
      waiting,
      events,
      ms,
      bytes: snapshot.length,
    }),
  );
}

/** The live figures of a large site: what one event and one board cost. */
function figures(agentCount: number, waitingCount: number): void {
  const site = siteOf(agentCount);
  const stats = createLiveStats({
    name: 'Bench',
    timeZone: 'UTC',
    language: 'en',
    queues: queueIds.map((id) => ({
      id,
      name: id,
      targetPercent: 80,
      targetMs: 20_000,
      shortAbandonMs: 5_000,
    })),
    agents: site.agents.map(({ id, queueIds: queues }) => ({ id, name: id, queueIds: queues })),
    phones: site.phoneIds,
    trunks: [],
  });
  const engine = new Engine(site);
  engine.log = [];
  enterAll(engine, waitingCount);
  let cpu = process.cpuUsage();
  let seq = 0;
  for (const event of engine.log) stats.apply({ ...event, id: String(++seq), seq, v: 1 });
  const perEvent = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  const boards = 500;
  for (let i = 0; i < boards; i++) stats.board(10 + waitingCount + i);
  const perBoard = process.cpuUsage(cpu);
  const us = (usage: NodeJS.CpuUsage, count: number) => round((usage.user + usage.system) / count);
  console.log(
    JSON.stringify({
      what: 'live figures',
      agents: agentCount,
      waiting: waitingCount,
      cpuUsPerEvent: us(perEvent, seq),
      cpuUsPerBoard: us(perBoard, boards),
    }),
  );
}

const asked = process.argv.slice(2);
const [agentsAsked = 0, waitingAsked = 0] = asked.map(Number);
const isAnswerable =
  asked.length === 2 && [agentsAsked, waitingAsked].every((n) => Number.isInteger(n) && n > 0);
if (asked.length > 0 && !isAnswerable) {
  console.error('usage: npm run bench:acd [-- AGENTS WAITING]');
  process.exit(1);
}
warmUp();
if (isAnswerable) {
  for (let i = 0; i < 5; i++) compare(agentsAsked, waitingAsked);
  process.exit();
}
for (const agentCount of [100, 1_000, 10_000])
  for (const waitingCount of [100, 10_000, 1_000_000]) compare(agentCount, waitingCount);
for (let i = 0; i < 3; i++) recover(10_000);
for (const agentCount of [100, 10_000]) figures(agentCount, 10_000);
