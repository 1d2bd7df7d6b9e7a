/**
 * The floor as somebody limited to some teams and queues sees it: their queues, the agents of their teams, the contacts that are
 * in those queues or with those agents now, the phones that those agents sit at. Totals are of these alone, and the tree says
 * so (`isPart`). Built up out of what is in view, never by taking away from the whole. Pure.
 */
import type { View } from '../auth/view.ts';
import { agentStates, type AgentState } from '../contract/events.ts';
import type { AgentLive, BoardPart, BoardState, FloorState } from '../contract/live.ts';

export function narrowFloor(floor: FloorState, view: View, part: BoardPart): FloorState {
  const agents = only(floor.agents, ({ agentId }) => view.hasAgent(agentId));
  return {
    board: narrowBoard(floor.board, Object.values(agents), view, part),
    agents,
    contacts: only(floor.contacts, ({ queueId, agentId }) =>
      view.hasContact({ queueIds: [queueId], agentIds: [agentId] }),
    ),
    phones: only(floor.phones, ({ agentId }) => view.hasAgent(agentId)),
  };
}

function only<T>(entries: Record<string, T>, isSeen: (entry: T) => boolean): Record<string, T> {
  const seen: Record<string, T> = {};
  for (const id in entries) if (isSeen(entries[id]!)) seen[id] = entries[id]!;
  return seen;
}

function narrowBoard(
  board: BoardState,
  agents: readonly AgentLive[],
  view: View,
  { lastHour, accounting, unreachablePhones }: BoardPart,
): BoardState {
  const agentsByState = Object.fromEntries(agentStates.map((state) => [state, 0])) as Record<
    AgentState,
    number
  >;
  const notReadyByReason: Record<string, number> = {};
  for (const { state, reason } of agents) {
    agentsByState[state] += 1;
    if (state === 'not-ready' && reason !== undefined)
      notReadyByReason[reason] = (notReadyByReason[reason] ?? 0) + 1;
  }
  const emergency = board.emergency && {
    isSiteOn: board.emergency.isSiteOn,
    queueIds: board.emergency.queueIds.filter((queueId) => view.hasQueue(queueId)),
  };
  return {
    site: board.site,
    dayStart: board.dayStart,
    isPart: true,
    queues: only(board.queues, ({ queueId }) => view.hasQueue(queueId)),
    agentsByState,
    notReadyByReason,
    unreachablePhones,
    lastHour,
    accounting,
    ...(emergency && (emergency.isSiteOn || emergency.queueIds.length > 0) && { emergency }),
    ...(board.maintenanceUntil !== undefined && { maintenanceUntil: board.maintenanceUntil }),
  };
}
