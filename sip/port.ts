/**
 * All that others may see of telephony: legs in, events out. A leg is one SIP dialog together with its media
 * endpoint, for the call's whole life; ids are given by the caller of this port for outgoing legs and made
 * here for incoming ones. Commands are fire and forget and safe to repeat; what came of them arrives as events.
 */

/** What call control must know of the site: who may register, who may call, in which realm. */
export interface SipSite {
  realm: string;
  /** What a challenge offers, best first; one alone unless every phone understands several. */
  digestAlgorithms: ('MD5' | 'SHA-256')[];
  phones: SipPhone[];
  trunks: SipTrunk[];
  /** Numbers that anybody admitted may dial; all else is answered 404. */
  numbers: SipNumber[];
}
export interface SipPhone {
  phoneId: string;
  /** H(user:realm:password), RFC 7616 §3.4.2. */
  digest: { md5: string; sha256: string };
}
export interface SipTrunk {
  trunkId: string;
  /** `10.0.0.1`, `10.0.0.1:5060` or `10.0.0.0/24`. */
  addresses: string[];
  /** Calls in hand, both ways. */
  maxCalls: number;
  /** Where our own calls go out; absent: none do. */
  outbound?: SipOutbound;
}
export interface SipOutbound {
  /** An address, or a name that has one. */
  host: string;
  port: number;
  transport: 'udp' | 'tcp';
  /** Answers a digest challenge (RFC 3261 §22); `secret` names the password. */
  auth?: { username: string; secret: string };
}
export interface SipNumber {
  number: string;
  maxCalls?: number;
}

export type LegSource = { kind: 'trunk'; trunkId: string } | { kind: 'phone'; phoneId: string };

/** Why an outgoing leg was not answered. */
export type DialFailure = 'busy' | 'rejected' | 'no-answer' | 'unreachable' | 'cancelled' | 'fault';
export type LegEnd = 'remote' | 'local' | 'rtp-timeout' | 'media-lost' | 'engine-lost' | 'fault';

export type CallEvent =
  | {
      type: 'leg.incoming';
      legId: string;
      dialled: string;
      source: LegSource;
      pii: { from: string; fromName?: string };
    }
  /** An incoming leg is up (our 200 was sent). */
  | { type: 'leg.answered'; legId: string }
  /** An incoming leg went away before it was answered, or any leg after. Always the last event of a leg. */
  | { type: 'leg.ended'; legId: string; by: LegEnd; reason: string }
  /** An outgoing leg. */
  | { type: 'dial.alerted'; legId: string }
  | { type: 'dial.answered'; legId: string }
  /** Last event of an outgoing leg that was never answered. */
  | { type: 'dial.failed'; legId: string; cause: DialFailure; status: number; reason: string }
  | { type: 'leg.held'; legId: string }
  | { type: 'leg.resumed'; legId: string }
  /** The phone of an outgoing leg asks to pass its call on; to be accepted or refused. */
  | { type: 'leg.transfer-asked'; legId: string; target: string }
  | { type: 'leg.dtmf'; legId: string; digit: string }
  | {
      type: 'play.finished';
      legId: string;
      playId: string;
      reason: 'done' | 'stopped' | 'barge-in' | 'error' | 'replaced';
    }
  | {
      type: 'recording.completed';
      recordingId: string;
      file: string;
      bytes: number;
      durationMs: number;
      sha256: string;
    }
  | { type: 'recording.failed'; recordingId: string; reason: string }
  | { type: 'phone.registered'; phoneId: string; transport: string }
  | { type: 'phone.unregistered'; phoneId: string; reason: 'expired' | 'asked' | 'removed' | 'dead' };

/** A phone of ours; or a number, written as the trunk wants it. */
export type DialTarget = { phoneId: string } | { trunkId: string; number: string };
export type DialOptions = DialTarget & DialFace;
export interface DialFace {
  /** The leg it will be connected with: a hint, so that both legs' audio is handled side by side. */
  near?: string;
  /** What the phone shows that is called: a number, and a name before it. */
  pii: { from: string };
  displayName: string;
}

/** One leg as it stands, for comparing what this process believes with what the engines have. */
export interface LegView {
  legId: string;
  role: 'in' | 'out';
  /** `closing`: an outgoing leg that was given up, its CANCEL is under way. */
  state: 'arrived' | 'answering' | 'dialing' | 'alerting' | 'up' | 'closing';
  /** Its dialog in the SIP engine, once there is one. */
  dialogId?: string;
  /** The media engine has opened a session for it, which has the leg's id. */
  hasMedia: boolean;
}

export interface CallControl {
  /** Replaces the site as a whole; calls in hand go on. */
  configure(site: SipSite): void;
  /** Connects to the engines and takes over what a former process left; adopted legs are those that live. */
  start(): Promise<{ adopted: string[]; lost: string[]; phones: string[] }>;
  /** Lets go of the engines; calls in hand go on, for the next process to take over. */
  stop(): void;
  answer(legId: string): void;
  reject(legId: string, status: number, reason: string): void;
  /** Absolute WAV paths, one after the other. */
  play(
    legId: string,
    playId: string,
    files: string[],
    options?: { isLoop?: boolean; hasBargeIn?: boolean },
  ): void;
  stopPlay(legId: string): void;
  dial(legId: string, options: DialOptions): void;
  /** Audio both ways; recorded when a recording is named. */
  connect(a: string, b: string, recording?: { recordingId: string; file: string }): void;
  /** Ends a leg whatever its state: BYE, CANCEL or a final answer. */
  hangup(legId: string, reason: string): void;
  /** Of a transfer that the leg's phone asked for, if it did; the leg is then hung up by whoever accepts. */
  acceptTransfer(legId: string): void;
  refuseTransfer(legId: string, status: number, reason: string): void;
  isRegistered(phoneId: string): boolean;
  /** Where phones are, or were until lately: their ids by the address that they registered from. */
  phoneAddresses(): ReadonlyMap<string, string>;
  hasLeg(legId: string): boolean;
  /** An unanswered caller of a former process, whose call the engine may yet hand over. */
  isExpected(legId: string): boolean;
  legIds(): string[];
  /** Every leg in hand; cheap enough for once a second. */
  legs(): LegView[];
  /** Both engines are there and adoption is over: what differs from them now is no news on its way. */
  isSettled(): boolean;
  /** What the media engine has open, in step with the commands before; undefined when it cannot tell. */
  mediaSessions(): Promise<string[] | undefined>;
  /** Ends a media session, or a dialog of the SIP engine, that no leg owns; of one that has a leg, it does nothing. */
  closeStrayMedia(sessionId: string): void;
  endStrayDialog(dialogId: string, reason: string): void;
  /** Whether an address of the site file can be understood. */
  isTrunkAddress(address: string): boolean;
  /** Answered and not yet ended. */
  isUp(legId: string): boolean;
  /** Who called whom, for a leg that came in. */
  incoming(
    legId: string,
  ): { dialled: string; source: LegSource; pii: { from: string; fromName?: string } } | undefined;
  onEvent(listener: (event: CallEvent) => void): void;
  /** False while an engine cannot be reached; named, for /healthz. */
  health(): { sip: boolean; media: boolean };
}

/** Where call control keeps what a restarted process needs to take its legs over; written behind, never awaited. */
export interface LegStore {
  save(legId: string, record: unknown): void;
  remove(legId: string): void;
  saveBinding(phoneId: string, record: unknown): void;
  removeBinding(phoneId: string): void;
  load(): Promise<{ legs: [string, unknown][]; bindings: [string, unknown][] }>;
}
