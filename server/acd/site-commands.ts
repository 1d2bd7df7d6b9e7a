/**
 * A new site comes into force while contacts are in hand. Stated rules: what is under way goes on (a ringing
 * offer rings, a talk talks, an agent taken out of the site finishes its contact and wrap-up); everything
 * that only waits follows the new site at once.
 */
import { type AgentRecord, workingStates } from './agent-state.ts';
import { losePhone, seatTiedAgent } from './agent-commands.ts';
import { flowOutAll } from './overflow.ts';
import type { Session } from './session.ts';
import type { AcdSite, IgnoredReason } from './types.ts';

const removed = 'removed';
const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);

export function applySite(session: Session, site: AcdSite): IgnoredReason | undefined {
  const { state } = session;
  if (JSON.stringify(state.site) === JSON.stringify(site)) return 'already-so';
  session.emit({ type: 'site.applied', at: session.at, data: { version: site.version, acd: site } });
  enforceSite(session);
  for (const agent of site.agents) if (agent.phoneId !== undefined) seatTiedAgent(session, agent.phoneId);
  return undefined;
}

/** Everything that only waits follows the site in force. */
export function enforceSite(session: Session): void {
  const { state } = session;
  // By name: the order of a map tells how it came about, and a snapshot does not keep that.
  for (const phoneId of [...state.registeredPhones].sort())
    if (!state.isKnownPhone(phoneId)) losePhone(session, phoneId, 'removed');
  for (const agent of [...state.agents.values()].sort(byId)) settleAgent(session, agent);
  enforceOverflow(session);
  for (const queue of state.queues.values())
    for (const pool of queue.busyPools())
      for (const { agentId } of pool.ready()) session.wantsContact(agentId);
}

/** Of removed queues first, so that nobody is sent into one. */
function enforceOverflow(session: Session): void {
  const queues = [...session.state.queues.values()].sort(
    (a, b) => Number(b.isRetired) - Number(a.isRetired) || byId(a.config, b.config),
  );
  for (const queue of queues) flowOutAll(session, queue);
}

/** One action sends everybody elsewhere, or ends that (M4). What talks talks on; what rings may be answered. */
export function switchEmergency(
  session: Session,
  { isOn, queueId, by }: { isOn: boolean; queueId?: string; by: string },
): IgnoredReason | undefined {
  const { state, at } = session;
  // Off it goes also for a queue that has left the site since: it might come back.
  if (isOn && queueId !== undefined && !state.queues.has(queueId)) return 'unknown-queue';
  if (state.emergencies.has(queueId ?? '') === isOn) return 'already-so';
  session.emit({
    type: 'emergency.switched',
    at,
    ...(queueId !== undefined && { queueId }),
    data: { isOn, by },
  });
  if (isOn) enforceOverflow(session);
  return undefined;
}

function settleAgent(session: Session, agent: AgentRecord): void {
  const wasRemoved = agent.next?.to === 'logged-out' && agent.next.reason === removed;
  if (!agent.isRemoved) {
    // Back in the site before it had finished: it stays.
    if (wasRemoved && agent.state === 'not-ready') session.changeAgent(agent.id, 'ready');
    else if (wasRemoved) session.askNext(agent, { to: 'ready' });
    if (!session.isAtDesk(agent) && (agent.state === 'ready' || agent.state === 'not-ready'))
      session.loseAgent(agent.id);
  } else if (!workingStates.has(agent.state)) session.logOut(agent.id, removed);
  else if (!wasRemoved) session.askNext(agent, { to: 'logged-out', reason: removed });
}
