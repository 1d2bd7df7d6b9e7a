/** Live trees for tests: plain, whole, and replaced rather than changed, as the port asks. */
import { agentStates } from '../../../../server/contract/events.ts';
import type { LiveSource } from '../../../../server/api/ports.ts';
import type { AgentState } from '../../../../server/contract/events.ts';
import type { FloorState, QueueLive } from '../../../../server/contract/live.ts';

const queue = (waiting: number): QueueLive => ({
  queueId: 'sales',
  name: 'Sales',
  waiting,
  ringing: 0,
  talking: 0,
  offered: waiting,
  answered: 0,
  answeredInTarget: 0,
  abandoned: 0,
  abandonedInTarget: 0,
  shortAbandoned: 0,
  flowedOut: 0,
  rona: 0,
  targetPercent: 80,
  targetSec: 20,
  longestWaitMs: 0,
  agentsLoggedIn: 0,
  agentsReady: 0,
});

const tree = (waiting: number): FloorState => ({
  board: {
    site: { name: 'Test', timeZone: 'UTC', language: 'en' },
    dayStart: 0,
    queues: { sales: queue(waiting) },
    agentsByState: Object.fromEntries(agentStates.map((state) => [state, 0])) as Record<AgentState, number>,
    notReadyByReason: {},
    unreachablePhones: 0,
    lastHour: {},
    accounting: { offered: waiting, waitingAtStart: 0, answered: 0, abandoned: 0, flowedOut: 0, waiting },
  },
  agents: {},
  contacts: {},
  phones: {},
});

export interface TestFloor {
  tree: FloorState;
  eventAt: number;
  part: LiveSource['part'];
  setWaiting(waiting: number): void;
}

export function emptyFloor(): TestFloor {
  const floor: TestFloor = {
    tree: tree(0),
    eventAt: 0,
    part: () => ({
      lastHour: {},
      accounting: { offered: 0, waitingAtStart: 0, answered: 0, abandoned: 0, flowedOut: 0, waiting: 0 },
      unreachablePhones: 0,
    }),
    setWaiting(waiting) {
      floor.tree = tree(waiting);
      floor.eventAt = Date.now();
    },
  };
  return floor;
}
