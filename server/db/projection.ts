/**
 * Pure: folds a batch of events into the rows it adds to history. A row is a patch - an absent field says
 * "no news" - so that SQL can lay it over what is there; counts are increments. Instants are ms UTC. The SQL
 * that carries it out is projection-sql.ts; exactly-once is the projector's business.
 */
import { decodeNext } from '../acd/agent-state.ts';
import type { EventOf, EventType, HearthlineEvent } from '../contract/events.ts';

export interface ContactPatch {
  contact_id: string;
  first_seq: number;
  channel?: string;
  number_id?: string;
  queue_id?: string;
  language?: string;
  trunk_id?: string;
  phone_id?: string;
  pii_from?: string;
  pii_from_name?: string;
  arrived_at?: number;
  queued_at?: number;
  answered_at?: number;
  ended_at?: number;
  wait_ms?: number;
  talk_ms?: number;
  hold_ms?: number;
  agent_id?: string;
  is_in_target?: boolean;
  is_short_abandon?: boolean;
  flow_out_reason?: string;
  outcome?: string;
  ended_by?: string;
  reason?: string;
  offers: number;
  rona: number;
  transfers: number;
}
export interface SegmentPatch {
  offer_id: string;
  contact_id?: string;
  agent_id?: string;
  queue_id?: string;
  phone_id?: string;
  attempt?: number;
  offered_at?: number;
  alerted_at?: number;
  answered_at?: number;
  ended_at?: number;
  ring_ms?: number;
  result?: string;
}
/** Whatever segment of the contact is open ends here. */
export interface SegmentEnd {
  contact_id: string;
  at: number;
}
export interface IntervalRow {
  from_seq: number;
  agent_id: string;
  state: string;
  reason?: string;
  is_system_reason?: boolean;
  phone_id?: string;
  contact_id?: string;
  from_at: number;
  to_at?: number;
}
/** Closes the interval of the agent that an earlier batch left open. */
export interface IntervalEnd {
  agent_id: string;
  at: number;
}
export interface RecordingPatch {
  recording_id: string;
  first_seq: number;
  contact_id?: string;
  agent_id?: string;
  queue_id?: string;
  offer_id?: string;
  file?: string;
  bytes?: number;
  duration_ms?: number;
  sha256?: string;
  started_at?: number;
  ended_at?: number;
  state: 'started' | 'completed' | 'failed';
  failure?: string;
}

export interface HistoryRows {
  contacts: ContactPatch[];
  segments: SegmentPatch[];
  segmentEnds: SegmentEnd[];
  intervals: IntervalRow[];
  intervalEnds: IntervalEnd[];
  recordings: RecordingPatch[];
}

interface Fold {
  contacts: Map<string, ContactPatch>;
  segments: Map<string, SegmentPatch>;
  segmentEnds: Map<string, SegmentEnd>;
  intervals: IntervalRow[];
  openIntervals: Map<string, IntervalRow>;
  intervalEnds: Map<string, IntervalEnd>;
  recordings: Map<string, RecordingPatch>;
}

function contactOf(fold: Fold, event: HearthlineEvent): ContactPatch {
  const contactId = event.contactId ?? '';
  let patch = fold.contacts.get(contactId);
  if (!patch) {
    patch = { contact_id: contactId, first_seq: event.seq, offers: 0, rona: 0, transfers: 0 };
    fold.contacts.set(contactId, patch);
  }
  return patch;
}

function segmentOf(fold: Fold, event: HearthlineEvent, offerId: string): SegmentPatch {
  let patch = fold.segments.get(offerId);
  if (!patch) fold.segments.set(offerId, (patch = { offer_id: offerId }));
  if (event.contactId !== undefined) patch.contact_id = event.contactId;
  if (event.agentId !== undefined) patch.agent_id = event.agentId;
  if (event.queueId !== undefined) patch.queue_id = event.queueId;
  return patch;
}

function recordingOf(
  fold: Fold,
  event: HearthlineEvent,
  recordingId: string,
  state: RecordingPatch['state'],
): RecordingPatch {
  let patch = fold.recordings.get(recordingId);
  if (!patch) {
    fold.recordings.set(recordingId, (patch = { recording_id: recordingId, first_seq: event.seq, state }));
  }
  patch.state = state;
  if (event.contactId !== undefined) patch.contact_id = event.contactId;
  if (event.agentId !== undefined) patch.agent_id = event.agentId;
  if (event.queueId !== undefined) patch.queue_id = event.queueId;
  return patch;
}

/** A contact that was passed on is talked on more than once. */
function addTalk(patch: ContactPatch, { talkMs, holdMs }: { talkMs: number; holdMs: number }): void {
  patch.talk_ms = (patch.talk_ms ?? 0) + talkMs;
  patch.hold_ms = (patch.hold_ms ?? 0) + holdMs;
}

type Handler<T extends EventType> = (fold: Fold, event: EventOf<T>) => void;

