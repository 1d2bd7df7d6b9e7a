/** The shape of a site: how many there are of what, and the settings of queues. No names, numbers, addresses or secrets. Pure. */
import type { Site } from '../../../server/contract/site.ts';

export function siteShape(site: Site): object {
  const counts = Object.fromEntries(
    Object.entries(site).flatMap(([key, value]) => (Array.isArray(value) ? [[key, value.length]] : [])),
  );
  return {
    language: site.site.language,
    timeZone: site.site.timeZone,
    counts,
    queues: site.queues.map((queue) => ({
      id: queue.id,
      agents: site.agents.filter(({ queues }) => queues.includes(queue.id)).length,
      strategy: queue.strategy,
      ringSec: queue.ringSec,
      maxWaitSec: queue.maxWaitSec,
      maxLength: queue.maxLength,
      serviceLevel: { percent: queue.serviceLevel.percent, withinSec: queue.serviceLevel.withinSec },
      isRecorded: queue.record,
      overflowRules: queue.overflow.length,
    })),
    trunks: site.trunks.map(({ id, addresses, maxCalls }) => ({ id, addresses: addresses.length, maxCalls })),
    agents: {
      tied: site.agents.filter(({ phone }) => phone !== undefined).length,
      free: site.agents.filter(({ phone }) => phone === undefined).length,
    },
    mail: site.mail ? { mailboxes: site.mail.mailboxes.length } : 'off',
    retention: site.retention ?? 'none',
    hasCallbacks: site.callbacks !== undefined,
    hasSyslog: site.syslog !== undefined,
  };
}
