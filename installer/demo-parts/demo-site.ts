/**
 * The demo's own part of the site: a queue, a number, phones and agents, all named `demo...`, put beside whatever the
 * site has and taken out again at the end. Pure.
 */
import { siteSchema, type Site } from '../../server/contract/site.ts';

export interface DemoAgent {
  agentId: string;
  pin: string;
  phoneId: string;
  password: string;
}
export const demoQueue = 'demo';
export const demoNumber = '7700';
const agentNames = ['Ada', 'Bruno', 'Chiara', 'Dmitri', 'Elena', 'Fabio', 'Galina', 'Hugo'];

export function demoAgents(newSecret: () => string): DemoAgent[] {
  return agentNames.map((_, i) => ({
    agentId: String(990_001 + i),
    pin: String(100_000 + Math.floor(Math.random() * 900_000)),
    phoneId: `demo-${i + 1}`,
    password: newSecret(),
  }));
}

/** `callersAt`: `ip:port` from which the simulated callers come, admitted as a trunk of its own. */
export function withDemo(site: Site, agents: readonly DemoAgent[], callersAt: string): Site {
  const base = withoutDemo(site);
  return siteSchema.parse({
    ...base,
    queues: [
      ...base.queues,
      {
        id: demoQueue,
        name: 'Demo line',
        ringSec: 8,
        maxWaitSec: 90,
        maxLength: 30,
        overflowMessage: 'all-busy',
        serviceLevel: { percent: 80, withinSec: 20 },
        shortAbandonSec: 5,
        announcePositionEverySec: 15,
        music: 'music',
        record: true,
      },
    ],
    numbers: [...base.numbers, { number: demoNumber, name: 'Demo', queue: demoQueue, greeting: ['welcome'] }],
    phones: [...base.phones, ...agents.map((a) => ({ id: a.phoneId, password: a.password }))],
    agents: [
      ...base.agents,
      ...agents.map((a, i) => ({
        id: a.agentId,
        name: `Demo ${agentNames[i]}`,
        pin: a.pin,
        queues: [demoQueue],
        wrapUp: { mode: 'timed' as const, sec: 5 },
      })),
    ],
    trunks: [...base.trunks, { id: 'demo-callers', addresses: [callersAt], maxCalls: 100 }],
  });
}

export function withoutDemo(site: Site): Site {
  return {
    ...site,
    queues: site.queues.filter((q) => q.id !== demoQueue),
    numbers: site.numbers.filter((n) => n.queue !== demoQueue),
    phones: site.phones.filter((p) => !p.id.startsWith('demo-')),
    agents: site.agents.filter((a) => !a.queues.includes(demoQueue)),
    trunks: site.trunks.filter((t) => t.id !== 'demo-callers'),
  };
}
