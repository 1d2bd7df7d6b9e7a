/**
 * Sends what the agent wrote: of each contact one message at a time and in order, again under the same `clientId` until
 * there is an answer. A refusal stands until the agent decides; what waits behind it goes on.
 */
import { effect } from '@preact/signals';
import type { MessageView, SendMessage } from '../../server/contract/desk.ts';
import type { Answer, Refusal } from '../shared/api-client.ts';
import { backOffMs } from '../shared/back-off.ts';
import type { DeskInput, Pending } from './desk-state.ts';

export interface OutboxOptions {
  pending: () => readonly Pending[];
  dispatch: (input: DeskInput) => void;
  post: (contactId: string, body: SendMessage) => Promise<Answer<MessageView>>;
  random: () => number;
}

export interface Outbox {
  /** The server is there again, or the agent asks: do not wait for the next try. */
  hurry: () => void;
  stop: () => void;
}

/** Whether the server can have said no for good; else nobody knows whether it arrived. */
function isFinal(refusal: Refusal): boolean {
  const { status } = refusal;
  return status >= 400 && status < 500 && status !== 401 && status !== 408 && status !== 429;
}

/** The reason of a refusal as its details name it, else its code. */
export function whyOf(refusal: Refusal): string {
  const reason = refusal.details['reason'];
  return typeof reason === 'string' ? reason : refusal.code;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const inFlight = new Set<string>();
  const attempts = new Map<string, number>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let isStopped = false;

  const settle = (clientId: string) => {
    clearTimeout(timers.get(clientId));
    timers.delete(clientId);
    attempts.delete(clientId);
  };
  const send = async (own: Pending) => {
    const { clientId, text, isNote } = own;
    inFlight.add(clientId);
    const attachmentIds = own.attachments.map((attachment) => attachment.attachmentId);
    const answer = await options.post(own.contactId, { clientId, text, isNote, attachmentIds });
    inFlight.delete(clientId);
    if (isStopped) return;
    if (answer.isOk) {
      settle(clientId);
      options.dispatch({ type: 'sent', clientId, message: answer.body });
    } else if (isFinal(answer)) {
      settle(clientId);
      options.dispatch({ type: 'refused', clientId, why: whyOf(answer) });
    } else options.dispatch({ type: 'unanswered', clientId });
  };
  const wait = ({ clientId }: Pending) => {
    if (timers.has(clientId)) return;
    const attempt = attempts.get(clientId) ?? 0;
    attempts.set(clientId, attempt + 1);
    const again = () => {
      timers.delete(clientId);
      options.dispatch({ type: 'again', clientId });
    };
    timers.set(clientId, setTimeout(again, backOffMs(attempt, options.random())));
  };

  const stopWatching = effect(() => {
    const heads = new Map<string, Pending>();
    for (const own of options.pending())
      if (own.state !== 'refused' && !heads.has(own.contactId)) heads.set(own.contactId, own);
    for (const own of heads.values()) {
      if (inFlight.has(own.clientId)) continue;
      if (own.state === 'waiting') wait(own);
      else void send(own);
    }
  });

  return {
    hurry: () => {
      const waiting = [...timers.keys()];
      for (const clientId of waiting) {
        clearTimeout(timers.get(clientId));
        timers.delete(clientId);
        options.dispatch({ type: 'again', clientId });
      }
    },
    stop: () => {
      isStopped = true;
      stopWatching();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
