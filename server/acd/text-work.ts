/**
 * What happens to an agent's text contacts (workload.ts) when its state or its calls change. Stated rules: who turns away
 * gives back what is only offered; what is being worked on stays, and is finished before the agent is logged out; a call
 * that keeps a channel away interrupts what the agent has of it, until the call and its wrap-up are over.
 */
import { type Channel, workOf } from '../contract/events.ts';
import { defaultBlocks } from '../contract/site-routing.ts';
import { type AgentRecord, type NextStep, workingStates } from './agent-state.ts';
import type { Session } from './session.ts';

export const hasTextInHand = (agent: AgentRecord): boolean =>
  agent.inHand?.some((one) => !one.isOffer) ?? false;

/** An offer of text went by without the agent taking it, and it is the agent's doing. */
export function stepBack(session: Session, agentId: string, then: NextStep): void {
  const agent = session.state.agents.get(agentId);
  if (!agent) return;
  if (then.to === 'ready') session.wantsContact(agentId);
  else if (workingStates.has(agent.state) || agent.state === 'unreachable') {
    if (!agent.next || agent.next.to === 'ready') session.askNext(agent, then);
  } else if (then.to === 'logged-out') session.logOut(agentId, then.reason);
  else if (agent.state === 'ready') {
    const { reason, isSystemReason } = then;
    session.changeAgent(agentId, 'not-ready', { reason, ...(isSystemReason ? { isSystemReason } : {}) });
  }
}

/** The last text contact was put down: who wanted to log out does so now. */
export function afterText(session: Session, agentId: string): void {
  const agent = session.state.agents.get(agentId);
  if (!agent) return;
  const isIdle = agent.state === 'not-ready' || agent.state === 'unreachable';
  if (isIdle && agent.next?.to === 'logged-out' && !agent.inHand) session.logOut(agentId, agent.next.reason);
  else session.wantsContact(agentId);
}

/** The agent took a call: what it has of the channels that a call keeps away rests. */
export function interruptText(session: Session, agentId: string, by: Channel): void {
  const blocked = (session.state.site.blocks ?? defaultBlocks)[workOf(by)];
  for (const { contactId, queueId, channel, isOffer } of session.state.agents.get(agentId)?.inHand ?? []) {
    const contact = session.state.contacts.get(contactId);
    if (isOffer || !blocked.includes(workOf(channel))) continue;
    if (contact?.state !== 'connected' || contact.heldAt !== undefined) continue;
    const data = { isInterrupted: true };
    session.emit({ type: 'contact.held', at: session.at, contactId, agentId, queueId, data });
  }
}

/** The call and its wrap-up are over. */
export function resumeText(session: Session, agentId: string): void {
  for (const { contactId, queueId } of session.state.agents.get(agentId)?.inHand ?? []) {
    const contact = session.state.contacts.get(contactId);
    if (contact?.state !== 'connected' || contact.heldAt === undefined || !contact.isInterrupted) continue;
    const data = { holdMs: session.at - contact.heldAt };
    session.emit({ type: 'contact.resumed', at: session.at, contactId, agentId, queueId, data });
  }
}
