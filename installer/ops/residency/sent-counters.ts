/**
 * What the kernel's own counters say that our users sent, where their table is loaded (`hearthline networks counters`): bytes with all headers
 * of IP, since the machine was started or the table was loaded, questions for names included. Nothing where nft or the table is missing.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

export interface SentCount {
  process: string;
  address: string;
  protocol: string;
  port: number;
  packets: number;
  bytes: number;
}

const element = z.object({
  elem: z.object({
    val: z.object({
      concat: z.tuple([
        z.union([z.number(), z.string()]),
        z.string(),
        z.union([z.string(), z.number()]),
        z.number(),
      ]),
    }),
    counter: z.object({ packets: z.number(), bytes: z.number() }),
  }),
});
const listing = z.object({
  nftables: z.array(z.object({ set: z.object({ elem: z.array(element).optional() }).optional() })),
});

/** `users`: names of processes by the id of their user, and by its name, since nft may tell either. */
export function readSent(text: string, users: ReadonlyMap<string, string>): SentCount[] {
  const { nftables } = listing.parse(JSON.parse(text));
  return nftables.flatMap(({ set }) =>
    (set?.elem ?? []).map(({ elem: { val, counter } }) => {
      const [user, address, protocol, port] = val.concat;
      const process = users.get(String(user)) ?? `user ${user}`;
      return { process, address, protocol: String(protocol), port, ...counter };
    }),
  );
}

const run = promisify(execFile);

/** Undefined: nobody counts here. */
export async function sentCounts(users: ReadonlyMap<string, string>): Promise<SentCount[] | undefined> {
  const lists: SentCount[] = [];
  for (const name of ['sent4', 'sent6'])
    try {
      const { stdout } = await run('nft', ['-j', 'list', 'set', 'inet', 'hearthline_sent', name], {
        timeout: 10_000,
        maxBuffer: 64 * 1024 * 1024,
      });
      lists.push(...readSent(stdout, users));
    } catch {
      return undefined;
    }
  return lists.sort((a, b) => b.bytes - a.bytes);
}
