/**
 * A running house seen from outside, for tests of calls: the stack with a small site, and questions about agents,
 * contacts and recordings asked of the database and of the live figures, as a screen would.
 */
import { QueryTypes, type Sequelize } from 'sequelize';
import { connectDatabase } from '../../server/db/connect.ts';
import { createLogger } from '../../server/lib/log.ts';
import { startStack, type Stack, type StackOptions } from './stack.ts';
import { until } from './until.ts';

export interface SiteShape {
  /** Agents tied to phones 1001, 1002 ...; the others sit anywhere. */
  tied?: number;
  free?: number;
  ringSec?: number;
  wrapUpSec?: number;
  maxWaitSec?: number;
  maxLength?: number;
  greeting?: string[];
  announceSec?: number;
  /** Calls at a time that number 702 (a queue nobody works in) and the trunk take. */
  sideCalls?: number;
  trunkCalls?: number;
}

/** Phones 1001-1012 (password secret-<phone>), agents 101.. (PIN 1234), numbers 700-702, trunk on loopback. */
export function callSite(shape: SiteShape = {}): string {
  const { tied = 1, free = 2, ringSec = 5, wrapUpSec = 1, maxWaitSec = 600, maxLength = 100 } = shape;
  const greeting = JSON.stringify(shape.greeting ?? ['welcome']);
  const wrapUp = wrapUpSec === 0 ? '{ mode: none }' : `{ mode: timed, sec: ${wrapUpSec} }`;
  const agents = Array.from({ length: tied + free }, (_, i) => {
    const seat = i < tied ? `phone: '${1001 + i}'` : "pin: '1234'";
    return `  - { id: '${101 + i}', name: Agent ${i + 1}, queues: [main], ${seat}, wrapUp: ${wrapUp} }`;
  });
  const phones = Array.from(
    { length: Math.max(12, tied) },
    (_, i) => `  - { id: '${1001 + i}', password: 'secret-${1001 + i}' }`,
  );
  return `site: { name: Test, timeZone: Europe/Rome, language: en }
numbers:
  - { number: '700', queue: main, greeting: ${greeting} }
  - { number: '701', queue: main }
  - { number: '702', queue: side, maxCalls: ${shape.sideCalls ?? 100} }
queues:
  - { id: main, name: Main queue, ringSec: ${ringSec}, maxWaitSec: ${maxWaitSec}, maxLength: ${maxLength}, announcePositionEverySec: ${shape.announceSec ?? 30} }
  - { id: side, name: Side queue }
trunks:
  - { id: loopback, addresses: ['127.0.0.1'], maxCalls: ${shape.trunkCalls ?? 1000} }
phones:
${phones.join('\n')}
agents:
${agents.join('\n')}
`;
}

export interface ContactSeen {
  contactId: string;
  outcome: string | null;
  endedBy: string | null;
  reason: string | null;
  agentId: string | null;
  offers: number;
  rona: number;
}

export class House {
  readonly stack: Stack;
  private readonly db: Sequelize;

  private constructor(stack: Stack) {
    this.stack = stack;
    this.db = connectDatabase({
      ...stack.database,
      poolMax: 2,
      logger: createLogger('test', 'silent'),
    });
  }

  static async open(shape: SiteShape = {}, options: StackOptions = {}): Promise<House> {
    return new House(await startStack({ site: callSite(shape), ...options }));
  }

  get sipPort(): number {
    return this.stack.sipPort;
  }

  async close(): Promise<void> {
    await this.db.close();
    await this.stack.stop();
  }

  rows<T extends object>(sql: string, bind: unknown[] = []): Promise<T[]> {
    return this.db.query<T>(sql, { type: QueryTypes.SELECT, bind });
  }

