/**
 * `hearthline retention`: what the site says of forgetting text and recordings by their age, how much is due, and doing it now. The
 * running server does it, as it does by itself every ten minutes: one place knows the rules.
 */
import { z } from 'zod';
import { retentionSchema } from '../../server/contract/site-retention.ts';
import { askAdmin, CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import type { House } from '../house.ts';
import { readOptions } from './read-options.ts';

const usage = `Usage:
  hearthline retention show               what the site says, and how much is old enough now
  hearthline retention run [--dry-run]    forgets it now; with --dry-run only says what would go

The rules are in the site file (retention: { textDays, rawMailDays, recordingDays }). What was forgotten cannot be brought back.`;

const dueSchema = z.object({
  retention: retentionSchema,
  due: z.object({ threads: z.number(), rawMails: z.number(), recordings: z.number() }),
});

const goneSchema = z.object({
  threads: z.number(),
  messages: z.number(),
  files: z.number(),
  rawMails: z.number(),
  recordings: z.number(),
});

const rules = [
  ['textDays', 'Conversations'],
  ['rawMailDays', 'Mails as they came'],
  ['recordingDays', 'Recordings'],
] as const;

const askDue = async (house: House) =>
  dueSchema.parse(JSON.parse(await askAdmin(house.layout, 'GET', '/retention')));

const dueText = ({ threads, rawMails, recordings }: z.infer<typeof dueSchema>['due']): string =>
  `${threads} conversations, ${rawMails} mails as they came, ${recordings} recordings`;

async function show(house: House, io: CliIo): Promise<number> {
  const { retention, due } = await askDue(house);
  for (const [name, what] of rules)
    io.out(
      `${what.padEnd(20)}${retention[name] === undefined ? 'kept for ever' : `kept for ${retention[name]} days`}`,
    );
  io.out(`Old enough now: ${dueText(due)}.`);
  return 0;
}

/** A look of the server takes a bounded number: it is asked until nothing is left. */
async function forgetAll(house: House, io: CliIo): Promise<number> {
  const sum = { threads: 0, messages: 0, files: 0, rawMails: 0, recordings: 0 };
  for (;;) {
    const gone = goneSchema.parse(JSON.parse(await askAdmin(house.layout, 'POST', '/retention/run')));
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += gone[key];
    if (gone.threads + gone.rawMails + gone.recordings === 0) break;
    io.error(`  ${dueText(sum)} so far`);
  }
  io.out(
    `Forgotten: ${sum.threads} conversations with ${sum.messages} messages and ${sum.files} files, ${sum.rawMails} mails as they came, ${sum.recordings} recordings.`,
  );
  const { due } = await askDue(house);
  if (due.threads + due.rawMails + due.recordings === 0) return 0;
  io.error(
    `Still there: ${dueText(due)}. Somebody works on them, or a file cannot be removed: hearthline logs server.`,
  );
  return 1;
}

export const retentionCommand: OpsCommand = async (args, house, io) => {
  const [word, ...rest] = args;
  if (word === '--help' || word === '-h') {
    io.out(usage);
    return 0;
  }
  if (word !== 'show' && word !== 'run') throw new CliError(usage);
  if (word === 'show') {
    readOptions(rest, {}, usage);
    return show(house, io);
  }
  const values = readOptions(rest, { 'dry-run': { type: 'boolean' } }, usage);
  if (values['dry-run'] !== true) return forgetAll(house, io);
  io.out(`Would be forgotten: ${dueText((await askDue(house)).due)}. Nothing was.`);
  return 0;
};
