/**
 * Gathers what the checks of `hearthline doctor` judge. Each look stands alone: what fails is noted as not seen and the others go on,
 * since doctor is for houses in which something is broken. It changes nothing and binds no port.
 */
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { House } from '../../house.ts';
import { takenRtpPorts } from '../../ports.ts';
import { describeProcess, openPorts, ownerOf } from '../../process-table.ts';
import { tlsPlaces } from '../certificates/places.ts';
import { unfinishedRestore } from '../backup/swap.ts';
import { walArchiveState } from '../backup/wal-archive.ts';
import { askServer, houseStatus, type HouseStatus } from '../status/house-status.ts';
import { processStatuses } from '../status/processes.ts';
import type { HouseFacts } from './facts.ts';
import { gatherMachine } from './gather-machine.ts';
import { gatherPostgres, gatherRedis } from './gather-stores.ts';

/** What is known without the look that failed. */
const bareStatus = (house: House): HouseStatus => ({
  isReady: false,
  version: '',
  node: process.versions.node,
  processes: processStatuses(house),
  parts: {},
  waiting: {},
  disks: [],
  certificate: { state: 'none' },
});

/** The newest of what lies directly in these places: enough to see that the clock was set back. */
function newestFile(dirs: readonly string[]): HouseFacts['newestFile'] {
  let newest: HouseFacts['newestFile'];
  for (const dir of dirs.filter((one) => existsSync(one)))
    for (const name of readdirSync(dir)) {
      const path = join(dir, name);
      const atMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (newest === undefined || atMs > newest.atMs) newest = { path, atMs };
    }
  return newest;
}

const socketName = /^socket:\[(\d+)\]$/;

/** Sockets of a process; undefined where we may not look. */
function socketsOf(pid: number): Set<string> | undefined {
  try {
    const inodes = new Set<string>();
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      try {
        const inode = socketName.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        if (inode !== undefined) inodes.add(inode);
      } catch {
        // It was closed meanwhile.
      }
    }
    return inodes;
  } catch {
    return undefined;
  }
}

const holder = (inode: string): string => {
  const pid = ownerOf(inode);
  return pid === undefined ? 'a process that cannot be seen' : describeProcess(pid);
};

/** Calls open and close ports while this looks: foreign is what was open before and after, and never the media engine's. */
function foreignRtp(house: House, mediaPid: number | undefined): HouseFacts['foreignRtp'] {
  const taken = () => takenRtpPorts(house.settings);
  const before = new Set(taken().map(({ inode }) => inode));
  const own = mediaPid === undefined ? new Set<string>() : socketsOf(mediaPid);
  if (!own) return { count: 0 };
  const others = taken().filter(({ inode }) => before.has(inode) && !own.has(inode));
  return { count: others.length, ...(others[0] && { example: holder(others[0].inode) }) };
}

/** Looked up and not bound: a port that we hold for an instant could be the one that a service wants just then. */
function takenPorts(house: House, isRunning: (name: string) => boolean): HouseFacts['takenPorts'] {
  const { httpPort, sipPort } = house.settings;
  const wanted = [
    { part: 'server', protocol: 'tcp', port: httpPort, use: 'web pages' },
    { part: 'sip', protocol: 'udp', port: sipPort, use: 'SIP' },
  ] as const;
  return wanted.flatMap(({ part, protocol, port, use }) => {
    if (isRunning(part)) return [];
    const open = openPorts().find((one) => one.protocol === protocol && one.port === port);
    return open ? [{ port, use, by: holder(open.inode) }] : [];
  });
}

/** Files that are for their owner alone, and are not. */
function openSecrets(house: House): string[] {
  const dirs = [house.layout.secretsDir, ...(house.machine ? [house.machine.credentialsDir] : [])];
  const files = dirs
    .filter((dir) => existsSync(dir))
    .flatMap((dir) => [dir, ...readdirSync(dir).map((name) => join(dir, name))]);
  const others = (path: string, mask: number) =>
    ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & mask) !== 0;
  const { keyFile } = tlsPlaces(house);
  const { tls, postgres, redis } = house.settings;
  const passwords = [postgres?.passwordFile, redis?.passwordFile].filter((path) => path !== undefined);
  return [
    ...files.filter((path) => others(path, 0o077)),
    // The key of the pages and the passwords of the bank's stores may be their group's, so that the server's user may read them.
    ...[tls?.keyFile ?? keyFile, ...passwords].filter((path) => others(path, 0o007)),
  ];
}

export async function gatherFacts(house: House): Promise<HouseFacts> {
  const unseen: HouseFacts['unseen'] = [];
  const attempt = async <T>(what: string, look: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      unseen.push({ what, why: (error as Error).message.split('\n')[0]! });
      return undefined;
    }
  };
  const { layout } = house;
  const status = (await attempt('the status', () => houseStatus(house))) ?? bareStatus(house);
  const pidOf = (name: string) => status.processes.find((one) => one.name === name)?.pid;
  const isRunning = (name: string) => pidOf(name) !== undefined;
  // What does not run is told as such, and once.
  const metrics = isRunning('server') ? await askServer(house, '/metrics') : undefined;
  const bank = (name: string) => status.bankStores?.find((store) => store.name === name);
  const isThere = (name: string) => bank(name)?.isAnswering ?? isRunning(name);
  const postgres = isThere('postgres') ? await attempt('Postgres', () => gatherPostgres(house)) : undefined;
  const redis = isThere('redis') ? await attempt('Redis', () => gatherRedis(house)) : undefined;
  const wal = bank('postgres')
    ? undefined
    : await attempt("the archive of the database's log", () => walArchiveState(house));
  const newest = await attempt('files of the data', () =>
    newestFile([
      layout.dataDir,
      layout.logDir,
      layout.recordingsDir,
      ...(bank('redis') ? [] : [join(layout.redis.dataDir, 'appendonlydir')]),
    ]),
  );
  const restore = await attempt('an unfinished restore', () => unfinishedRestore(layout.dataDir));
  const machine = await gatherMachine(house, status.processes, attempt);
  return {
    nowMs: Date.now(),
    house,
    status,
    ...(metrics !== undefined && { metrics }),
    ...(wal && { wal }),
    ...(postgres && { postgres }),
    ...(redis && { redis }),
    ...(newest && { newestFile: newest }),
    foreignRtp: (await attempt('audio ports', () => foreignRtp(house, pidOf('media')))) ?? { count: 0 },
    takenPorts: (await attempt('ports', () => takenPorts(house, isRunning))) ?? [],
    openSecrets: (await attempt('secrets', () => openSecrets(house))) ?? [],
    ...(restore && { unfinishedRestore: restore.backup }),
    ...(machine && { machine }),
    unseen,
  };
}
