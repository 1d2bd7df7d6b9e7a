/** How a house stands, as one document: for `hearthline status`, for monitoring (`--json`) and for what else has to know. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { projectRoot } from '../../program.ts';
import { readReleaseInfo } from '../../release/release-info.ts';
import { backupsIn } from '../backup/backup-dirs.ts';
import { certificateStatus, type CertificateStatus } from '../certificates/status.ts';
import { type BankStoreStatus, bankStoreStatuses } from './bank-stores.ts';
import { processStatuses, type ProcessStatus } from './processes.ts';

export interface DiskStatus {
  what: string;
  path: string;
  freeBytes: number;
  totalBytes: number;
}

export interface HouseStatus {
  isReady: boolean;
  version: string;
  commit?: string;
  node: string;
  processes: ProcessStatus[];
  /** Stores that are the bank's own; left out where both are ours. */
  bankStores?: BankStoreStatus[];
  /** Of the running server: what is ready and what is not; empty when it does not answer. */
  parts: Record<string, { isReady: boolean; detail?: string }>;
  /** Contacts that wait, by queue; empty when the server does not answer. */
  waiting: Record<string, number>;
  disks: DiskStatus[];
  certificate: Pick<CertificateStatus, 'state' | 'daysLeft' | 'fault'>;
  /** The newest whole backup; undefined where there is none. */
  backup?: { name: string; atMs: number };
}

function versionOf(): { version: string; commit?: string } {
  if (existsSync(join(projectRoot, 'release.json'))) return readReleaseInfo(projectRoot);
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { version };
}

/** A page of the admin socket; undefined while the server does not answer. */
export async function askServer(house: House, path: string): Promise<string | undefined> {
  try {
    const answer = await ask(house.layout, 'GET', path);
    return answer.status === 200 || answer.status === 503 ? answer.body : undefined;
  } catch {
    // It does not run, or not yet: which is what the status says.
    return undefined;
  }
}

function waitingIn(metrics: string): Record<string, number> {
  const found = metrics.matchAll(/^hearthline_queue_waiting\{queue="([^"]*)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, queue, count]) => [queue!, Number(count)]));
}

function diskOf(what: string, path: string): DiskStatus[] {
  if (!existsSync(path)) return [];
  const { bavail, blocks, bsize } = statfsSync(path);
  return [{ what, path, freeBytes: bavail * bsize, totalBytes: blocks * bsize }];
}

function newestBackup(dir: string): HouseStatus['backup'] {
  const whole = backupsIn(dir).flatMap(({ name, manifest }) =>
    typeof manifest === 'string' ? [] : [{ name, atMs: Date.parse(manifest.at) }],
  );
  return whole.at(-1);
}

export async function houseStatus(house: House): Promise<HouseStatus> {
  const { layout } = house;
  const [health, metrics, banks] = await Promise.all([
    askServer(house, '/healthz'),
    askServer(house, '/metrics'),
    bankStoreStatuses(house),
  ]);
  const told = health === undefined ? undefined : (JSON.parse(health) as HouseStatus);
  const { state, daysLeft, fault } = certificateStatus(house);
  const backup = newestBackup(house.backupsDir);
  return {
    isReady: told?.isReady ?? false,
    ...versionOf(),
    node: process.versions.node,
    processes: processStatuses(house),
    ...(banks.length > 0 && { bankStores: banks }),
    parts: told?.parts ?? {},
    waiting: waitingIn(metrics ?? ''),
    disks: [
      ...diskOf('data', layout.dataDir),
      ...diskOf('recordings', layout.recordingsDir),
      ...diskOf('backups', house.backupsDir),
    ],
    certificate: {
      state,
      ...(daysLeft !== undefined && { daysLeft }),
      ...(fault !== undefined && { fault }),
    },
    ...(backup && { backup }),
  };
}
