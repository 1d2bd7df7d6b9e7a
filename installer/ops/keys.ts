/**
 * `hearthline keys`: which secrets the house has of its own, and new ones in their place. Calls go on through each of them.
 * Secrets that others share (mail servers, connectors, phones) are files and digests that the site names: docs/keys.md.
 */
import { writeWhole } from '../system-files.ts';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { askAdmin, CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import { serviceUsers, type House } from '../house.ts';
import { accountNamed, isRoot } from '../privilege.ts';
import { handOverControlSecret, restartServer } from './keys/sip-control.ts';
import { readOptions } from './read-options.ts';
import { tellAudit } from './tell-audit.ts';

interface Rotation {
  what: string;
  /** What it costs. */
  cost: string;
  /** Resolves to what to do next, in words. */
  run(house: House, io: CliIo): Promise<string>;
}

const newSecret = () => randomBytes(24).toString('hex');

async function rotateSipControl(house: House, io: CliIo): Promise<string> {
  const file = house.machine ? join(house.machine.credentialsDir, 'sip-control') : house.layout.sipSecretFile;
  if (!existsSync(file)) throw new CliError(`There is no file ${file}: Hearthline was never started here.`);
  const [known, next] = [readFileSync(file, 'utf8').trim(), newSecret()];
  const beside = `${file}.next`;
  writeWhole({ path: beside, text: next, mode: 0o600 });
  try {
    await handOverControlSecret(house.layout.sipStatusSocket, known, next);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  renameSync(beside, file);
  io.error('The SIP engine knows the new secret. The server starts anew with it; calls go on.');
  await restartServer(house);
  await tellAudit(house, { action: 'key.rotated', target: 'key:sip-control' }, io);
  return 'The server uses the new secret; the one before is void.';
}

async function rotateMetricsToken(house: House, io: CliIo): Promise<string> {
  const file = join(house.layout.secretsDir, 'metrics-token');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const isNew = !existsSync(file);
  const owner = house.kind === 'installed' && isRoot() ? accountNamed(serviceUsers.server) : undefined;
  if (isNew && owner) chownSync(dirname(file), owner.uid, owner.gid);
  writeWhole({ path: file, text: `${newSecret()}\n`, mode: 0o600, owner });
  await tellAudit(house, { action: 'key.rotated', target: 'key:metrics-token' }, io);
  return `The new token is in ${file}. Give it to Prometheus now: the one before is void.`;
}

async function rotateReplyTokens(house: House): Promise<string> {
  const { kept } = JSON.parse(await askAdmin(house.layout, 'POST', '/keys/reply-tokens', '')) as {
    kept: number;
  };
  return `New mails are signed with the new key; answers to mails signed with the ${kept} before it are still known.`;
}

async function rotateSessions(house: House): Promise<string> {
  const { ended } = JSON.parse(await askAdmin(house.layout, 'POST', '/keys/sessions', '')) as {
    ended: number;
  };
  return `${ended} sessions have ended: everybody signs in again.`;
}

const rotations: Readonly<Record<string, Rotation>> = {
  'sip-control': {
    what: 'between the server and the SIP engine',
    cost: 'the server restarts, a few seconds without routing; calls go on',
    run: rotateSipControl,
  },
  'metrics-token': {
    what: 'with which Prometheus reads /metrics from afar',
    cost: 'Prometheus reads nothing until it has the new one; nothing restarts',
    run: rotateMetricsToken,
  },
  'reply-tokens': {
    what: 'that signs the tokens in our mails',
    cost: 'nothing; answers to mails of the four keys before are still put to their conversation',
    run: rotateReplyTokens,
  },
  sessions: {
    what: 'of everybody who is signed in',
    cost: 'everybody signs in again; agents stay in their state, calls go on; televisions stay enrolled',
    run: rotateSessions,
  },
};

const width = Math.max(...Object.keys(rotations).map((name) => name.length)) + 2;
const listed = Object.entries(rotations).map(
  ([name, { what, cost }]) => `  ${name.padEnd(width)}${what}\n  ${''.padEnd(width)}costs: ${cost}`,
);
const usage = ['Usage:', '  hearthline keys list', '  hearthline keys rotate NAME', '', ...listed].join('\n');

export const keysCommand: OpsCommand = async (args, house, io) => {
  const [word = 'list', name, ...rest] = args;
  if (word === 'list' || word === '--help' || word === '-h' || rest.includes('--help')) {
    io.out(usage);
    return 0;
  }
  const rotation = name !== undefined && Object.hasOwn(rotations, name) ? rotations[name] : undefined;
  if (word !== 'rotate' || !rotation)
    throw new CliError(`keys knows no "${[word, name].join(' ').trim()}".\n${usage}`);
  readOptions(rest, {}, usage);
  io.out(await rotation.run(house, io));
  return 0;
};
