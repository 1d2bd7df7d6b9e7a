/** What `hearthline doctor` looks at, gathered once (gather.ts) and judged by pure functions (checks-*.ts). */
import type { House } from '../../house.ts';
import type { WalArchiveState } from '../backup/wal-archive.ts';
import type { HouseStatus } from '../status/house-status.ts';

export interface Finding {
  level: 'ok' | 'warning' | 'fault';
  what: string;
  /** One or two sentences with the command; of an `ok` none. */
  remedy?: string;
}

/** Of a unit of systemd. */
export interface UnitState {
  name: string;
  /** `active`, `failed`, `inactive`, `activating`. */
  active: string;
  /** How often systemd started it again by itself. */
  restarts: number;
  /** `success`, or why it ended. */
  result: string;
}

export interface PostgresFacts {
  connections: number;
  maxConnections: number;
  isArchiving: boolean;
  /** A failure after the last success. */
  archiveFailedAtMs?: number;
  newestEventAtMs?: number;
  /** How often a part was lost within the last hour. */
  lostLastHour: Record<string, number>;
  /** Of the newest entries of the audit trail. */
  auditFaults: string[];
}

export interface RedisFacts {
  version: string;
  isAppending: boolean;
  isWriteOk: boolean;
  isRewriteOk: boolean;
  policy: string;
  usedBytes: number;
  /** What it may use: its own bound, else the memory of its machine. */
  machineBytes: number;
}

/** What only an installed house has. */
export interface MachineFacts {
  units: UnitState[];
  /** Release folders that running processes are of, by process; those in force left out. */
  otherReleases: Partial<Record<string, string>>;
  currentRelease?: string;
  upgrade?: { from: string; to: string; isUnderWay: boolean };
  /** The step in which an installation was cut off. */
  installStep?: number;
  wrongDirectories: { path: string; wanted: string; remedy: string }[];
  /** Units and drop-ins that are missing or differ from the release. */
  differingUnits: string[];
  missingDropIns: string[];
  /** What `networks apply` would change. */
  networksChange: boolean;
  firewall: 'off' | 'loaded' | 'no-file' | 'not-loaded' | 'unknown';
  kernel: { name: string; wanted: string; found: string }[];
  /** Names of settings in which hearthline.env says other than the answers would. */
  differingSettings: string[];
  isClockSynchronized?: boolean;
}

export interface HouseFacts {
  nowMs: number;
  house: Pick<House, 'kind' | 'layout' | 'settings' | 'backupsDir'>;
  status: HouseStatus;
  /** The server's, as text; undefined where it does not answer. */
  metrics?: string;
  wal?: WalArchiveState;
  postgres?: PostgresFacts;
  redis?: RedisFacts;
  /** The newest time that a file of the data has. */
  newestFile?: { path: string; atMs: number };
  /** RTP ports that somebody else holds, with who it is where that can be seen. */
  foreignRtp: { count: number; example?: string };
  /** Ports that a part of ours cannot have while it does not run. */
  takenPorts: { port: number; use: string; by: string }[];
  /** Files with secrets that others may read. */
  openSecrets: string[];
  /** The backup that an unfinished restore is of. */
  unfinishedRestore?: string;
  machine?: MachineFacts;
  /** What could not be looked at, and why. */
  unseen: { what: string; why: string }[];
}

export type Check = (facts: HouseFacts) => Finding[];

/** How the services are started in this house. */
export const startCommand = ({ house }: Pick<HouseFacts, 'house'>): string =>
  house.kind === 'installed' ? 'systemctl start hearthline.target' : 'npm start';

export const restartCommand = ({ house }: Pick<HouseFacts, 'house'>, part: string): string =>
  house.kind === 'installed' ? `systemctl restart hearthline-${part}` : 'Ctrl-C and npm start';

export const opsCommand = ({ house }: Pick<HouseFacts, 'house'>, words: string): string =>
  house.kind === 'installed' ? `hearthline ${words}` : `npm run ops -- ${words}`;

/** The bank's own, where it is that. */
export const bankStore = ({ status }: Pick<HouseFacts, 'status'>, name: 'postgres' | 'redis') =>
  status.bankStores?.find((store) => store.name === name);

/** Where the log of a store is read. */
export const storeLog = (facts: HouseFacts, name: 'postgres' | 'redis'): string => {
  const bank = bankStore(facts, name);
  return bank ? `the log of the bank's own ${bank.title}, at ${bank.at}` : opsCommand(facts, `logs ${name}`);
};

/** A value of the metrics, the first of its name whatever its labels. */
export function metricOf(metrics: string | undefined, name: string): number | undefined {
  const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}
