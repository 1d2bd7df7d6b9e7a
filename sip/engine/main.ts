/**
 * The SIP engine's process: settings in, listeners up, `ready` in the log, a clean stop on SIGTERM.
 * Exit codes: 0 stopped, 1 could not listen, 2 bad settings.
 */
import { pino } from 'pino';
import { keepLedger } from '../system/ledger/process-ledger.ts';
import { ConfigError, readConfig } from './config.ts';
import type { EngineConfig } from './config.ts';
import { Engine } from './core/engine.ts';
import { measureLoop } from './metrics.ts';
import { startStatusServer } from './status-server.ts';
import { createServiceNotify } from '../system/service-notify.ts';

function configOrExit(): EngineConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`sip engine: ${error.message}\n`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const ledger = keepLedger();
  const config = configOrExit();
  const redact = { paths: ['pii'], censor: '[redacted]' };
  const log = pino({ name: 'sip-engine', level: config.logLevel, redact });
  const service = createServiceNotify(process.env, (err) => log.error({ err }, 'systemd is not told'));
  const engine = new Engine(config, log);
  await engine.start();
  measureLoop(engine.metrics);
  const startedAtMs = performance.now();
  const status =
    config.statusPath === undefined
      ? undefined
      : await startStatusServer(config.statusPath, {
          health: () => ({
            ready: true,
            apps: engine.appCount,
            uptimeSec: Math.round((performance.now() - startedAtMs) / 1000),
          }),
          metrics: () => engine.metrics.text(),
          dialogs: (tag) => engine.callIds(tag),
          rotateSecret: (known, next) => {
            const outcome = engine.secrets.rotate(known, next);
            log.warn({ outcome }, 'a new control secret was handed over');
            return outcome;
          },
          connections: () => ledger.wholeReport(),
        });
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    service.stopping();
    engine.stop();
    status?.close();
    setTimeout(() => process.exit(0), 200);
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  service.ready(`SIP on ${engine.hostPorts}`);
  service.keepAlive(() => engine.takesItsTurn());
  // Whoever started us waits for this line, whatever level was chosen.
  log
    .child({}, { level: 'info' })
    .info({ sipPort: engine.sipPort, controlPort: engine.controlPort, listeners: engine.hostPorts }, 'ready');
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`sip engine: cannot start: ${message}\n`);
  process.exit(1);
});
