/** A log of a large floor, drawn from a seed, and the site that it is of: made once a measurement. */
import { toStatsSite } from '../../../server/app/live-figures.ts';
import { toAcdSite } from '../../../server/config/acd-site.ts';
import type { HearthlineEvent } from '../../../server/contract/events.ts';
import { type Site, siteSchema } from '../../../server/contract/site.ts';
import type { StatsSite } from '../../../server/stats/live-state.ts';
import { FloorDays } from '../../support/floor-days.ts';

export const startAt = Date.parse('2026-03-02T07:00:00Z');

export interface FloorLog {
  site: Site;
  stats: StatsSite;
  log: HearthlineEvent[];
  /** Of the last event. */
  endAt: number;
}

export function siteOf(queueCount: number, agentCount: number): Site {
  const agents = Array.from({ length: agentCount }, (_, i) => String(1001 + i));
  const queues = Array.from({ length: queueCount }, (_, i) => `q${i}`);
  const places = [0, 7, 13].filter((place) => place < queueCount);
  return siteSchema.parse({
    site: { name: 'Bench', timeZone: 'Europe/Rome' },
    queues: queues.map((id) => ({ id, name: id, serviceLevel: { percent: 80, withinSec: 20 } })),
    teams: ['north', 'south'].map((id) => ({ id, name: id })),
    agents: agents.map((id, i) => ({
      id,
      name: id,
      queues: places.map((place) => queues[(i + place) % queueCount]),
      team: i % 2 === 0 ? 'north' : 'south',
      wrapUp: { mode: 'timed', sec: 20 },
    })),
    phones: agents.map((id) => ({ id: `p${id}`, password: 'not-of-any-use' })),
    trunks: ['east', 'west'].map((id, i) => ({ id, addresses: [`10.0.0.${i + 1}`], maxCalls: 300 })),
    shifts: [{ id: 'day', name: 'Day', from: '06:00', to: '22:00' }],
  });
}

export function floorLog(size: {
  queues: number;
  agents: number;
  contacts: number;
  hours: number;
}): FloorLog {
  const site = siteOf(size.queues, size.agents);
  const endAt = startAt + size.hours * 3_600_000;
  const floor = new FloorDays({
    seed: 3,
    startAt,
    endAt,
    site: toAcdSite(site, 1),
    contacts: size.contacts,
  });
  floor.runTo(endAt);
  return { site, stats: toStatsSite(site), log: floor.log, endAt };
}
