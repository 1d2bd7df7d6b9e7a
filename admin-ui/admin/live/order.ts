/** The order of rows on the live page: stable, by what does not change, so that no row moves under a finger. Pure. */
import type { AgentLive, ContactLive, PhoneLive } from '../../../server/contract/live.ts';

const byId = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true });

/** Oldest first: in the order they came. */
export function orderedCalls(contacts: Record<string, ContactLive>): ContactLive[] {
  return Object.values(contacts).sort(
    (a, b) => (a.queuedAt ?? a.since) - (b.queuedAt ?? b.since) || byId(a.contactId, b.contactId),
  );
}

export function orderedAgents(agents: Record<string, AgentLive>): AgentLive[] {
  return Object.values(agents).sort((a, b) => byId(a.agentId, b.agentId));
}

export function orderedPhones(phones: Record<string, PhoneLive>): PhoneLive[] {
  return Object.values(phones).sort((a, b) => byId(a.phoneId, b.phoneId));
}