  /** Prometheus figures by `name{labels}`. */
  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(`${this.stack.httpUrl}/metrics`)).text();
    const found = new Map<string, number>();
    for (const line of text.split('\n')) {
      const match = /^([a-z0-9_]+(?:\{[^}]*\})?) (\S+)$/.exec(line);
      if (match) found.set(match[1]!, Number(match[2]));
    }
    return found;
  }

  async contactsIn(state: string): Promise<number> {
    return (await this.metrics()).get(`hearthline_contacts{state="${state}"}`) ?? 0;
  }

  untilContacts(state: string, count: number, boundMs = 15_000): Promise<void> {
    return until(
      `${count} contacts are ${state}`,
      async () => (await this.contactsIn(state)) === count,
      boundMs,
    );
  }

  async agentsIn(state: string): Promise<number> {
    return (await this.metrics()).get(`hearthline_agents{state="${state}"}`) ?? 0;
  }

  untilAgents(state: string, count: number, boundMs = 15_000): Promise<void> {
    return until(`${count} agents are ${state}`, async () => (await this.agentsIn(state)) === count, boundMs);
  }

  /** By the history, which the projector writes. */
  async agentState(agentId: string): Promise<{ state: string; reason: string | null } | undefined> {
    const [row] = await this.rows<{ state: string; reason: string | null }>(
      'select state, reason from agent_intervals where agent_id = $1 order by from_seq desc limit 1',
      [agentId],
    );
    return row;
  }

  /** Has been in wrap-up since it talked last, however short that was. */
  async untilWrappedUp(agentId: string): Promise<void> {
    const sql = `select 1 from agent_intervals where agent_id = $1 and state = 'wrap-up' and from_seq >
      (select max(from_seq) from agent_intervals where agent_id = $1 and state = 'talking')`;
    await until(`agent ${agentId} was in wrap-up`, async () => (await this.rows(sql, [agentId])).length > 0);
  }

  async untilAgent(agentId: string, state: string, boundMs = 15_000): Promise<void> {
    let last: string | undefined;
    await until(
      `agent ${agentId} is ${state}`,
      async () => (last = (await this.agentState(agentId))?.state) === state,
      boundMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${last}`);
    });
  }

  /** Contacts in any state; rejects while the server does not answer. */
  async inHand(): Promise<number> {
    const metrics = await this.metrics();
    const states = ['greeting', 'waiting', 'offered', 'connected', 'flowed-out'];
    const counts = states.map((state) => metrics.get(`hearthline_contacts{state="${state}"}`) ?? NaN);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async untilIdle(boundMs = 20_000): Promise<void> {
    await until('no contact is in hand', async () => (await this.inHand()) === 0, boundMs);
  }

  /** Lets the parties talk: time that belongs to the call itself. */
  talkFor(ms: number): Promise<void> {
    return new Promise((resolve) => void setTimeout(resolve, ms));
  }

  /** Waits for that many finished recordings. */
  async recordings(count: number): Promise<{ file: string; bytes: number; sha256: string }[]> {
    const sql = "select file, bytes::int as bytes, sha256 from recordings where state = 'completed'";
    await until(`${count} recordings`, async () => (await this.rows(sql)).length >= count);
    return this.rows(sql);
  }

  async contacts(): Promise<ContactSeen[]> {
    return this.rows<ContactSeen>(
      `select contact_id as "contactId", outcome, ended_by as "endedBy", reason, agent_id as "agentId",
              offers, rona from contacts order by first_seq`,
    );
  }

  /** Everything that has happened so far is in the database. */
  async untilProjected(boundMs = 15_000): Promise<void> {
    await until(
      'history has caught up with the log',
      async () => {
        const text = await this.stack.adminText('/healthz');
        const match = /history is at (\d+) of (\d+)/.exec(text);
        return match !== null && match[1] === match[2];
      },
      boundMs,
    );
  }

  /** The newest contact, once it has ended. */
  async lastContact(): Promise<ContactSeen> {
    await until('the newest contact has ended', async () => {
      await this.untilProjected();
      return (await this.contacts()).at(-1)?.outcome != null;
    });
    return (await this.contacts()).at(-1)!;
  }
}
