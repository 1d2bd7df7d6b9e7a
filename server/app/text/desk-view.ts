/** An agent's desk as its page shows it: drawn from routing and from what is open, without asking the database. */
import type { AcdShell } from '../acd-shell.ts';
import type { ActiveSite } from '../active-site.ts';
import type { ClockPort } from '../ports.ts';
import type { OpenTexts } from './open-texts.ts';
import { capacityOf } from '../../acd/workload.ts';
import type { AgentView, ContactView } from '../../acd/types.ts';
import type { DeskContact, DeskTargets, DeskView } from '../../contract/desk.ts';
import type { SiteAgent } from '../../contract/site.ts';
import { channels } from '../../contract/events.ts';

export interface DeskViewParts {
  shell: Pick<AcdShell, 'acd'>;
  site: Pick<ActiveSite, 'site' | 'agent' | 'queue' | 'language'>;
  texts: OpenTexts;
  /** Who is on the line. */
  caller(contactId: string): { from: string; fromName?: string } | undefined;
  waiting(queueId: string): { waiting: number; oldestAt?: number };
  /** Those who are logged in, whoever asks. */
  colleagues: () => DeskTargets['agents'];
  maintenanceUntil(): number | undefined;
  clock: ClockPort;
}

/** Undefined for an agent whom the site does not have. */
export function deskView(parts: DeskViewParts, agentId: string): DeskView | undefined {
  const { shell, site } = parts;
  const agent = shell.acd.agent(agentId);
  const config = site.agent(agentId);
  if (!agent || !config) return undefined;
  const contacts = contactsOf(parts, agent);
  const { state, reason, isSystemReason, since, until, phoneId, pending } = agent;
  const maintenanceUntil = parts.maintenanceUntil();
  return {
    agentId,
    name: config.name,
    state,
    since,
    ...(reason !== undefined && { reason }),
    ...(isSystemReason && { isSystemReason }),
    ...(until !== undefined && { until }),
    ...(phoneId !== undefined && { phoneId }),
    ...(pending && { pending }),
    reasons: site.site.notReadyReasons.map(({ id, name }) => ({ id, name })),
    offers: contacts.filter(({ offerId }) => offerId !== undefined),
    mine: contacts.filter(({ offerId }) => offerId === undefined),
    queues: config.queues.flatMap((queueId) => {
      const queue = site.queue(queueId);
      return queue ? [{ queueId, name: queue.name, ...parts.waiting(queueId) }] : [];
    }),
    capacity: capacityIn(site.site.routing.capacity, config),
    dispositions: (site.site.dispositions ?? []).map(({ id, name }) => ({ id, name })),
    ...(maintenanceUntil !== undefined && { maintenanceUntil }),
  };
}

function capacityIn(usual: SiteAgent['capacity'], { id, queues, capacity }: SiteAgent): DeskView['capacity'] {
  const merged = Object.fromEntries(
    Object.entries({ ...usual, ...capacity }).filter(([, count]) => count !== undefined),
  );
  const agent = { id, queueIds: queues, wrapUp: { mode: 'none' as const }, capacity: merged };
  return Object.fromEntries(channels.map((one) => [one, capacityOf(agent, one)])) as DeskView['capacity'];
}

export function targetsFor(parts: Pick<DeskViewParts, 'site' | 'colleagues'>, own: string): DeskTargets {
  const { site } = parts.site;
  return {
    queues: site.queues.map(({ id, name }) => ({ queueId: id, name })),
    agents: parts.colleagues().filter(({ agentId }) => agentId !== own),
  };
}

/** All agents that something may be passed on to: a walk over the whole site, to be made once for many desks. */
export function colleaguesOf({ shell, site }: Pick<DeskViewParts, 'shell' | 'site'>): DeskTargets['agents'] {
  return site.site.agents.flatMap(({ id, name }) => {
    const state = shell.acd.agent(id)?.state ?? 'logged-out';
    const isThere = state !== 'logged-out' && state !== 'unreachable';
    return isThere ? [{ agentId: id, name, isReady: state === 'ready' }] : [];
  });
}

function contactsOf(parts: DeskViewParts, agent: AgentView): DeskContact[] {
  const ids = (agent.inHand ?? []).map(({ contactId }) => contactId);
  if (agent.contactId !== undefined && !ids.includes(agent.contactId)) ids.unshift(agent.contactId);
  return ids.flatMap((contactId) => {
    const contact = parts.shell.acd.contact(contactId);
    return contact ? [deskContact(parts, agent.id, contact)] : [];
  });
}

export function deskContact(parts: DeskViewParts, agentId: string, contact: ContactView): DeskContact {
  const { id: contactId, channel, queueId, queuedAt } = contact;
  const offer = contact.offers?.find((one) => one.agentId === agentId);
  const since = offer?.at ?? contact.connectedAt ?? parts.clock.now();
  const head = {
    contactId,
    channel,
    queueId,
    queueName: parts.site.queue(queueId)?.name ?? queueId,
    since,
    isHeld: contact.isHeld === true,
    ...(offer && { offerId: offer.offerId, acceptUntil: offer.until }),
  };
  const text = parts.texts.get(contactId);
  if (text) {
    const { via, createdAt, customer, subject, language, preview } = text;
    const { isHere, typingUntil } = parts.texts.presence(text.threadId);
    const isTyping = typingUntil > parts.clock.now();
    return {
      ...head,
      via,
      arrivedAt: createdAt,
      customer,
      language,
      unread: parts.texts.unread(text, agentId),
      ...(subject !== undefined && { subject }),
      ...(preview !== undefined && { preview }),
      ...(text.work === 'chat' && { isCustomerHere: isHere, isTyping }),
    };
  }
  const caller = parts.caller(contactId);
  const customer = caller
    ? { address: caller.from, ...(caller.fromName !== undefined && { name: caller.fromName }) }
    : {};
  return { ...head, arrivedAt: queuedAt ?? since, customer, language: parts.site.language, unread: 0 };
}
