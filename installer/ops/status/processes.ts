/** The processes of a house as the kernel has them: found by their user where systemd runs them, else by their pid files. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { serviceUsers, type House } from '../../house.ts';
import { accountNamed } from '../../privilege.ts';
import { isSameProcess, parseProcessId } from '../../process-table.ts';
import type { ProcessName } from '../../supervised-process.ts';

export interface ProcessStatus {
  name: ProcessName;
  /** Undefined: it does not run. */
  pid?: number;
  /** Resident memory of its whole family, bytes. */
  memoryBytes?: number;
  sinceMs?: number;
}

export const processNames: readonly ProcessName[] = ['postgres', 'redis', 'sip', 'media', 'server'];

/** Without a store that is the bank's: that is nobody's process here. */
export const processNamesOf = ({ settings }: Pick<House, 'settings'>): readonly ProcessName[] =>
  processNames.filter((name) => (name !== 'postgres' && name !== 'redis') || settings[name] === undefined);

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const field = (status: string, name: string) =>
  new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';

interface Row {
  pid: number;
  parent: number;
  uid: number;
  memoryBytes: number;
}

function allProcesses(): Row[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const status = read(`/proc/${name}/status`);
    if (status === '') return [];
    return [
      {
        pid: Number(name),
        parent: Number(field(status, 'PPid')),
        uid: Number(field(status, 'Uid')),
        memoryBytes: Number(field(status, 'VmRSS')) * 1024,
      },
    ];
  });
}

/** Of a user's processes the one whose parent is another's: the others are its children. */
function mainOf(user: string, rows: readonly Row[], root: string): Row | undefined {
  const uid = accountNamed(user, root)?.uid;
  const own = rows.filter((row) => row.uid === uid);
  const pids = new Set(own.map((row) => row.pid));
  return own.filter((row) => !pids.has(row.parent)).sort((a, b) => a.pid - b.pid)[0];
}

function byPidFile(house: House, name: ProcessName, rows: readonly Row[]): Row | undefined {
  const file = join(house.layout.runDir, `${name}.pid`);
  const id = existsSync(file) ? parseProcessId(read(file)) : undefined;
  return id && isSameProcess(id) ? rows.find((row) => row.pid === id.pid) : undefined;
}

function familyMemory(main: Row, rows: readonly Row[]): number {
  const family = new Set([main.pid]);
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const row of rows) if (family.has(row.parent)) family.add(row.pid);
  }
  return rows.filter((row) => family.has(row.pid)).reduce((sum, row) => sum + row.memoryBytes, 0);
}

export function processStatuses(house: House): ProcessStatus[] {
  const rows = allProcesses();
  return processNamesOf(house).map((name) => {
    const main =
      house.kind === 'installed' ? mainOf(serviceUsers[name], rows, '/') : byPidFile(house, name, rows);
    if (!main) return { name };
    return {
      name,
      pid: main.pid,
      memoryBytes: familyMemory(main, rows),
      sinceMs: statSync(`/proc/${main.pid}`, { throwIfNoEntry: false })?.ctimeMs ?? Date.now(),
    };
  });
}
