/** `hearthline status`: how the house stands, on one screen; code 1 while it is not ready. */
import type { OpsCommand } from '../cli.ts';
import { readOptions } from './read-options.ts';
import { houseStatus, type DiskStatus, type HouseStatus } from './status/house-status.ts';

const usage = `Usage: hearthline status [--json]
  every process, the parts of the server, who waits, disks, certificate, last backup`;

const dayMs = 86_400_000;

function age(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h`;
  return `${Math.floor(ms / dayMs)} days`;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;

const certificateWords: Record<HouseStatus['certificate']['state'], string> = {
  none: 'none: the pages are served without TLS',
  ok: 'in force',
  'ends-soon': 'ends soon',
  ended: 'has ended',
  broken: 'broken',
};

function certificateLine({ state, daysLeft, fault }: HouseStatus['certificate']): string {
  const days = daysLeft === undefined ? '' : `, ${daysLeft} days left`;
  return `  certificate   ${certificateWords[state]}${days}${fault === undefined ? '' : ` (${fault})`}`;
}

/** Folders on one file system are one line. */
function diskLines(disks: readonly DiskStatus[]): string[] {
  const bySize = new Map<string, DiskStatus[]>();
  for (const disk of disks) {
    const key = `${disk.totalBytes} ${disk.freeBytes}`;
    bySize.set(key, [...(bySize.get(key) ?? []), disk]);
  }
  return [...bySize.values()].map((same) => {
    const { freeBytes, totalBytes } = same[0]!;
    return `  disk          ${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} free (${same.map(({ what }) => what).join(', ')})`;
  });
}

export function statusText(status: HouseStatus, nowMs: number): string {
  const { version, commit, node, processes, bankStores = [], parts, waiting, backup } = status;
  const sum = Object.values(waiting).reduce((all, count) => all + count, 0);
  const where = Object.entries(waiting)
    .filter(([, count]) => count > 0)
    .map(([queue, count]) => `${queue} ${count}`);
  return [
    `Hearthline ${version}${commit === undefined ? '' : `-${commit.slice(0, 12)}`} (Node ${node}): ${status.isReady ? 'ready' : 'NOT READY'}`,
    '',
    ...processes.map(({ name, pid, memoryBytes = 0, sinceMs = nowMs }) =>
      pid === undefined
        ? `  ${name.padEnd(12)}  does not run`
        : `  ${name.padEnd(12)}  process ${String(pid).padEnd(8)} for ${age(nowMs - sinceMs).padEnd(8)} ${megabytes(memoryBytes)}`,
    ),
    ...bankStores.map(
      ({ name, at, isAnswering, fault }) =>
        `  ${name.padEnd(12)}  the bank's own, at ${at}: ${isAnswering ? 'answers' : `NOT REACHED (${fault ?? 'no reason'})`}`,
    ),
    ...(Object.keys(parts).length > 0 ? [''] : []),
    ...Object.entries(parts).map(
      ([name, { isReady, detail }]) =>
        `  ${name.padEnd(12)}  ${isReady ? 'ready' : 'NOT READY'}${detail === undefined ? '' : ` (${detail})`}`,
    ),
    '',
    `  waiting       ${sum}${where.length > 0 ? ` (${where.join(', ')})` : ''}`,
    ...diskLines(status.disks),
    certificateLine(status.certificate),
    bankStores.length > 0
      ? `  last backup   by the bank's own means (docs/own-stores.md)`
      : `  last backup   ${backup ? `${backup.name}, ${age(nowMs - backup.atMs)} ago` : 'none'}`,
  ].join('\n');
}

export const statusCommand: OpsCommand = async (args, house, io) => {
  const { json, help } = readOptions(args, { json: { type: 'boolean' }, help: { type: 'boolean' } }, usage);
  if (help === true) {
    io.out(usage);
    return 0;
  }
  const status = await houseStatus(house);
  io.out(json === true ? JSON.stringify(status, null, 2) : statusText(status, Date.now()));
  return status.isReady ? 0 : 1;
};
