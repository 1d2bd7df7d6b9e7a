/** The proof of residency of the stand-in: connectors that are on, phones that were answered, and one connection that is nobody's. */
import express, { type Router } from 'express';
import {
  type ResidencyAnswer,
  residencyAnswerSchema,
  type ResidencyRow,
} from '../../server/contract/rest-residency.ts';

export interface ResidencyStandIn {
  router: Router;
  answer: ResidencyAnswer;
}

const minuteMs = 60_000;

function rowsOf(now: number): ResidencyRow[] {
  const row = (more: Partial<ResidencyRow>): ResidencyRow => ({
    process: 'server',
    protocol: 'tcp',
    address: '10.0.0.7',
    port: 8443,
    hosts: [],
    owner: 'connector',
    usedBy: [],
    isAnswer: false,
    seenBy: 'process',
    state: 'idle',
    opened: 1,
    open: 0,
    failed: 0,
    bytesOut: 0,
    bytesIn: 0,
    firstAt: now - 300 * minuteMs,
    lastAt: now - minuteMs,
    ...more,
  });
  const { bytesOut: _out, bytesIn: _in, ...unmeasured } = row({});
  return [
    row({
      address: '10.0.5.25',
      port: 587,
      hosts: ['relay.northgate.example'],
      owner: 'mail-relay',
      opened: 212,
      bytesOut: 18_400_000,
      bytesIn: 912_000,
    }),
    row({
      address: '10.0.5.93',
      port: 993,
      hosts: ['imap.northgate.example'],
      owner: 'mailbox',
      usedBy: ['help', 'loans'],
      state: 'open',
      open: 2,
      bytesOut: 412_000,
      bytesIn: 96_300_000,
      lastAt: now - 2000,
    }),
    row({ owner: 'connector', usedBy: ['sms'], bytesOut: 61_200, bytesIn: 12_800 }),
    row({
      address: '10.0.9.12',
      port: 443,
      hosts: ['alerts.northgate.example'],
      owner: 'alerts',
      usedBy: ['Long waits in Cards'],
      state: 'failed',
      failed: 1,
    }),
    {
      ...unmeasured,
      protocol: 'dns',
      address: '10.0.0.53',
      port: 53,
      hosts: ['relay.northgate.example', 'imap.northgate.example'],
      owner: 'resolver',
      opened: 640,
    },
    {
      ...unmeasured,
      process: 'postgres',
      address: '198.51.100.23',
      port: 443,
      owner: 'unknown',
      seenBy: 'kernel',
      state: 'open',
      open: 1,
      firstAt: now - 20_000,
      lastAt: now - 1000,
      unknownAt: now - 20_000,
    },
    row({
      process: 'sip',
      protocol: 'udp',
      address: '10.20.4.17',
      port: 5060,
      owner: 'phone',
      usedBy: ['1001'],
      isAnswer: true,
      state: 'open',
      bytesOut: 48_200,
      bytesIn: 51_900,
      lastAt: now - 8000,
    }),
    row({
      process: 'media',
      protocol: 'rtp',
      address: '10.20.4.17',
      port: 0,
      ports: [16_384, 16_500],
      owner: 'phone',
      usedBy: ['1001'],
      isAnswer: true,
      opened: 41,
      state: 'open',
      bytesOut: 88_100_000,
      bytesIn: 87_900_000,
      lastAt: now - 500,
    }),
    row({
      process: 'sip',
      protocol: 'udp',
      address: '10.99.0.1',
      port: 5060,
      owner: 'trunk',
      usedBy: ['telco'],
      isAnswer: true,
      bytesOut: 2_310_000,
      bytesIn: 2_480_000,
    }),
    row({
      process: 'sip',
      protocol: 'udp',
      address: '203.0.113.80',
      port: 5071,
      owner: 'stranger',
      isAnswer: true,
      bytesOut: 900,
      bytesIn: 1400,
    }),
  ];
}

export function createResidencyStandIn(now: () => number): ResidencyStandIn {
  const at = now();
  const rows = rowsOf(at);
  const answer: ResidencyAnswer = {
    house: '4f1c0d2be87a93516f1c0d2be87a93514f1c0d2be87a93516f1c0d2be87a9351',
    day: new Date(at).toISOString().slice(0, 10),
    now: at,
    watched: [
      { from: at - 300 * minuteMs, to: at - 200 * minuteMs },
      { from: at - 190 * minuteMs, to: at },
    ],
    watchedSince: at - 40 * 24 * 60 * minuteMs,
    lastLeftAt: at - 1000,
    items: rows.filter(({ isAnswer }) => !isAnswer),
    answers: rows.filter(({ isAnswer }) => isAnswer),
    unknown: 1,
    silent: [],
    statement: {
      number: 40,
      day: new Date(at - 24 * 60 * minuteMs).toISOString().slice(0, 10),
      file: 'x.json',
    },
  };
  const router = express.Router();
  router.get(
    '/api/residency',
    (_request, response) => void response.json(residencyAnswerSchema.parse(answer)),
  );
  return { router, answer };
}
