/**
 * What /proc knows: whether a process is still the one we started (its pid may belong to another by now,
 * so the start time is compared too), and who holds a port. Needs no lsof or ss, which a bare machine may
 * lack. It changes nothing.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process for good: pid, start time in ticks since boot, and which boot. */
export interface ProcessId {
  pid: number;
  startTicks: string;
  bootId: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** undefined when there is no such process, or only its unreaped remains. */
export function identify(pid: number): ProcessId | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The command may contain spaces and parentheses: the fields begin after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const startTicks = fields[19];
  if (stat === '' || startTicks === undefined || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, startTicks, bootId: read('/proc/sys/kernel/random/boot_id').trim() };
}

export function isSameProcess(id: ProcessId): boolean {
  const now = identify(id.pid);
  return now !== undefined && now.startTicks === id.startTicks && now.bootId === id.bootId;
}

export function formatProcessId(id: ProcessId): string {
  return `${id.pid} ${id.startTicks} ${id.bootId}\n`;
}

export function parseProcessId(text: string): ProcessId | undefined {
  const match = /^(\d+) (\d+) (\S*)\s*$/.exec(text);
  return match ? { pid: Number(match[1]), startTicks: match[2] ?? '', bootId: match[3] ?? '' } : undefined;
}

/** "nginx (process 812)" */
export function describeProcess(pid: number): string {
  const words = read(`/proc/${pid}/cmdline`).split('\0');
  const command = read(`/proc/${pid}/comm`).trim() || 'unknown';
  const script = words.slice(1).find((word) => word !== '' && !word.startsWith('-'));
  const isInterpreter = /^(node|python3?|perl|ruby|java|MainThread)/.test(command);
  return `${command}${isInterpreter && script ? ` ${script.slice(-60)}` : ''} (process ${pid})`;
}

export interface OpenPort {
  protocol: 'tcp' | 'udp';
  /** Hexadecimal as the kernel writes it. */
  address: string;
  port: number;
  inode: string;
}

const listening = '0A';

/** Every listening TCP port and bound UDP port. */
export function openPorts(): OpenPort[] {
  const open: OpenPort[] = [];
  for (const protocol of ['tcp', 'udp'] as const)
    for (const family of ['', '6'])
      for (const line of read(`/proc/net/${protocol}${family}`).split('\n').slice(1)) {
        const fields = line.trim().split(/\s+/);
        const [address, port] = (fields[1] ?? '').split(':');
        if (!address || !port || (protocol === 'tcp' && fields[3] !== listening)) continue;
        open.push({ protocol, address, port: Number.parseInt(port, 16), inode: fields[9] ?? '' });
      }
  return open;
}

/** Which process holds the socket; undefined when we may not look. */
export function ownerOf(inode: string): number | undefined {
  const wanted = `socket:[${inode}]`;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      for (const fd of readdirSync(`/proc/${name}/fd`))
        if (readlinkSync(`/proc/${name}/fd/${fd}`) === wanted) return Number(name);
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined;
}
