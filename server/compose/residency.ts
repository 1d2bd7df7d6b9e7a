/**
 * The proof of residency, joined to the ledgers, the kernel, the site, the audit trail and the files of the house. It starts last: no
 * call waits for it, and what fails here is logged and goes no further.
 */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { CallControl } from '../../sip/port.ts';
import { keepLedger } from '../../sip/system/ledger/process-ledger.ts';
import { egressOf, type AlertWebhookTarget } from '../api/channels/egress.ts';
import type { ResidencyPort } from '../api/ports.ts';
import type { ActiveSite } from '../app/active-site.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { ServerConfig } from '../config/env.ts';
import type { HealthAnswer } from '../contract/rest.ts';
import type { ResidencyRow } from '../contract/rest-residency.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';
import { EgressFile, ingressOf } from '../residency/egress-file.ts';
import { openHouseKey } from '../residency/house-key.ts';
import { KernelLook } from '../../sip/system/ledger/kernel-look.ts';
import { networksOf, type OwnerFacts, trunkNetworks } from '../residency/owners.ts';
import { egressOfStores, keepStoreNames } from '../residency/store-egress.ts';
import { Statements } from '../residency/statements.ts';
import { ResidencyWatch } from '../residency/watch.ts';
import { readStatus } from './engine-metrics.ts';

export interface ResidencySideParts {
  config: Pick<ServerConfig, 'dataDir' | 'adminSocket' | 'statusSockets' | 'postgres' | 'redis'>;
  site: Pick<ActiveSite, 'site'>;
  alertWebhooks: () => readonly AlertWebhookTarget[];
  calls: Pick<CallControl, 'phoneAddresses'>;
  audit: Pick<AuditTrail, 'append' | 'head'>;
  metrics: MetricsRegistry;
  clock: Clock;
  logger: Logger;
}

export interface ResidencySide extends ResidencyPort {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** For /healthz: never a reason not to be ready. */
  health(): HealthAnswer['parts'];
}

const retryMs = 30_000;
const machineAnswersFile = '/etc/hearthline/answers.json';
/** The user that the server of an installed house runs as. */
const isInstalled = (): boolean => userInfo().username === 'hearthline-server';

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/**
 * Before the stores are opened: systemd lets the server reach the bank's own only while `egress.json` says where their names lead.
 * Ended by the returned function, when the residency side keeps that file itself.
 */
export async function keepWayToStores(
  config: Pick<ServerConfig, 'dataDir' | 'postgres' | 'redis'>,
  logger: Logger,
): Promise<() => void> {
  if (!isInstalled()) return () => undefined;
  const file = join(config.dataDir, 'egress.json');
  return keepStoreNames({ file, rows: egressOfStores(config), resolve: addressesOf, logger });
}

export function createResidency(parts: ResidencySideParts): ResidencySide {
  const { logger, metrics } = parts;
  let watch: ResidencyWatch | undefined;
  let fault: string | undefined;
  let retry: NodeJS.Timeout | undefined;
  const unknown = metrics.gauge(
    'hearthline_residency_unknown',
    'Connections of today that our processes opened and no connector of the site owns',
  );
  metrics.onCollect(() => unknown.set(watch?.unknown ?? 0));
  const start = async (): Promise<void> => {
    try {
      watch = await openWatch(parts);
      fault = undefined;
      watch.start();
    } catch (err) {
      fault = err instanceof Error ? err.message : 'unknown';
      logger.error({ err }, 'what leaves the building cannot be watched');
      retry = setTimeout(() => void start(), retryMs);
      retry.unref();
    }
  };
  return {
    start,
    async stop() {
      clearTimeout(retry);
      await watch?.stop();
    },
    answer: async () => watch?.answer(),
    async signSoFar() {
      if (!watch) throw new Error(fault ?? 'what leaves the building is not watched yet');
      return watch.signSoFar();
    },
    async signDue() {
      if (!watch) throw new Error(fault ?? 'what leaves the building is not watched yet');
      return watch.signDue();
    },
    health() {
      if (!watch) return { residency: { isReady: false, detail: fault ?? 'starting' } };
      const count = watch.unknown;
      return {
        residency: {
          isReady: count === 0,
          detail: count === 0 ? 'watched' : `${count} connections that nobody owns: see hearthline residency`,
        },
      };
    },
  };
}

