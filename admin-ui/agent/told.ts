/** What happened, said once at the foot of the page; in the words of the language that is read when it is shown. */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { Refusal } from '../shared/api-client.ts';
import type { NoticeKind } from '../shared/parts/notice.tsx';
import { refusalTextIn } from '../shared/refusal-text.ts';
import { formats, words, type AgentWords, type TextKey } from './reading.ts';

export interface ToldEntry {
  toldId: number;
  kind: NoticeKind;
  say: (w: AgentWords) => string;
}

export interface Told {
  list: ReadonlySignal<readonly ToldEntry[]>;
  tell: (kind: NoticeKind, say: (w: AgentWords) => string) => void;
  close: (toldId: number) => void;
}

const mostShown = 3;
/** What went well need not be put away by hand; what did not, must. */
const shownForMs: Record<NoticeKind, number | undefined> = { good: 4000, note: 9000, bad: undefined };

export function createTold(): Told {
  const list = signal<readonly ToldEntry[]>([]);
  let count = 0;
  const close = (toldId: number) => {
    list.value = list.peek().filter((entry) => entry.toldId !== toldId);
  };
  return {
    list,
    close,
    tell: (kind, say) => {
      count += 1;
      const toldId = count;
      list.value = [...list.peek(), { toldId, kind, say }].slice(-mostShown);
      const forMs = shownForMs[kind];
      if (forMs !== undefined) setTimeout(() => close(toldId), forMs);
    },
  };
}

/** `details.reason` of a `conflict`. */
const reasonWords: Record<string, TextKey> = {
  'already-so': 'errorAlready',
  'phone-not-registered': 'errorPhoneGone',
  'unknown-phone': 'errorPhoneUnknown',
  'phone-busy': 'errorPhoneTaken',
  'phone-taken': 'errorPhoneTaken',
  'in-wrap-up': 'errorInWrapUp',
  'offer-gone': 'errorGone',
  'unknown-customer': 'errorCustomerGone',
  'other-address': 'errorOtherAddress',
  'already-known': 'errorAlreadyKnown',
  'too-many': 'errorTooManyCards',
};

export function deskRefusalText(refusal: Refusal): string {
  const w = words.value;
  const reason = refusal.details['reason'];
  const known = typeof reason === 'string' ? reasonWords[reason] : undefined;
  if (known !== undefined) return w[known];
  if (refusal.code === 'conflict') return w.errorConflict;
  if (refusal.code === 'not-found') return w.errorGone;
  return refusalTextIn(w, formats.value, refusal);
}
