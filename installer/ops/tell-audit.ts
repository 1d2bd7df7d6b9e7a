/**
 * Tells the audit trail, and with it the SIEM and the metrics, what a command did. The running server takes it at once; while
 * it is away, a file waits for it (server/compose/told-events.ts). A command never fails by this: what it did is done.
 */
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toldEventsFolder, type ToldEvent } from '../../server/audit/told-events.ts';
import { ask } from '../admin-socket.ts';
import type { CliIo } from '../cli-io.ts';
import { serviceUsers, type House } from '../house.ts';
import { accountNamed, isRoot, type RunAs } from '../privilege.ts';

/** The server reads and removes what lies there, so it is its own. */
function leaveFile(house: House, event: ToldEvent): void {
  const folder = join(house.layout.dataDir, toldEventsFolder);
  const owner: RunAs | undefined =
    house.kind === 'installed' && isRoot() ? accountNamed(serviceUsers.server) : undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const name = `${Date.now()}-${randomBytes(4).toString('hex')}`;
  const beside = join(folder, `${name}.part`);
  writeFileSync(beside, JSON.stringify({ ...event, at: event.at ?? Date.now() }), { mode: 0o600 });
  if (owner) chownSync(beside, owner.uid, owner.gid);
  renameSync(beside, join(folder, `${name}.json`));
}

export async function tellAudit(house: House, event: ToldEvent, io: CliIo): Promise<void> {
  try {
    const answer = await ask(house.layout, 'POST', '/told-events', JSON.stringify(event));
    if (answer.status === 200) return;
  } catch {
    // Not running: it will read the file when it starts.
  }
  try {
    leaveFile(house, event);
  } catch (error) {
    io.error(`The audit trail could not be told of ${event.action}: ${(error as Error).message}`);
  }
}
