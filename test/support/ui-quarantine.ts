/** The quarantine and the blocked senders of the stand-in: by the contract's own schemas, with the refusals that the pages must tell apart. */
import express, { type Response, type Router } from 'express';
import {
  blockRequestSchema,
  quarantineReasons,
  settledReasons,
  type BlockRow,
  type QuarantineMail,
  type ReleaseAnswer,
} from '../../server/contract/rest-quarantine.ts';
import { emptyRequestSchema } from '../../server/contract/rest.ts';

export interface QuarantineStandIn {
  router: Router;
  mails: QuarantineMail[];
  blocks: BlockRow[];
  /** Of the next release. */
  setNext(answer: ReleaseAnswer | 'already-released' | 'channel-off'): void;
  /** Asked for, in order. */
  asked: string[];
}

const senders = [
  { address: 'amelia.hart@customer.example', name: 'Amelia Hart' },
  { address: 'a-very-long-address-of-somebody@a-very-long-domain-of-a-company.example' },
  undefined,
];

function makeMails(now: number): QuarantineMail[] {
  return quarantineReasons.map((reason, index) => {
    const from = senders[index % senders.length];
    return {
      rawId: `rm_${index}`,
      mailboxId: index % 2 === 0 ? 'help' : 'loans',
      source: 'smtp',
      receivedAt: now - index * 4_000_000,
      reason,
      bytes: 1800 * 7 ** (index % 6),
      envelopeFrom: index === 4 ? '' : 'bounce+4711@relay.customer.example',
      envelopeTo: ['help@northgate.example'],
      sha256: 'ab'.repeat(32),
      ...(from && { from }),
      ...(index !== 2 && { subject: `My card does not work any more, please help me (${index})` }),
    };
  });
}

export function createQuarantineStandIn(now: () => number): QuarantineStandIn {
  const mails = makeMails(now());
  const first: Pick<BlockRow, 'kind' | 'value' | 'reason' | 'endsAt'>[] = [
    { kind: 'mail-domain', value: 'lottery.example', reason: 'Advertising, every hour', endsAt: now() + 9e8 },
    { kind: 'network', value: '203.0.113.0/24', reason: 'Floods the chat with copied text' },
    { kind: 'phone', value: '+390612345678', reason: 'Prank' },
    {
      kind: 'mail-address',
      value: 'angry.customer.with.a.long.name@customer.example',
      reason: 'Threats, see 4711',
    },
  ];
  const blocks: BlockRow[] = first.map((block, index) => ({
    ...block,
    blockId: `block_${index}`,
    by: 'ada',
    since: now() - index * 86_400_000,
  }));
  const asked: string[] = [];
  let next: ReleaseAnswer | 'already-released' | 'channel-off' = { outcome: 'taken' };
  const fail = (response: Response, status: number, code: string, reason?: string) =>
    void response
      .status(status)
      .json({ error: { code, message: code, ...(reason !== undefined && { details: { reason } }) } });
  const isUnsettled = ({ reason }: QuarantineMail) => !settledReasons.includes(reason);
  const take = (rawId: string) => {
    const at = mails.findIndex((mail) => mail.rawId === rawId);
    return at < 0 ? undefined : mails.splice(at, 1)[0];
  };
  const router = express.Router();
  router.get('/api/quarantine', (request, response) => {
    response.json({ items: request.query['show'] === 'unsettled' ? mails.filter(isUnsettled) : mails });
  });
  router.get('/api/quarantine/count', (_request, response) => {
    response.json({ total: mails.length, unsettled: mails.filter(isUnsettled).length });
  });
  router.get('/api/quarantine/:id', (request, response) => {
    const mail = mails.find(({ rawId }) => rawId === request.params.id);
    if (mail) response.json(mail);
    else fail(response, 404, 'not-found');
  });
  router.get('/api/quarantine/:id/raw', (request, response) => {
    asked.push(`raw ${request.params.id}`);
    response.attachment(`${request.params.id}.eml`).send('Subject: x\r\n\r\ny');
  });
  router.post('/api/quarantine/:id/release', (request, response) => {
    if (!emptyRequestSchema.safeParse(request.body).success) return fail(response, 400, 'bad-request');
    asked.push(`release ${request.params.id}`);
    if (typeof next === 'string') return fail(response, 409, 'conflict', next);
    if (!take(request.params.id)) return fail(response, 404, 'not-found');
    response.status(next.outcome === 'waiting' ? 202 : 200).json(next);
  });
  router.delete('/api/quarantine/:id', (request, response) => {
    asked.push(`delete ${request.params.id}`);
    if (take(request.params.id)) response.status(204).end();
    else fail(response, 404, 'not-found');
  });
  router.get('/api/blocks', (request, response) => {
    const find = typeof request.query['find'] === 'string' ? request.query['find'] : '';
    const found = blocks.filter(({ value, reason }) => `${value} ${reason}`.includes(find));
    response.json({ items: found, total: blocks.length });
  });
  router.post('/api/blocks', (request, response) => {
    const { data } = blockRequestSchema.safeParse(request.body);
    if (!data) return fail(response, 400, 'bad-request');
    if (data.kind === 'network' && !data.value.includes('.'))
      return fail(response, 400, 'bad-request', 'not-a-network');
    if (blocks.some(({ value }) => value === data.value))
      return fail(response, 409, 'conflict', 'already-blocked');
    const { kind, value, reason, endsAt } = data;
    const ends = endsAt === undefined ? {} : { endsAt };
    const block: BlockRow = {
      blockId: `block_${blocks.length + 10}`,
      kind,
      value,
      reason,
      by: 'ada',
      since: now(),
      ...ends,
    };
    blocks.unshift(block);
    response.status(201).json(block);
  });
  router.delete('/api/blocks/:id', (request, response) => {
    const at = blocks.findIndex(({ blockId }) => blockId === request.params.id);
    if (at < 0) return fail(response, 404, 'not-found');
    blocks.splice(at, 1);
    response.status(204).end();
  });
  return { router, mails, blocks, asked, setNext: (answer) => void (next = answer) };
}
