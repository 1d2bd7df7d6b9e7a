/**
 * Consents as customers gave them (S136), for the day when somebody has to prove one. Who takes them out is in the audit trail
 * before the first byte is sent: if that cannot be written, nothing is sent. The file is read and sent in batches, as
 * fast as the other side takes it, so it may be as long as it likes.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { consentQuerySchema, type ConsentQuery, type ConsentRow } from '../../contract/rest-channels.ts';
import { fileDisposition } from '../../lib/file-disposition.ts';
import { csvLine, csvTime, csvType } from '../../lib/csv.ts';
import type { ApiParts } from '../parts.ts';
import type { ApiDeps, ConsentStore } from '../ports.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

/** A consent's text has at most 2,000 characters: a batch has a megabyte or two. */
export const consentsAtOnce = 500;

export function consentRoutes({ deps }: ApiParts): Route[] {
  const { audit, clock, consents } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/api/consents',
      access: 'consents.export',
      async handle(ctx, who) {
        const query = ctx.query(consentQuerySchema);
        const { from, to = clock.now(), format, cursor } = query;
        await audit.append({
          actor: who.actor,
          action: 'consents.exported',
          details: {
            format,
            to: csvTime(to),
            ...(from !== undefined && { from: csvTime(from) }),
            ...(format === 'json' && cursor !== undefined && { cursor }),
          },
        });
        if (format === 'json') return { json: await consents.list({ ...query, to }) };
        await sendFile(ctx.res, deps, { from, to });
        return undefined;
      },
    }),
  ];
}

const columns = [
  'time',
  'via',
  'customer',
  'customer_name',
  'version',
  'text_sha256',
  'text',
  'network_address',
  'thread',
];
const line = (row: ConsentRow): string =>
  csvLine([
    csvTime(row.at),
    row.via,
    row.customer.address,
    row.customer.name,
    row.version,
    row.textSha256,
    row.text,
    row.networkAddress,
    row.threadId,
  ]);

async function* linesOf(
  consents: ConsentStore,
  range: Pick<ConsentQuery, 'from' | 'to'>,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await consents.list({ ...range, cursor, limit: consentsAtOnce });
    yield page.items.map(line).join('');
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

async function sendFile(
  res: Response,
  { consents, logger }: Pick<ApiDeps, 'consents' | 'logger'>,
  range: Pick<ConsentQuery, 'from' | 'to'>,
): Promise<void> {
  const lines = linesOf(consents, range);
  // Before the head is sent: a database that is away is an error like any other.
  const first = await lines.next();
  res.status(200);
  res.setHeader('Content-Type', csvType);
  res.setHeader('Content-Disposition', fileDisposition('attachment', 'consents.csv'));
  res.setHeader('Cache-Control', 'no-store');
  async function* whole(): AsyncGenerator<string> {
    yield csvLine(columns);
    if (first.done !== true) yield first.value;
    yield* lines;
  }
  try {
    await pipeline(Readable.from(whole(), { objectMode: false }), res);
  } catch (err) {
    // Somebody who has seen enough, or a database that went away: a file that ends so is not taken for whole.
    logger.warn({ err }, 'an export of consents could not be sent whole');
    res.destroy();
  }
}