function nextInterval(fold: Fold, event: EventOf<'agent.state-changed'>): void {
  // A plan for after the contact is no change of state.
  if (event.agentId === undefined || decodeNext(event)) return;
  const { agentId } = event;
  const open = fold.openIntervals.get(agentId);
  if (open) open.to_at = event.at;
  else fold.intervalEnds.set(agentId, { agent_id: agentId, at: event.at });
  const { to, reason, isSystemReason, phoneId } = event.data;
  const row: IntervalRow = { from_seq: event.seq, agent_id: agentId, state: to, from_at: event.at };
  if (reason !== undefined) row.reason = reason;
  if (isSystemReason !== undefined) row.is_system_reason = isSystemReason;
  if (phoneId !== undefined) row.phone_id = phoneId;
  if (event.contactId !== undefined) row.contact_id = event.contactId;
  fold.openIntervals.set(agentId, row);
  fold.intervals.push(row);
}

/** What history does not know by type stays in `events` alone. */
const handlers: { [T in EventType]?: Handler<T> } = {
  'contact.arrived': (fold, event) => {
    const patch = contactOf(fold, event);
    const { channel, numberId, language, trunkId, phoneId, pii } = event.data;
    Object.assign(patch, { channel, number_id: numberId, language, arrived_at: event.at });
    if (event.queueId !== undefined) patch.queue_id = event.queueId;
    if (trunkId !== undefined) patch.trunk_id = trunkId;
    if (phoneId !== undefined) patch.phone_id = phoneId;
    if (pii) patch.pii_from = pii.from;
    if (pii?.fromName !== undefined) patch.pii_from_name = pii.fromName;
  },
  'contact.queued': (fold, event) => {
    const patch = contactOf(fold, event);
    patch.queued_at = event.at;
    if (event.queueId !== undefined) patch.queue_id = event.queueId;
  },
  'contact.offered': (fold, event) => {
    contactOf(fold, event).offers += 1;
    const segment = segmentOf(fold, event, event.data.offerId);
    segment.offered_at = event.at;
    if (event.data.phoneId !== undefined) segment.phone_id = event.data.phoneId;
    segment.attempt = event.data.attempt;
  },
  'offer.alerted': (fold, event) => {
    segmentOf(fold, event, event.data.offerId).alerted_at = event.at;
  },
  'offer.withdrawn': (fold, event) => {
    const { offerId, reason, ringMs } = event.data;
    if (reason === 'rona') contactOf(fold, event).rona += 1;
    Object.assign(segmentOf(fold, event, offerId), { ended_at: event.at, ring_ms: ringMs, result: reason });
  },
  'contact.answered': (fold, event) => {
    const patch = contactOf(fold, event);
    const { offerId, phoneId, waitMs, ringMs, inTarget } = event.data;
    Object.assign(patch, { answered_at: event.at, wait_ms: waitMs, is_in_target: inTarget });
    if (event.agentId !== undefined) patch.agent_id = event.agentId;
    const segment = segmentOf(fold, event, offerId);
    Object.assign(segment, { answered_at: event.at, ring_ms: ringMs, result: 'answered' });
    if (phoneId !== undefined) segment.phone_id = phoneId;
  },
  'contact.abandoned': (fold, event) => {
    const { waitMs, inTarget, isShort } = event.data;
    Object.assign(contactOf(fold, event), {
      wait_ms: waitMs,
      is_in_target: inTarget,
      is_short_abandon: isShort,
    });
  },
  'contact.flowed-out': (fold, event) => {
    Object.assign(contactOf(fold, event), { wait_ms: event.data.waitMs, flow_out_reason: event.data.reason });
  },
  'contact.transferred': (fold, event) => {
    const patch = contactOf(fold, event);
    patch.transfers += 1;
    addTalk(patch, event.data);
    segmentOf(fold, event, event.data.offerId).ended_at = event.at;
  },
  'contact.ended': (fold, event) => {
    const patch = contactOf(fold, event);
    const { outcome, endedBy, reason } = event.data;
    Object.assign(patch, { ended_at: event.at, outcome, ended_by: endedBy, reason });
    addTalk(patch, event.data);
    fold.segmentEnds.set(patch.contact_id, { contact_id: patch.contact_id, at: event.at });
  },
  'agent.state-changed': nextInterval,
  'recording.started': (fold, event) => {
    const patch = recordingOf(fold, event, event.data.recordingId, 'started');
    patch.started_at = event.at;
    patch.offer_id = event.data.offerId;
  },
  'recording.completed': (fold, event) => {
    const { recordingId, file, bytes, durationMs, sha256 } = event.data;
    const patch = recordingOf(fold, event, recordingId, 'completed');
    Object.assign(patch, { file, bytes, duration_ms: durationMs, sha256, ended_at: event.at });
  },
  'recording.failed': (fold, event) => {
    const patch = recordingOf(fold, event, event.data.recordingId, 'failed');
    patch.failure = event.data.reason;
    patch.ended_at = event.at;
  },
};

/** `events` in order of seq. */
export function foldHistory(events: readonly HearthlineEvent[]): HistoryRows {
  const fold: Fold = {
    contacts: new Map(),
    segments: new Map(),
    segmentEnds: new Map(),
    intervals: [],
    openIntervals: new Map(),
    intervalEnds: new Map(),
    recordings: new Map(),
  };
  for (const event of events) {
    (handlers[event.type] as Handler<EventType> | undefined)?.(fold, event);
  }
  return {
    contacts: [...fold.contacts.values()],
    segments: [...fold.segments.values()],
    segmentEnds: [...fold.segmentEnds.values()],
    intervals: fold.intervals,
    intervalEnds: [...fold.intervalEnds.values()],
    recordings: [...fold.recordings.values()],
  };
}
