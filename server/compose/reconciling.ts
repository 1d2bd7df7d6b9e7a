/** Joins the reconciler to the engines and to /metrics. */
import type { CallControl } from '../../sip/port.ts';
import type { AcdShell } from '../app/acd-shell.ts';
import type { ActiveSite } from '../app/active-site.ts';
import { driftKinds } from '../app/drift.ts';
import type { FeatureCodes } from '../app/feature-codes.ts';
import type { ClockPort, LoggerPort } from '../app/ports.ts';
import { Reconciler } from '../app/reconciler.ts';
import type { VoiceCalls } from '../app/voice-calls.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';
import { readStatus } from './engine-metrics.ts';

export function createReconciler(parts: {
  shell: AcdShell;
  calls: CallControl;
  voice: VoiceCalls;
  features: FeatureCodes;
  site: ActiveSite;
  clock: ClockPort;
  logger: LoggerPort;
  metrics: MetricsRegistry;
  /** Status socket of the embedded SIP engine; another engine has none, and its dialogs are not compared. */
  sipStatus: string | undefined;
  /** Whose dialogs are ours. */
  sipTag: string;
}): Reconciler {
  const { shell, calls, voice, features, site, clock, logger, metrics, sipStatus, sipTag } = parts;
  const drifts = metrics.counter('hearthline_drift_total', 'Differences found and mended, by kind: always 0');
  // A figure that appears only with the first drift would show no increase.
  for (const kind of driftKinds) drifts.inc(0, { kind });
  const looks = metrics.counter('hearthline_reconciler_looks_total', 'Comparisons of routing and engines');
  const took = metrics.gauge('hearthline_reconciler_look_seconds', 'Event loop time of the last comparison');
  looks.inc(0);
  return new Reconciler({
    shell,
    calls,
    clock,
    logger,
    agentIds: () => site.agentIds(),
    phoneIds: function* () {
      for (const phone of site.site.phones) yield phone.id;
    },
    isOtherCall: (legId) => features.owns(legId) || voice.isMessage(legId),
    dialogs: () => readDialogs(sipStatus, sipTag),
    onDrift: (kind) => drifts.inc(1, { kind }),
    onLook: (tookMs) => {
      looks.inc();
      took.set(tookMs / 1000);
    },
  });
}

/** Undefined when there is nobody to ask, or no answer. */
async function readDialogs(socketPath: string | undefined, tag: string): Promise<string[] | undefined> {
  if (socketPath === undefined) return undefined;
  const text = await readStatus(socketPath, `/dialogs?tag=${encodeURIComponent(tag)}`);
  return text === '' ? undefined : (JSON.parse(text) as { dialogs: string[] }).dialogs;
}
