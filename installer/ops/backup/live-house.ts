/** Whether anything of a house is running: what a restore asks before it touches a file. It changes nothing. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { Layout } from '../../layout.ts';

/** Names of what answers, or holds the cluster. */
export async function liveParts(layout: Layout): Promise<string[]> {
  const sockets = {
    Postgres: join(layout.postgres.socketDir, '.s.PGSQL.5432'),
    Redis: layout.redis.socket,
    'the SIP engine': layout.sipStatusSocket,
    'the media engine': layout.mediaControlSocket,
    'the server': layout.adminSocket,
  };
  const found = await Promise.all(
    Object.entries(sockets).map(async ([name, socket]) => ((await answers(socket)) ? [name] : [])),
  );
  const names = found.flat();
  if (!names.includes('Postgres') && holdsCluster(layout.postgres.dataDir)) names.unshift('Postgres');
  return names;
}

function answers(socket: string): Promise<boolean> {
  let path: string;
  try {
    // Through the real path: a long one is refused by the kernel.
    path = realpathSync(socket);
  } catch {
    return Promise.resolve(false);
  }
  return new Promise((done) => {
    const connection = createConnection({ path });
    const end = (isThere: boolean) => {
      connection.destroy();
      done(isThere);
    };
    connection.setTimeout(2000, () => end(true));
    connection.on('connect', () => end(true));
    connection.on('error', () => end(false));
  });
}

/** A postmaster that does not answer yet, or any more, holds its files all the same. */
function holdsCluster(dataDir: string): boolean {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return false;
  try {
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';
  } catch {
    return false;
  }
}
