/**
 * One leg: a SIP dialog and its media endpoint, for the call's whole life. Data and small moves only; the flows
 * are in their own files. `LegRecord` is what a restarted process needs to take the leg over.
 */
import type { Direction } from '../media/protocol.ts';
import type { LegSource } from '../port.ts';
import { nextLegState, type LegSignal, type LegState } from './leg-state.ts';
import { writeSdp, type LocalMedia, type RemoteMedia } from './sdp.ts';
import type { OutgoingRequest, SipRequest, SipResponse } from './srf.ts';

export interface IncomingInfo {
  dialled: string;
  source: LegSource;
  pii: { from: string; fromName?: string };
}

/** One INVITE of an outgoing leg; a phone with several contacts gets several at once. */
export interface Branch {
  req?: OutgoingRequest;
  contact: string;
  hasProvisional: boolean;
  isDone: boolean;
  /** CANCEL asked for before the INVITE was confirmed sent. */
  isCancelWanted: boolean;
}

/**
 * What is kept of an incoming leg before it is answered: the INVITE it came with. A crash now makes the engine hand that
 * INVITE to the next process, which knows by this that it is the same caller, with the same id and place.
 */
export interface PendingRecord {
  pendingDialogId: string;
}

export interface LegRecord {
  role: 'in' | 'out';
  dialogId: string;
  localIp: string;
  port: number;
  sdpSession: number;
  sdpVersion: number;
  remote?: RemoteMedia;
  /** What we last said we do with audio. */
  direction: Direction;
  isHeld: boolean;
  peer?: string;
  recordingId?: string;
  incoming?: IncomingInfo;
  phoneId?: string;
  /** Of a leg that we called over a trunk. */
  trunkId?: string;
}

export interface Leg extends Omit<LegRecord, 'dialogId'> {
  id: string;
  state: LegState;
  dialogId?: string;
  /** The unanswered INVITE of an incoming leg. */
  invite?: { req: SipRequest; res: SipResponse };
  branches: Branch[];
  /** Which worker of the media engine has it, where we chose. */
  mediaWorker?: number;
  noResponseTimer?: NodeJS.Timeout;
  closeReason?: string;
  /** The phone asked to pass the call on, and waits for the answer; `isReported`: by NOTIFY, too. */
  refer?: { res: SipResponse; isReported: boolean };
  /** We made the offer in a 2xx and wait for the answer in the ACK. */
  isAnswerInAck: boolean;
  /** Taken over from a former process a moment ago, and perhaps never answered (adoption.ts). */
  isAdopted?: boolean;
}

let sdpSessions = Date.now() % 1_000_000_000;

export function newLeg(id: string, role: 'in' | 'out', localIp: string): Leg {
  return {
    id,
    role,
    state: role === 'in' ? 'arrived' : 'dialing',
    localIp,
    port: 0,
    sdpSession: ++sdpSessions,
    sdpVersion: 1,
    direction: 'sendrecv',
    isHeld: false,
    branches: [],
    isAnswerInAck: false,
  };
}

/** True when the signal moved the leg. */
export function moveLeg(leg: Leg, signal: LegSignal): boolean {
  const next = nextLegState(leg.state, signal);
  if (!next) return false;
  leg.state = next;
  return true;
}

/** Also of a leg whose answer is on its way: a crash may come right after it left. */
export function toRecord(leg: Leg): LegRecord | undefined {
  if ((leg.state !== 'up' && leg.state !== 'answering') || !leg.dialogId) return undefined;
  const { role, dialogId, localIp, port, sdpSession, sdpVersion, remote, direction, isHeld } = leg;
  const { peer, recordingId, incoming, phoneId, trunkId } = leg;
  return {
    role,
    dialogId,
    localIp,
    port,
    sdpSession,
    sdpVersion,
    direction,
    isHeld,
    ...(remote && { remote }),
    ...(peer && { peer }),
    ...(recordingId && { recordingId }),
    ...(incoming && { incoming }),
    ...(phoneId && { phoneId }),
    ...(trunkId && { trunkId }),
  };
}

export function fromRecord(id: string, record: LegRecord): Leg {
  return { ...newLeg(id, record.role, record.localIp), ...record, state: 'up', isAdopted: true };
}

/** Our description towards the peer: its own codec once known, our offer before. */
export function localSdp(leg: Leg, offer: Pick<LocalMedia, 'codecs' | 'dtmfPt'>): string {
  const remote = leg.remote;
  return writeSdp({
    ip: leg.localIp,
    port: leg.port,
    sessionId: leg.sdpSession,
    version: leg.sdpVersion,
    direction: leg.direction,
    codecs: remote ? [{ codec: remote.codec, pt: remote.codecPt }] : offer.codecs,
    dtmfPt: remote ? remote.dtmfPt : offer.dtmfPt,
  });
}

/** The peer's side of the audio, as the media engine wants it. */
export const mediaOf = (remote: RemoteMedia) => ({
  remote: { ip: remote.ip, port: remote.port },
  codec: remote.codec,
  dtmfPt: remote.dtmfPt,
});
