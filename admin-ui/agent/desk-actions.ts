/**
 * What an agent does to contacts and to their own state over HTTP. Changes nothing on the page by itself: what happened
 * comes by the socket, so that an answer that is older than a frame cannot undo it. Refusals are told.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import type {
  CloseRequest,
  DeskContact,
  DeskStateRequest,
  DeskTargets,
  TransferRequest,
} from '../../server/contract/desk.ts';
import type { Answer, Refusal } from '../shared/api-client.ts';
import type { Desk, Request } from './desk.ts';

/** What is under way, for buttons that must not be pressed twice: `state`, `offer <id>`, `contact <id>`. */
export type Busy = ReadonlySignal<ReadonlySet<string>>;

export interface DeskActions {
  busy: Busy;
  logIn: (phoneId: string | undefined) => Promise<boolean>;
  setState: (to: DeskStateRequest) => Promise<boolean>;
  accept: (offer: DeskContact) => Promise<boolean>;
  reject: (offer: DeskContact) => Promise<boolean>;
  transfer: (contactId: string, to: TransferRequest) => Promise<boolean>;
  close: (contactId: string, how: CloseRequest) => Promise<boolean>;
  /** Whom a contact may be passed on to, as it is now. */
  targets: () => Promise<Answer<DeskTargets>>;
  /** The agent writes to the customer: told at most once in 2 s. */
  typing: (contactId: string) => void;
  /** This offer or contact went by this agent's own hand: not worth a word. */
  isOwnDoing: (contactId: string) => boolean;
}

/** One time in so many ms: the contract's limit. */
const typingEveryMs = 2000;
const actionBoundMs = 10_000;
const ownDoingsKept = 50;

export function createDeskActions(
  desk: Desk,
  request: Request,
  tell: (refusal: Refusal) => void,
): DeskActions {
  const busy = signal<ReadonlySet<string>>(new Set());
  const own = new Set<string>();
  let typedAt = -typingEveryMs;
  const run = async (key: string, path: string, body: unknown): Promise<boolean> => {
    if (busy.peek().has(key)) return false;
    busy.value = new Set([...busy.peek(), key]);
    const answer = await request(path, { method: 'POST', body, timeoutMs: actionBoundMs });
    busy.value = new Set([...busy.peek()].filter((other) => other !== key));
    if (!answer.isOk) tell(answer);
    return answer.isOk;
  };
  const doTo = async (contactId: string, key: string, path: string, body: unknown) => {
    own.add(contactId);
    for (const oldest of own) {
      if (own.size <= ownDoingsKept) break;
      own.delete(oldest);
    }
    const isDone = await run(key, path, body);
    if (!isDone) own.delete(contactId);
    return isDone;
  };
  const contactPath = (contactId: string) => `/api/desk/contacts/${encodeURIComponent(contactId)}`;
  const offerPath = (offer: DeskContact) => `/api/desk/offers/${encodeURIComponent(offer.offerId ?? '')}`;
  return {
    busy,
    logIn: (phoneId) => run('state', '/api/desk/log-in', phoneId === undefined ? {} : { phoneId }),
    setState: (to) => run('state', '/api/desk/state', to),
    accept: async (offer) => {
      const isDone = await run(`offer ${offer.contactId}`, `${offerPath(offer)}/accept`, {});
      if (isDone) desk.openWhenMine(offer.contactId);
      return isDone;
    },
    reject: (offer) => doTo(offer.contactId, `offer ${offer.contactId}`, `${offerPath(offer)}/reject`, {}),
    transfer: (contactId, to) =>
      doTo(contactId, `contact ${contactId}`, `${contactPath(contactId)}/transfer`, to),
    close: (contactId, how) =>
      doTo(contactId, `contact ${contactId}`, `${contactPath(contactId)}/close`, how),
    targets: () => request<DeskTargets>('/api/desk/targets', { timeoutMs: actionBoundMs }),
    typing: (contactId) => {
      const now = performance.now();
      if (now - typedAt < typingEveryMs) return;
      typedAt = now;
      void request(`${contactPath(contactId)}/typing`, { method: 'POST', body: {} });
    },
    isOwnDoing: (contactId) => own.has(contactId),
  };
}
