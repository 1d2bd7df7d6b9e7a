/**
 * What the engine needs to know of the machine: its IPv4 addresses, their broadcast addresses, the scheduling class.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { ipv4ToNumber } from '../protocol.ts';

export function localAddresses(): { localIps: number[]; broadcastIps: number[] } {
  const localIps: number[] = [];
  const broadcastIps: number[] = [];
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, address, netmask } of addresses ?? []) {
      if (family !== 'IPv4') continue;
      const ip = ipv4ToNumber(address);
      const mask = ipv4ToNumber(netmask);
      localIps.push(ip);
      const broadcast = (ip | ~mask) >>> 0;
      // A /31 or /32 has no broadcast address.
      if (~mask >>> 0 > 1) broadcastIps.push(broadcast);
    }
  }
  return { localIps, broadcastIps };
}

const CLASSES = ['other', 'fifo', 'rr', 'batch', 'iso', 'idle', 'deadline'];

export interface SchedulingClass {
  name: string;
  priority: number;
}

/** proc(5): fields 40 (rt_priority) and 41 (policy) of /proc/self/stat. */
export function schedulingClass(): SchedulingClass {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { priority: Number(fields[37]), name: CLASSES[Number(fields[38])] ?? 'unknown' };
  } catch {
    return { name: 'unknown', priority: 0 };
  }
}
