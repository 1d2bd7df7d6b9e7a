/**
 * An agent passes a contact on: to a queue, or to another agent (S48); or a supervisor gives a chat or mail back to its own
 * queue, since its agent has vanished. Stated rules: the contact stays one, with its history; it is served as if it had
 * waited the time that it had to wait before, the talk left out; it is not offered again to the agent who had it, unless
 * nobody else has taken it after a while. Where nobody there could take it, the transfer is refused and the talk goes on.
 * A call is never taken back: who talks is there, and a voice cannot be lifted out of a hand.
 */
import type { ContactRecord } from './contact-state.ts';
import { talkOf } from './contact-state.ts';
import { type Leaver, stays } from './flow-target.ts';
import { enter, isLoggedIn, refusal } from './overflow.ts';
import { putDown } from './put-down.ts';
import type { Session } from './session.ts';
import type { IgnoredReason, TransferTarget } from './types.ts';
import { isCall } from './workload.ts';

/** For so long the giver is left out. */
const giverWaitMs = 60_000;

export function transfer(
  session: Session,
  contact: ContactRecord,
  to: TransferTarget,
): IgnoredReason | undefined {
  if ('back' in to && isCall(contact.channel)) return 'not-text';
  if (contact.state !== 'connected') return 'not-allowed-in-state';
  const { id: contactId, agentId, offerId, queueId: fromQueueId } = contact;
  const queueId = 'queueId' in to ? to.queueId : fromQueueId;
  const { channel, isReached = false } = contact;
  const fault = refusalOf(session, to, { channel, isReached, agentId, queueId, fromQueueId });
  if (fault) return fault;
  session.emit({
    type: 'contact.transferred',
    at: session.at,
    contactId,
    agentId,
    queueId: fromQueueId,
    data: {
      offerId,
      target: 'agentId' in to ? `agent:${to.agentId}` : `queue:${queueId}`,
      ...talkOf(contact, session.at),
    },
  });
  const after = session.state.contacts.get(contactId);
  if (after?.state === 'flowed-out')
    enter(session, after, queueId, {
      giver: { agentId, waitMs: giverWaitMs },
      ...('agentId' in to && { preferred: to }),
    });
  putDown(session, contact);
  return undefined;
}

function refusalOf(
  { state, at }: Session,
  to: TransferTarget,
  from: Leaver & { agentId: string; queueId: string; fromQueueId: string },
): IgnoredReason | undefined {
  if ('agentId' in to) {
    const agent = state.agents.get(to.agentId);
    if (!agent || agent.isRemoved) return 'unknown-agent';
    if (agent.id === from.agentId) return 'already-so';
    if (!isLoggedIn(agent)) return 'agent-away';
  } else if ('queueId' in to && to.queueId === from.fromQueueId) return 'already-so';
  const queue = state.queues.get(from.queueId);
  if (!queue || queue.isRetired) return 'unknown-queue';
  const exit = refusal({ state, at }, queue);
  return exit && !stays(from, queue.config, exit) ? 'queue-closed' : undefined;
}
