/**
 * Which server transaction a request that came in belongs to. Pure. RFC 3261 17.2.3.
 */
import type { SipMessage } from '../wire/message.ts';
import type { Essentials } from '../wire/validate.ts';
import { isRfc3261Branch } from '../wire/via.ts';

/**
 * `method` is that of the transaction looked for: INVITE for an ACK or a CANCEL. Peers older than RFC 3261 put
 * nothing unique into the branch; for them it is the fields that a retransmission repeats.
 */
export function transactionKey(msg: SipMessage, essentials: Essentials, method: string): string {
  const { via } = essentials;
  if (isRfc3261Branch(via.branch)) return `${via.branch}|${via.host}:${via.port ?? 5060}|${method}`;
  const { callId, cseq, fromTag } = essentials;
  const top = via.branch ?? '';
  return `old|${callId}|${fromTag ?? ''}|${cseq.number}|${msg.uri}|${top}|${via.host}:${via.port ?? 5060}|${method}`;
}
