/**
 * Who may write the event log: a key in Redis that expires unless its holder renews it. Every append names
 * the lease (log-scripts.ts), so a holder that was frozen past the expiry is refused by Redis itself.
 * A holder on this host whose process is gone is not waited for: its lease is removed at once, so the
 * successor of a killed server writes again within a fraction of a second. The process's start time is part
 * of the name, since the kernel reuses pids.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { RedisClient } from './client.ts';
import type { RedisKeys } from './keys.ts';
import { acquireScript, releaseScript, renewScript } from './log-scripts.ts';
import type { RedisLua } from './log-scripts.ts';

export const leaseMs = 2000;
export const renewEveryMs = 500;

export type LeaseOutcome =
  | { kind: 'held'; epoch: number; value: string }
  | { kind: 'foreign'; ttlMs: number; value: string }
  | { kind: 'superseded' };

/** Start time of a process in clock ticks since boot (proc(5), field 22); undefined when it is gone. */
function startTicks(pid: number | 'self'): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name may hold blanks and brackets: fields count from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Which boot of which machine (and which container) a pid belongs to. */
function placeName(): string {
  let boot = '';
  let pidSpace = '';
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    pidSpace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux: a dead holder is then simply waited for.
  }
  return `${hostname()}/${boot}/${pidSpace}`;
}

export function ownerName(instanceId: string): string {
  return [instanceId, placeName(), process.pid, startTicks('self') ?? '0'].join('|');
}

/** True only when the holder surely is dead: same machine and boot, and no such process any more. */
export function isHolderDead(leaseValue: string): boolean {
  const [, , place, pid, ticks] = leaseValue.split('|');
  if (place !== placeName() || pid === undefined) return false;
  return startTicks(Number(pid)) !== ticks;
}

export const evalScript = (client: RedisClient, script: RedisLua, keys: string[], args: string[]) =>
  client.sendCommand<unknown>(['EVALSHA', script.sha, String(keys.length), ...keys, ...args]);

export async function acquireLease(
  client: RedisClient,
  keys: RedisKeys,
  owner: string,
  heldEpoch: number,
): Promise<LeaseOutcome> {
  const reply = (await evalScript(
    client,
    acquireScript,
    [keys.lease, keys.epoch],
    [owner, String(leaseMs), String(heldEpoch)],
  )) as [number, number, string];
  if (reply[0] === 1) return { kind: 'held', epoch: reply[1], value: reply[2] };
  if (reply[0] === 0) return { kind: 'foreign', ttlMs: reply[1], value: reply[2] };
  return { kind: 'superseded' };
}

export async function renewLease(
  client: RedisClient,
  keys: RedisKeys,
  value: string,
): Promise<{ isOurs: boolean; lastSeq: number }> {
  const reply = (await evalScript(
    client,
    renewScript,
    [keys.lease, keys.stream],
    [value, String(leaseMs)],
  )) as [number, number];
  return { isOurs: reply[0] === 1, lastSeq: reply[1] };
}

export async function releaseLease(client: RedisClient, keys: RedisKeys, value: string): Promise<void> {
  await evalScript(client, releaseScript, [keys.lease], [value]);
}
