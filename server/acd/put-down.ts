/**
 * What becomes of an agent whose contact is over or passed on: a call takes its agent into wrap-up, text leaves the state
 * as it is.
 */
import type { ContactIn } from './contact-state.ts';
import type { Session } from './session.ts';
import { afterText } from './text-work.ts';
import { isCall } from './workload.ts';

export function putDown(session: Session, { channel, agentId }: ContactIn<'connected'>): void {
  if (isCall(channel)) beginWrapUp(session, agentId);
  else afterText(session, agentId);
}

export function beginWrapUp(session: Session, agentId: string): void {
  const wrapUp = session.state.agents.get(agentId)?.config.wrapUp;
  if (wrapUp?.mode === 'timed') session.changeAgent(agentId, 'wrap-up', { until: session.at + wrapUp.ms });
  else if (wrapUp?.mode === 'until-released') session.changeAgent(agentId, 'wrap-up');
  else session.moveOn(agentId);
}
