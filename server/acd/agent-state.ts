/**
 * The life of one agent, as a fold of its events. Pure: no clock, no lists, no contacts.
 *
 *                        agent.logged-in
 *    logged-out  ------------------------------>  not-ready  (tied phone: straight to ready)
 *        ^                                          |   ^
 *        | agent.logged-out, from any idle state    v   | asked, rona, offer-rejected
 *        +---------------------------------------  ready <-------------+
 *        |                                          |                  |
 *   unreachable <-- phone lost, from ready,         | contact.offered  | offer withdrawn for no fault of the
 *        |          not-ready, reserved, ringing,   v                  | agent's: keeps the place in longest idle
 *        |          or after wrap-up             reserved -> ringing --+
 *        +--> ready / not-ready,                       \      |
 *             when the phone is back                    v     v contact.answered
 *                                                       talking <--> hold
 *                                                          | contact.ended
 *                                                          v
 *                                                       wrap-up --> ready, or what was asked for meanwhile
 *
 * What an agent asks for while in a contact (Not Ready, log out) comes after its wrap-up, which is never cut
 * short (M5). It has to survive a restart, so it is in the log too: as an `agent.state-changed` whose `from`
 * equals `to`, takes no time, and whose reason says what comes next (`encodeNext`).
 * Stops the race of Not Ready being pressed while a call comes in: an offer is withdrawn, a talk goes on.
 */
import type { AgentState, Channel, DraftOf } from '../contract/events.ts';
import type { Idle } from './pool.ts';
import type { AcdAgent } from './types.ts';
import type { InHand } from './workload.ts';

/** What comes after the contact in hand, or when an unreachable phone is back. */
export type NextStep =
  /** `reason`: of an offer that was not answered, and yet the agent stays Ready. */
  | { readonly to: 'ready'; readonly reason?: 'rona' }
  | { readonly to: 'not-ready'; readonly reason: string; readonly isSystemReason?: true }
  | { readonly to: 'logged-out'; readonly reason: string };

