/**
 * The SIP engine's process: settings in, listeners up, `ready` in the log, a clean stop on SIGTERM.
 * Exit codes: 0 stopped, 1 could not listen, 2 bad settings.
 */
import { pino } from 'pino';
import { keepLedger } from '../../ledger/process-ledger.ts';
import { ConfigError, readConfig } from './config.ts';
import type { EngineConfig } from './config.ts';
import { Engine } from './core/engine.ts';
import { startStatusServer } from './status-server.ts';

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
  const engine = new Engine(config, log);
  await engine.start();
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
          connections: () => ledger.wholeReport(),
        });
  let isStopping = false;
  const stop = (signal: string): void => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    engine.stop();
    status?.close();
    setTimeout(() => process.exit(0), 200);
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
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