async function openWatch(parts: ResidencySideParts): Promise<ResidencyWatch> {
  const { config, site, calls, audit, clock, logger } = parts;
  const dir = join(config.dataDir, 'residency');
  const key = await openHouseKey(config.dataDir);
  const stores = egressOfStores(config);
  const egress = () => [...egressOf(site.site, parts.alertWebhooks()), ...stores];
  // Read once: whoever changes the answers applies them, and starts the services anew.
  const networks = isInstalled() ? readNetworks(machineAnswersFile, logger) : undefined;
  const egressFile = await EgressFile.open({
    file: join(config.dataDir, 'egress.json'),
    ingress: () => ingressOf(site.site),
    // A clone has no use for them, and asks nobody.
    ...(isInstalled() && { resolve: addressesOf }),
    now: () => clock.now(),
    logger,
  });
  const engines = Object.entries(config.statusSockets).map(
    ([name, socket]: [string, string]) => [name, () => readStatus(socket, '/connections')] as const,
  );
  return ResidencyWatch.open({
    bookDir: join(dir, 'watch'),
    report: () => keepLedger().report(),
    engines: Object.fromEntries(engines),
    kernel: new KernelLook({ pids: () => pidsIn(dirname(config.adminSocket)) }),
    egress,
    keepEgress: (rows) => egressFile.keep(rows),
    facts: () => ({
      phones: calls.phoneAddresses(),
      trunks: trunkNetworks(site.site),
      ...(networks && { networks }),
    }),
    statements: await Statements.open(dir, key),
    house: key.fingerprint,
    auditHead: () => audit.head(),
    onUnknown: (row) => alarm(parts, row),
    clock,
    logger,
  });
}

/** Nobody's: into the log and the audit trail. An address of a machine is no personal data of a customer. */
function alarm({ audit, logger }: ResidencySideParts, row: ResidencyRow): void {
  const { process, protocol, address, port, seenBy, hosts } = row;
  logger.error({ process, protocol, address, port, seenBy }, 'a connection that no connector owns');
  audit
    .append({
      actor: 'system',
      action: 'residency.unknown-connection',
      target: `${address}:${port}`,
      details: { process, protocol, seenBy, hosts: hosts.slice(0, 5) },
    })
    .catch((err: unknown) => logger.error({ err }, 'an unknown connection is not in the audit trail'));
}

/** Of a clone by the pid files of its supervisor. In an installed house there are none: each service looks at itself. */
async function pidsIn(runDir: string): Promise<Map<number, string>> {
  const pids = new Map([[process.pid, 'server']]);
  for (const file of await readdir(runDir).catch(() => [])) {
    if (!file.endsWith('.pid')) continue;
    // Behind it the supervisor notes when it was started.
    const [text = ''] = (await readFile(join(runDir, file), 'utf8').catch(() => '')).split(/\s/);
    const pid = Number(text);
    if (Number.isInteger(pid) && pid > 1) pids.set(pid, basename(file, '.pid'));
  }
  return pids;
}

const answersSchema = z.object({
  networks: z.object({ phones: z.array(z.string()).default([]), trunks: z.array(z.string()).default([]) }),
});

/** What was answered at the installation; in a clone nobody was asked. */
function readNetworks(file: string, logger: Logger): OwnerFacts['networks'] {
  try {
    return networksOf(answersSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).networks);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      logger.warn(
        { file },
        'the networks of the bank cannot be read: audio that leads out of them is not told',
      );
    return undefined;
  }
}
