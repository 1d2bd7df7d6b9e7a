/**
 * `hearthline residency`: what left the building today and whose it is, and the signed statements of it. The list comes from the
 * running server; beside it root looks at the kernel by itself, since a list that only the watched house writes proves less.
 * Checking statements needs neither server nor database.
 */
import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelLook, type KernelSighting } from '../../sip/system/ledger/kernel-look.ts';
import { type ResidencyAnswer, residencyAnswerSchema } from '../../server/contract/rest-residency.ts';
import {
  fingerprintOf,
  readStatementFile,
  verifyStatements,
} from '../../server/evidence/verify-evidence.mts';
import { HouseKeyFault, makeHouseKey, publicKeyFile } from '../../server/residency/house-key.ts';
import { missedBetween } from '../../server/residency/statements.ts';
import { ask, CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import { type House, serviceUsers } from '../house.ts';
import { accountNamed, isRoot } from '../privilege.ts';
import { answerText, sentText, sightingText } from './residency/answer-text.ts';
import { sentCounts, type SentCount } from './residency/sent-counters.ts';
import { readWords } from './read-options.ts';

const usage = `Usage:
  hearthline residency [--json]                  what left the building today, whose it is, and how much
  hearthline residency sign [--so-far]           sign the days that are over, if one is not yet; with --so-far, today up to now
  hearthline residency verify [FILE...] [--key PEM]   check statements; without FILE, all of this house
  hearthline residency key                       the public key of this house and its fingerprint; made at its first use`;

const statementsDir = ({ layout }: House): string => join(layout.dataDir, 'residency');

/** Names of processes by the ids of their users; in a clone there are none. */
function serviceIds(): Map<number, string> {
  const users = new Map<number, string>();
  for (const [name, user] of Object.entries(serviceUsers)) {
    const account = accountNamed(user);
    if (account) users.set(account.uid, name);
  }
  return users;
}

interface KernelView {
  sightings: KernelSighting[];
  /** Absent where nobody counts. */
  sent?: SentCount[];
}

/** Sockets of the services as the kernel shows them to root, and what it counted. In a clone the server looks by itself. */
async function ownLook({ kind }: House): Promise<KernelView> {
  if (kind !== 'installed' || !isRoot()) return { sightings: [] };
  const users = serviceIds();
  const byText = new Map(
    [...users].flatMap(([id, name]) => [
      [String(id), name] as const,
      [serviceUsers[name as keyof typeof serviceUsers], name] as const,
    ]),
  );
  const sent = await sentCounts(byText);
  return { sightings: await new KernelLook({ users }).look(), ...(sent && { sent }) };
}

async function askServer(house: House): Promise<ResidencyAnswer> {
  const answer = await ask(house.layout, 'GET', '/residency');
  if (answer.status !== 200) throw refused(answer.body);
  return residencyAnswerSchema.parse(JSON.parse(answer.body));
}

function refused(body: string): CliError {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown } };
    if (typeof error?.message === 'string') return new CliError(`The server refused: ${error.message}.`);
  } catch {
    // Not JSON: shown as it came.
  }
  return new CliError(`The server refused: ${body.slice(0, 300)}`);
}

async function show(house: House, isJson: boolean, io: CliIo): Promise<number> {
  // First the kernel: what is in no list then was not opened by our code.
  const { sightings: seen, sent } = await ownLook(house);
  const answer = await askServer(house);
  const known = new Set(
    [...answer.items, ...answer.answers].map(({ address, port }) => `${address} ${port}`),
  );
  const strange = seen.filter(({ address, port }) => port !== 53 && !known.has(`${address} ${port}`));
  if (isJson) io.out(JSON.stringify({ ...answer, kernelOnly: strange, ...(sent && { sent }) }, undefined, 2));
  else io.out([answerText(answer), ...strange.map(sightingText), ...(sent ? sentText(sent) : [])].join('\n'));
  return answer.unknown === 0 && strange.length === 0 ? 0 : 1;
}

async function signNow(house: House, isSoFar: boolean, io: CliIo): Promise<number> {
  const answer = await ask(house.layout, 'POST', isSoFar ? '/residency/sign' : '/residency/sign-due');
  if (answer.status !== 200) throw refused(answer.body);
  const { file, number } = JSON.parse(answer.body) as { file?: string; number?: number };
  if (file === undefined) io.out('No day is over since this house began: there is nothing to sign yet.');
  else io.out(`Statement ${number}: ${join(statementsDir(house), file)}`);
  return 0;
}

async function showKey(house: House, io: CliIo): Promise<number> {
  const { publicPem, fingerprint } = await makeHouseKey(house.layout.dataDir).catch((error: unknown) => {
    throw error instanceof HouseKeyFault ? new CliError(error.message) : error;
  });
  io.out(`${publicPem.trimEnd()}\nfingerprint ${fingerprint}`);
  return 0;
}

function readKey(file: string) {
  try {
    return createPublicKey(readFileSync(file));
  } catch {
    throw new CliError(`${file} is no public key. hearthline residency key prints the one of a house.`);
  }
}

function verifyThem(house: House, files: string[], keyFile: string | undefined, io: CliIo): number {
  const dir = statementsDir(house);
  const isAll = files.length === 0;
  if (isAll && !existsSync(dir)) throw new CliError(`There are no statements in ${dir} yet.`);
  const paths = isAll
    ? readdirSync(dir)
        .filter((name) => /^\d{4}-.*\.json$/.test(name))
        .map((name) => join(dir, name))
    : files;
  const key = readKey(keyFile ?? publicKeyFile(house.layout.dataDir));
  const read = paths.map((path) => {
    try {
      return readStatementFile(path);
    } catch (error) {
      throw new CliError(`${path} cannot be read: ${(error as Error).message}`);
    }
  });
  const { faults, notes, days } = verifyStatements(read, key);
  io.out(`house ${fingerprintOf(key)}`);
  for (const note of notes) io.out(note);
  const today = new Date().toISOString().slice(0, 10);
  if (isAll) for (const day of missedBetween(days.at(-1), today)) io.out(`there is no statement of ${day}`);
  for (const fault of faults) io.error(`FAULT ${fault}`);
  io.out(faults.length === 0 ? 'Nothing is wrong.' : `Faults: ${faults.length}.`);
  return faults.length === 0 ? 0 : 1;
}

const options = {
  json: { type: 'boolean', default: false },
  'so-far': { type: 'boolean', default: false },
  key: { type: 'string' },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

export const residencyCommand: OpsCommand = async (args, house, io) => {
  const { values, positionals } = readWords(args, options, usage);
  const [word, ...files] = positionals;
  if (values.help) {
    io.out(usage);
    return 0;
  }
  if (word === undefined) return show(house, values.json, io);
  if (word === 'verify') return verifyThem(house, files, values.key, io);
  if (files.length > 0) throw new CliError(usage);
  if (word === 'sign') return signNow(house, values['so-far'], io);
  if (word === 'key') return showKey(house, io);
  throw new CliError(usage);
};