export interface AgentRecord {
  readonly id: string;
  readonly config: AcdAgent;
  /** No longer in the site; forgotten as soon as it has logged out. */
  readonly isRemoved: boolean;
  readonly state: AgentState;
  readonly since: number;
  readonly reason?: string;
  readonly isSystemReason?: true;
  readonly until?: number;
  /** Absent while logged in: for text alone. */
  readonly phoneId?: string;
  readonly loggedInAt?: number;
  /** The contact in hand, or the one that the wrap-up is for; its queue. */
  readonly contactId?: string;
  readonly queueId?: string;
  readonly idle?: Idle;
  readonly next?: NextStep;
  /** Since log-in: time in talk, hold and wrap-up that is over, and contacts taken. Absent: none. */
  readonly busyMs?: number;
  readonly handled?: number;
  /** Text contacts, in the order of their offers. Absent: none. */
  readonly inHand?: readonly InHand[];
  /** Offers not answered in a row. Absent: none. */
  readonly ronas?: number;
  /** How often the wrap-up that lasts was extended. Absent: never. */
  readonly extended?: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type AgentEvent = DraftOf<'agent.logged-in' | 'agent.logged-out' | 'agent.state-changed'>;

/** An offer, a talk or a wrap-up: the agent has a contact. */
export const workingStates: ReadonlySet<AgentState> = new Set([
  'reserved',
  'ringing',
  'talking',
  'hold',
  'wrap-up',
]);
export const isOnOffer = (state: AgentState): boolean => state === 'reserved' || state === 'ringing';
export const isInTalk = (state: AgentState): boolean => state === 'talking' || state === 'hold';

const nextPrefix = 'after-contact:';

export function encodeNext(next: NextStep): string {
  return next.to === 'ready' ? `${nextPrefix}ready` : `${nextPrefix}${next.to}:${next.reason}`;
}

/** Undefined for a true change of state. */
export function decodeNext(event: DraftOf<'agent.state-changed'>): NextStep | undefined {
  const { from, to, reason, isSystemReason } = event.data;
  if (from !== to || !reason?.startsWith(nextPrefix)) return undefined;
  const [step, ...rest] = reason.slice(nextPrefix.length).split(':');
  const why = rest.join(':');
  if (step === 'logged-out') return { to: 'logged-out', reason: why };
  if (step === 'not-ready')
    return { to: 'not-ready', reason: why, ...(isSystemReason ? { isSystemReason: true } : {}) };
  return { to: 'ready' };
}

export function newAgent(config: AcdAgent): AgentRecord {
  return { id: config.id, config, isRemoved: false, state: 'logged-out', since: 0 };
}

export function foldAgent(agent: AgentRecord, event: AgentEvent, order: () => number): AgentRecord {
  switch (event.type) {
    case 'agent.logged-in': {
      const { busyMs: _busy, handled: _handled, ronas: _ronas, phoneId: _phone, ...rest } = agent;
      const { phoneId } = event.data;
      return { ...rest, loggedInAt: event.at, ...(phoneId !== undefined && { phoneId }) };
    }
    case 'agent.logged-out': {
      const { phoneId: _phone, loggedInAt: _at, next: _next, ...rest } = agent;
      return rest;
    }
    case 'agent.state-changed':
      return foldChange(agent, event, order);
  }
}

function foldChange(
  agent: AgentRecord,
  event: DraftOf<'agent.state-changed'>,
  order: () => number,
): AgentRecord {
  const asked = decodeNext(event);
  if (asked) return { ...agent, next: asked };
  const { to, reason, isSystemReason, until } = event.data;
  const { id, config, isRemoved, phoneId, loggedInAt } = agent;
  const idle = idleAfter(agent, event, order);
  const next = nextAfter(agent, to);
  const isWorking = workingStates.has(to);
  const isBusy = isInTalk(agent.state) || agent.state === 'wrap-up';
  const busyMs = (agent.busyMs ?? 0) + (isBusy ? event.data.forMs : 0);
  const ronas = ronasAfter(agent, event);
  const isExtended = agent.state === 'wrap-up' && to === 'wrap-up';
  const extended = isExtended ? (agent.extended ?? 0) + 1 : 0;
  const handled = (agent.handled ?? 0) + (to === 'talking' && isOnOffer(agent.state) ? 1 : 0);
  // Not by conditional spreads: four of these a call, and each spread makes an object to throw away.
  const after: Mutable<AgentRecord> = { id, config, isRemoved, state: to, since: event.at };
  if (phoneId !== undefined) after.phoneId = phoneId;
  if (loggedInAt !== undefined) after.loggedInAt = loggedInAt;
  if (reason !== undefined && to !== 'ready') after.reason = reason;
  if (isSystemReason && to !== 'ready') after.isSystemReason = isSystemReason;
  if (until !== undefined) after.until = until;
  if (isWorking && event.contactId !== undefined) after.contactId = event.contactId;
  if (isWorking && event.queueId !== undefined) after.queueId = event.queueId;
  if (idle) after.idle = idle;
  if (next) after.next = next;
  if (busyMs > 0) after.busyMs = busyMs;
  if (handled > 0) after.handled = handled;
  if (ronas > 0) after.ronas = ronas;
  if (extended > 0) after.extended = extended;
  if (agent.inHand) after.inHand = agent.inHand;
  return after;
}

export type TextEvent = DraftOf<
  'contact.offered' | 'offer.withdrawn' | 'contact.answered' | 'contact.transferred' | 'contact.ended'
>;

/**
 * What a text contact changes at its agent: nothing of the state. Whoever takes one, or puts the last one down, is no
 * longer the longest idle.
 */
export function foldText(
  agent: AgentRecord,
  event: TextEvent,
  channel: Channel,
  order: () => number,
): AgentRecord {
  const { id, inHand = [], idle, ronas = 0, handled = 0, ...rest } = agent;
  const { contactId = '', queueId = '' } = event;
  const others = inHand.filter((one) => one.contactId !== contactId);
  const isOffer = event.type === 'contact.offered';
  const isTaken = event.type === 'contact.answered';
  const now = isOffer || isTaken ? [...others, { contactId, queueId, channel, isOffer }] : others;
  const isPutDown = event.type === 'contact.ended' || event.type === 'contact.transferred';
  const isAnew = isTaken || (isPutDown && now.length === 0);
  const isRona = event.type === 'offer.withdrawn' && event.data.reason === 'rona';
  const ronasNow = isTaken ? 0 : ronas + (isRona ? 1 : 0);
  const handledNow = handled + (isTaken ? 1 : 0);
  const idleNow = idle && isAnew ? { agentId: id, since: event.at, order: order() } : idle;
  return {
    id,
    ...(idleNow ? { idle: idleNow } : {}),
    ...(handledNow > 0 ? { handled: handledNow } : {}),
    ...(ronasNow > 0 ? { ronas: ronasNow } : {}),
    ...(now.length > 0 ? { inHand: now } : {}),
    ...rest,
  };
}

/** Back from an offer the agent keeps its place in "longest idle"; anything else begins anew. */
function idleAfter(
  agent: AgentRecord,
  event: DraftOf<'agent.state-changed'>,
  order: () => number,
): Idle | undefined {
  const { to } = event.data;
  if (isOnOffer(to)) return agent.idle;
  if (to !== 'ready') return undefined;
  // Whoever let it ring goes behind those who did not.
  if (isOnOffer(agent.state) && agent.idle && event.data.reason !== 'rona') return agent.idle;
  return { agentId: agent.id, since: event.at, order: order() };
}

/** Answering, and saying Ready again after Not Ready, begin the count anew. */
function ronasAfter(agent: AgentRecord, { data: { to, reason } }: DraftOf<'agent.state-changed'>): number {
  if (reason === 'rona' && isOnOffer(agent.state)) return (agent.ronas ?? 0) + 1;
  return to === 'talking' || (to === 'ready' && agent.state === 'not-ready') ? 0 : (agent.ronas ?? 0);
}

function nextAfter(agent: AgentRecord, to: AgentState): NextStep | undefined {
  if (workingStates.has(to)) return agent.next;
  if (to !== 'unreachable') return undefined;
  if (agent.next) return agent.next;
  if (agent.state === 'not-ready' && agent.reason !== undefined)
    return {
      to: 'not-ready',
      reason: agent.reason,
      ...(agent.isSystemReason ? { isSystemReason: agent.isSystemReason } : {}),
    };
  return { to: 'ready' };
}
