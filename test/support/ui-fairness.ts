/**
 * The fairness of the stand-in: a made-up log of some days, folded and checked by the product's own code. Names come from
 * here too, as only pages of the past ask for them.
 */
import express, { type Router } from 'express';
import { fairnessQuerySchema, type FairnessAnswer } from '../../server/contract/rest-fairness.ts';
import type { AgentState } from '../../server/contract/events.ts';
import { fairnessTable } from '../../server/stats/fairness-figures.ts';
import { FairnessLedger, type LedgerEvent } from '../../server/stats/fairness.ts';
import { randomSource } from './random-source.ts';

const queues: Record<string, string> = {
  cards: 'Card services',
  accounts: 'Current accounts',
  'lost-cards': 'Lost and stolen cards',
  private: 'Private banking',
};
const agents: Record<string, string> = Object.fromEntries(
  [
    'Amelia Hart',
    'Oliver Webb',
    'Sofia Marchetti',
    'Иван Константинопольский',
    'Bartholomew Featherstonehaugh',
    'Chiara Bianchi',
    'Mei Lin',
    'Анна Орлова',
    'Tom Reed',
    'Priya Natarajan',
    'Luca Moretti',
    'Freya Olsen',
    'Jonas Weber',
    'Noor Haddad',
  ].map((name, index) => [String(201 + index), name]),
);
const numbers = { '+442071838750': 'Main line', '+442071838799': '+442071838799' };
const trunks = { telco: 'The telephone company' };
const queueIds = Object.keys(queues);
const dayMs = 86_400_000;
const membership = (index: number) => [queueIds[index % 4]!, queueIds[(index + 1) % 4]!];

/** One agent's working day; the later in the list, the more of it in Not Ready. */
function shift(begin: number, agentId: string, index: number, random: () => number): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  let at = begin + Math.floor(random() * 900_000);
  let state: AgentState = 'logged-out';
  const end = at + (index % 3 === 0 ? 4 : 8) * 3_600_000;
  const become = (to: AgentState, afterMs: number) => {
    at += Math.floor(afterMs);
    events.push({ type: 'agent.state-changed', at, agentId, data: { from: state, to } });
    state = to;
  };
  become('not-ready', 0);
  for (let n = 0; at < end; n += 1) {
    become('ready', 20_000 + random() * 60_000 * (1 + index / 4));
    if (random() < 0.02) {
      become('unreachable', 30_000);
      become('ready', 120_000 * random());
    }
    at += Math.floor(30_000 + random() * 240_000);
    const contactId = `${agentId}-${begin}-${n}`;
    const head = { contactId, agentId, queueId: membership(index)[n % 2]! };
    const offerId = `${contactId}.1`;
    events.push({ type: 'contact.offered', at, ...head, data: { offerId } });
    become('reserved', 0);
    become('ringing', 400);
    at += Math.floor(2_000 + random() * 12_000);
    const roll = random();
    if (roll > 0.12) {
      events.push({ type: 'contact.answered', at, ...head, data: { offerId } });
      become('talking', 0);
      if (random() < 0.3) {
        become('hold', 60_000 * random());
        become('talking', 90_000 * random());
      }
      at += Math.floor(60_000 + random() * 400_000);
      events.push({ type: 'contact.ended', at, ...head, data: {} });
      become('wrap-up', 0);
      at += Math.floor(10_000 + random() * 40_000);
      if (index > 8 && random() < 0.4) become('not-ready', 0);
    } else {
      const reason =
        roll < 0.04 ? 'rona' : roll < 0.06 ? 'rejected' : roll < 0.08 ? 'agent-left' : 'contact-gone';
      events.push({ type: 'offer.withdrawn', at, ...head, data: { offerId, reason } });
      become('not-ready', 0);
    }
  }
  become('logged-out', 1_000);
  return events;
}

function makeLog(now: number): LedgerEvent[] {
  const random = randomSource(3);
  const setup = (cards: string) => ({
    queues: queueIds.map((id, index) => ({
      id,
      strategy: id === 'cards' ? cards : ['longest-idle', 'least-occupied', 'most-skilled'][index % 3]!,
    })),
    agents: Object.keys(agents).map((id, index) => ({ id, queueIds: membership(index) })),
  });
  const today = now - (now % dayMs);
  const log: LedgerEvent[] = [
    { type: 'site.applied', at: today - 9 * dayMs, data: { acd: setup('longest-idle') } },
    { type: 'site.applied', at: today - dayMs * 2 + 43_200_000, data: { acd: setup('round-robin') } },
  ];
  for (let day = -8; day <= 0; day += 1)
    Object.keys(agents).forEach((agentId, index) => {
      // Begun early enough that today has figures whenever the tests run.
      const begin = day === 0 ? now - 5 * 3_600_000 : today + day * dayMs + 7 * 3_600_000;
      if ((index + day) % 7 !== 0) log.push(...shift(begin, agentId, index, random));
    });
  return log.toSorted((a, b) => a.at - b.at);
}

export function createFairnessStandIn(now: () => number): Router {
  const log = makeLog(now());
  const router = express.Router();
  router.get(
    '/api/site/names',
    (_request, response) => void response.json({ queues, agents, numbers, trunks }),
  );
  router.get('/api/fairness', (request, response) => {
    const query = fairnessQuerySchema.safeParse({ ...request.query });
    if (!query.success) {
      response.status(400).json({ error: { code: 'bad-request', message: 'bad-request' } });
      return;
    }
    const { from, queue } = query.data;
    const to = Math.min(query.data.to, now());
    const fold = new FairnessLedger({ from, to });
    for (const event of log) fold.apply(event);
    const answer: FairnessAnswer = {
      from,
      to,
      ...(queue !== undefined && { queueId: queue }),
      seq: 1_234_567,
      ...fairnessTable(fold.ledger(), queue),
    };
    response.json(answer);
  });
  return router;
}
