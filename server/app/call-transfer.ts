/** What an agent means by a number that it passes a call on to: one of the site's own numbers, an agent, a phone. */
import type { Acd, TransferTarget } from '../acd/types.ts';
import type { ActiveSite } from './active-site.ts';

/** For so long an agent who is named is waited for; then anybody of the queue will do. */
export const namedAgentWaitMs = 30_000;

export function transferTarget(
  site: Pick<ActiveSite, 'number' | 'isOpen'>,
  acd: Pick<Acd, 'agent' | 'agentAtPhone'>,
  dialled: string,
  now: number,
): TransferTarget | 'closed' | undefined {
  const number = site.number(dialled);
  if (number) {
    const isClosed = number.hours !== undefined && !site.isOpen(number.hours, now);
    return isClosed ? 'closed' : { queueId: number.queue };
  }
  const agentId = acd.agent(dialled)?.id ?? acd.agentAtPhone(dialled)?.id;
  return agentId === undefined ? undefined : { agentId, waitMs: namedAgentWaitMs };
}
