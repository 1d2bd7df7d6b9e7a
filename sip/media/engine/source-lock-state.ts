/**
 * Which source a leg listens to (symmetric RTP). Stops a stranger who guesses a port from being heard or recorded.
 *
 *                 3 packets in a row from elsewhere,
 *                 none from the signalled address
 *      +------+ ------------------------------------> +---------+
 *      | open |                                       | learned |  (NAT)
 *      +------+                                       +---------+
 *        ^  |  first packet from the signalled address   |
 *        |  +--------------------> +-----------+ <-------+
 *        |                         | confirmed |
 *        |      reopen()           +-----------+
 *        +---- (a new remote was signalled) from either
 *
 * - Locked means address, port and SSRC. A new SSRC from the locked address and port is believed after three
 *   packets in a row (phones change it on hold and transfer); any other source is a stranger.
 * - `learned` yields to the signalled address if that starts to send, so a stranger cannot win a race for good.
 * Pure; mutable without allocation because every packet passes here.
 */
import { seqDiff } from './rtp-packet.ts';

export const STRANGER = 0;
export const ACCEPTED = 1;
/** Accepted, and the source is new: sequence state, timestamps and the target of sending start anew. */
export const LOCKED = 2;

const PACKETS_TO_BELIEVE = 3;

export type LockState = 'open' | 'learned' | 'confirmed';

export class SourceLock {
  state: LockState = 'open';
  ip = 0;
  port = 0;
  ssrc = 0;
  private signalledIp = -1;
  private candidateIp = -1;
  private candidatePort = 0;
  private candidateSsrc = 0;
  private candidateSeq = 0;
  private candidateCount = 0;

  /** A remote address was signalled: listen for it again. `ip` -1: none known. */
  reopen(ip: number): void {
    this.signalledIp = ip;
    this.state = 'open';
    this.candidateCount = 0;
    this.candidateIp = -1;
  }

  accept(ip: number, port: number, ssrc: number, seq: number, isExpectedPayload: boolean): number {
    if (this.state !== 'open') {
      if (ip === this.ip && port === this.port) {
        if (ssrc === this.ssrc) {
          this.candidateCount = 0;
          return ACCEPTED;
        }
        return this.believe(ip, port, ssrc, seq, isExpectedPayload)
          ? this.lock(ip, port, ssrc, this.state)
          : STRANGER;
      }
      if (this.state === 'learned' && ip === this.signalledIp && isExpectedPayload) {
        return this.lock(ip, port, ssrc, 'confirmed');
      }
      return STRANGER;
    }
    if (!isExpectedPayload) return STRANGER;
    if (ip === this.signalledIp) return this.lock(ip, port, ssrc, 'confirmed');
    return this.believe(ip, port, ssrc, seq, true) ? this.lock(ip, port, ssrc, 'learned') : STRANGER;
  }

  private believe(ip: number, port: number, ssrc: number, seq: number, isExpectedPayload: boolean): boolean {
    if (!isExpectedPayload) return false;
    const isNext =
      this.candidateCount > 0 &&
      ip === this.candidateIp &&
      port === this.candidatePort &&
      ssrc === this.candidateSsrc &&
      seqDiff(seq, this.candidateSeq) === 1;
    this.candidateIp = ip;
    this.candidatePort = port;
    this.candidateSsrc = ssrc;
    this.candidateSeq = seq;
    this.candidateCount = isNext ? this.candidateCount + 1 : 1;
    return this.candidateCount >= PACKETS_TO_BELIEVE;
  }

  private lock(ip: number, port: number, ssrc: number, state: LockState): number {
    this.ip = ip;
    this.port = port;
    this.ssrc = ssrc;
    this.state = state;
    this.candidateCount = 0;
    return LOCKED;
  }

  exportState(): { state: LockState; ip: number; port: number; ssrc: number; signalledIp: number } {
    return {
      state: this.state,
      ip: this.ip,
      port: this.port,
      ssrc: this.ssrc,
      signalledIp: this.signalledIp,
    };
  }

  importState(from: ReturnType<SourceLock['exportState']>): void {
    this.state = from.state;
    this.ip = from.ip;
    this.port = from.port;
    this.ssrc = from.ssrc;
    this.signalledIp = from.signalledIp;
  }
}
