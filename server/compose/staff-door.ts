/** The listener for staff, televisions and monitoring, and the certificate that it shares with the one for customers. */
import type { createHttpServer } from '../api/index.ts';
import { BadEnvironment, type ServerConfig } from '../config/env.ts';
import type { Logger } from '../lib/log.ts';
import { readToken } from '../lib/secret-files.ts';
import type { createShutdown } from '../lib/shutdown.ts';
import { createWebServer, TlsListeners } from '../lib/tls-listeners.ts';
import { TlsFault } from '../lib/tls-pair.ts';

interface TlsParts {
  config: ServerConfig;
  now: () => number;
  logger: Logger;
  shutdown: ReturnType<typeof createShutdown>;
}

/** Undefined where pages are plain. Throws BadEnvironment where the certificate and the key cannot be used. */
export function openTls({ config, now, logger, shutdown }: TlsParts): TlsListeners | undefined {
  if (!config.tls) {
    // Sent by who renewed a certificate, to a server that has none: no reason to end.
    process.on('SIGHUP', () => undefined);
    return undefined;
  }
  try {
    const tls = new TlsListeners({ files: config.tls, now, logger });
    shutdown.add('certificate', () => tls.stop());
    process.on('SIGHUP', () => tls.look());
    return tls;
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error;
    throw new BadEnvironment(`HEARTHLINE_TLS_CERT_FILE and HEARTHLINE_TLS_KEY_FILE: ${error.message}`);
  }
}

interface DoorParts {
  http: ReturnType<typeof createHttpServer>;
  tls: TlsListeners | undefined;
  config: ServerConfig;
  shutdown: ReturnType<typeof createShutdown>;
  logger: Logger;
}

export async function openStaffDoor({ http, tls, config, shutdown, logger }: DoorParts): Promise<void> {
  const server = createWebServer(http.app, tls);
  http.attachUpgrade(server);
  server.on('error', (err) => logger.error({ err }, 'web server'));
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(config.http.port, config.http.bind, done);
  });
  shutdown.add('web server', () => {
    server.close();
    server.closeAllConnections();
  });
}

/** Of a file that cannot be used the log tells, and nobody gets in by it. */
export function metricsTokenOf(config: ServerConfig, logger: Logger): () => Promise<string | undefined> {
  return () =>
    readToken(config.metricsTokenFile).catch((err: unknown) => {
      logger.error({ err }, 'the token of /metrics cannot be read');
      return undefined;
    });
}
