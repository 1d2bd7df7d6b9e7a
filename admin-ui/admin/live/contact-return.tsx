/**
 * A chat or mail taken out of an agent's hands: a small button at the end of its row, which asks first. Says what the server
 * answered, and changes nothing on the screen by itself: the row follows the live line. What was asked about is kept as it
 * was shown then: who has it by the time of the answer may be another agent, and the server leaves it there.
 */
import { useSignal, type Signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ReturnAnswer, ReturnRequest } from '../../../server/contract/contacts.ts';
import type { ContactLive } from '../../../server/contract/live.ts';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { words } from '../reading.ts';
import { api, may, refusalText } from '../session.ts';
import { agentWithText, customerOf, returnedText, returnRefusedText } from './return-texts.ts';
import type { Told } from './told.tsx';

const boundMs = 8000;

/** As it was when the button was pressed. */
interface Asked {
  contactId: string;
  agentId: string;
  customer: string;
  agent: string;
  queue: string;
}

export interface ContactReturn {
  asked: Signal<Asked | undefined>;
  told: Signal<Told | undefined>;
}

/** Undefined for those who may not. `told`: where the answer is shown. */
export function useContactReturn(told: Signal<Told | undefined>): ContactReturn | undefined {
  const asked = useSignal<Asked | undefined>(undefined);
  return may('agents.switch') ? { asked, told } : undefined;
}

interface ButtonProps {
  contact: ContactLive;
  agentName: string;
  queueName: string;
  control: ContactReturn;
}

export function ReturnButton({ contact, agentName, queueName, control: { asked } }: ButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const mine = button.current;
    // What has been returned has no button any more: the focus stays in the table.
    return () => {
      if (mine && document.activeElement === mine)
        mine.closest<HTMLElement>('.table-box')?.focus({ preventScroll: true });
    };
  }, []);
  const agentId = agentWithText(contact);
  if (agentId === undefined) return null;
  const w = words.value;
  const customer = customerOf(w, contact);
  return (
    <button
      ref={button}
      type="button"
      class="agent-menu-opener return-opener"
      title={w.returnButton}
      aria-label={fill(w.returnButtonOf, { customer, agent: agentName })}
      aria-haspopup="dialog"
      onClick={() => {
        asked.value = { contactId: contact.contactId, agentId, customer, agent: agentName, queue: queueName };
      }}
    >
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path
          d="M7.500 4L3.500 8l4 4M4 8h8.500a4 4 0 0 1 0 8H9"
          fill="none"
          stroke="currentColor"
          stroke-width="1.8"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
    </button>
  );
}

interface AskProps {
  asked: Asked;
  onConfirm: () => void;
  onClose: () => void;
}

function AskReturn({ asked, onConfirm, onClose }: AskProps) {
  // Who presses Enter twice in a hurry takes nothing away from anybody.
  useLayoutEffect(() => document.querySelector<HTMLElement>('.dialog-actions button')?.focus(), []);
  const w = words.value;
  const { customer, agent, queue } = asked;
  return (
    <Dialog
      title={fill(w.returnTitle, { queue })}
      confirm={w.returnConfirm}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <dl class="return-who">
        <dt>{w.returnCustomer}</dt>
        <dd data-given>{customer}</dd>
        <dt>{w.colAgent}</dt>
        <dd data-given>{agent}</dd>
      </dl>
      <p class="agent-leave-text">{fill(w.returnText, { agent })}</p>
    </Dialog>
  );
}

export function ContactReturnParts({ control: { asked, told } }: { control: ContactReturn }) {
  const now = asked.value;
  const close = () => {
    asked.value = undefined;
  };
  const run = async ({ contactId, agentId, customer, agent, queue }: Asked) => {
    told.value = undefined;
    const body: ReturnRequest = { agentId };
    const answer = await api<ReturnAnswer>(`/api/contacts/${encodeURIComponent(contactId)}/return`, {
      method: 'POST',
      body,
      timeoutMs: boundMs,
    });
    const w = words.peek();
    told.value = answer.isOk
      ? { isGood: true, text: returnedText(w, { customer, agent, queue }) }
      : { isGood: false, text: returnRefusedText(w, customer, answer, refusalText(answer)) };
  };
  return now ? (
    <AskReturn
      asked={now}
      onClose={close}
      onConfirm={() => {
        close();
        void run(now);
      }}
    />
  ) : null;
}
