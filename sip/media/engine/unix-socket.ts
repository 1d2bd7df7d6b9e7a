/**
 * Listens on a Unix socket that only our own user and group may open: installed, the group is that of Hearthline's services. A stale file of a process that died is removed; one that
 * somebody still answers on is not ours to take.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
}

export async function listenOnUnixSocket(server: Server, path: string): Promise<void> {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing) {
    if (!existing.isSocket()) throw new Error(`${path} exists and is not a socket`);
    if (await isAnswered(path)) throw new Error(`another process listens on ${path}`);
    unlinkSync(path);
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // The file gets its mode when it is made: there is no moment at which others could connect.
    const before = process.umask(0o117);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}
