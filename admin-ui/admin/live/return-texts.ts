/** Which contacts may be returned to their queue, and how the answer is told. Pure; the server judges in the end. */
import type { ReturnRefusal } from '../../../server/contract/contacts.ts';
import type { ContactLive } from '../../../server/contract/live.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { fill } from '../../shared/words.ts';
import type { ConsoleWords, TextKey } from '../reading.ts';

/** Who works on it, where it is a chat or a mail. */
export function agentWithText({ channel, state, agentId }: ContactLive): string | undefined {
  const isText = channel === 'chat' || channel === 'mail';
  return isText && (state === 'talking' || state === 'hold') ? agentId : undefined;
}

/** A name where there is one; whoever told nothing is what they came by. */
export function customerOf(w: ConsoleWords, { pii, channel }: ContactLive): string {
  const told = [pii?.fromName, pii?.from].find((text) => text !== undefined && text.trim() !== '');
  return told ?? (channel === 'mail' ? w.returnSomeMail : w.returnSomeChat);
}

export const returnedText = (
  w: ConsoleWords,
  names: { customer: string; agent: string; queue: string },
): string => fill(w.returnDone, names);

const refusedWord: Record<ReturnRefusal, TextKey> = {
  'not-text': 'returnNotText',
  'not-with-agent': 'returnNotWithAgent',
  'other-agent': 'returnOtherAgent',
  'queue-closed': 'returnQueueClosed',
  'queue-removed': 'returnQueueRemoved',
};

/** `otherwise`: what is said of refusals that have nothing to do with contacts. */
export function returnRefusedText(
  w: ConsoleWords,
  customer: string,
  refusal: Refusal,
  otherwise: string,
): string {
  const word = refusedWord[refusal.details['reason'] as ReturnRefusal] as TextKey | undefined;
  const why =
    refusal.code === 'conflict' && word !== undefined
      ? w[word]
      : refusal.code === 'not-found'
        ? w.returnOver
        : // Without an answer the request may have done its work.
          refusal.code === 'unreachable'
          ? `${otherwise} ${w.agentUnsure}`
          : otherwise;
  return fill(w.returnRefused, { customer, why });
}
