/**
 * Who waits for a store at its start answers all the same: `/healthz`, at the pages' port and at the admin socket, says which one and
 * why, where otherwise a password that the bank has changed would look like a server that is dead. It opens only when
 * a start takes longer than it should, lets nobody in, and is gone before the real listeners open.
 */
import type { RequestListener, Server } from 'node:http';
import { listenAdminSocket } from '../api/admin-socket.ts';
import type { ServerConfig } from '../config/env.ts';
import type { HealthAnswer } from '../contract/rest.ts';
import type { Logger } from '../lib/log.ts';
import { createWebServer, type TlsListeners } from '../lib/tls-listeners.ts';

const patienceMs = 1000;

export interface StartingDoor {
  /** What `wait` does; `why` says in words why it takes so long. */
  during<T>(part: 'redis' | 'postgres', why: () => string | undefined, wait: Promise<T>): Promise<T>;
}

function answering(part: string, why: () => string | undefined): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== '/healthz') {
      response.writeHead(503).end();
      return;
    }
    const body: HealthAnswer = {
      isReady: false,
      parts: { [part]: { isReady: false, detail: why() ?? 'not reached yet' } },
    };
    response.writeHead(503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(body));
  };
}

const listening = (server: Server, { port, bind }: ServerConfig['http']) =>
  new Promise<Server>((done, fail) => {
    server.once('error', fail);
    server.listen(port, bind, () => done(server));
  });

const closed = (server: Server) =>
  new Promise<void>((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });

interface DoorParts {
  config: Pick<ServerConfig, 'http' | 'adminSocket'>;
  tls: TlsListeners | undefined;
  logger: Logger;
}

export function createStartingDoor({ config, tls, logger }: DoorParts): StartingDoor {
  const open = async (answer: RequestListener): Promise<Server[]> => {
    const opened = await Promise.allSettled([
      listening(createWebServer(answer, tls), config.http),
      listenAdminSocket(answer, config.adminSocket),
    ]);
    return opened.flatMap((one) => {
      if (one.status === 'fulfilled') return [one.value];
      // A port that is taken is said by the listener that needs it.
      logger.debug({ err: one.reason as Error }, 'no answer can be given while the start waits');
      return [];
    });
  };
  return {
    async during(part, why, wait) {
      let opening: Promise<Server[]> | undefined;
      const timer = setTimeout(() => (opening = open(answering(part, why))), patienceMs);
      try {
        return await wait;
      } finally {
        clearTimeout(timer);
        await Promise.all(((await opening) ?? []).map(closed));
      }
    },
  };
}
