/**
 * One message: of a mail a card with its sender, of a chat a bubble; notes and what the system says look alike in both.
 * A mail's own HTML stands in a frame that may do nothing: no scripts, no forms, no origin (`sandbox=""`).
 */
import { useState } from 'preact/hooks';
import { type DeliveryFault, readDeliveryFault } from '../../../server/contract/delivery-faults.ts';
import type { DeskContact, MessageView } from '../../../server/contract/desk.ts';
import { fill } from '../../shared/words.ts';
import { nameIn, usePlace } from '../place.ts';
import { formats, words, type AgentWords, type TextKey } from '../reading.ts';
import { Attachments } from './attachments.tsx';
import { Icon } from './icons.tsx';

const kindWord: Partial<Record<MessageView['kind'], TextKey>> = {
  'auto-reply': 'kindAutoReply',
  bounce: 'kindBounce',
  complaint: 'kindComplaint',
  receipt: 'kindReceipt',
};

const faultWord: Record<DeliveryFault, TextKey> = {
  cameBack: 'faultCameBack',
  badAddress: 'faultBadAddress',
  noAddress: 'faultNoAddress',
  noMailbox: 'faultNoMailbox',
  noMachineAnswer: 'faultNoMachineAnswer',
  refusedFile: 'faultRefusedFile',
  tooLarge: 'faultTooLarge',
  notComposed: 'faultNotComposed',
  noAnswer: 'faultNoAnswer',
  ownFault: 'faultOwnFault',
};

export interface MessageProps {
  message: MessageView;
  contact: DeskContact;
}

function authorOf(w: AgentWords, { message, contact }: MessageProps, ownAgentId: string): string {
  if (message.author === 'system') return w.authorSystem;
  if (message.author === 'customer') return message.from?.name ?? message.from?.address ?? nameIn(w, contact);
  return message.agentId === undefined || message.agentId === ownAgentId
    ? w.authorYou
    : (message.agentName ?? fill(w.authorAgent, { agent: message.agentId }));
}

/** Ours in the reader's language; what a relay said, as it said it. */
function faultIn(w: AgentWords, fault: string): string {
  const known = readDeliveryFault(fault);
  if (!known) return fault;
  const said = w[faultWord[known.fault]];
  return known.detail === undefined ? said : `${said} (${known.detail})`;
}

function Delivery({ message }: { message: MessageView }) {
  const w = words.value;
  switch (message.delivery) {
    case 'none':
      return null;
    case 'queued':
      return (
        <span class="delivery with-icon" data-delivery="queued">
          <Icon name="clock" />
          {w.deliveryQueued}
        </span>
      );
    case 'sent':
    case 'delivered':
      return (
        <span class="delivery with-icon" data-delivery={message.delivery}>
          <Icon name="check" />
          {message.delivery === 'sent' ? w.deliverySent : w.deliveryDelivered}
        </span>
      );
    case 'failed':
      return (
        <span class="delivery is-bad with-icon" data-delivery="failed">
          <Icon name="warn" />
          <span data-given>
            {message.fault === undefined
              ? w.deliveryFailed
              : fill(w.deliveryFault, { fault: faultIn(w, message.fault) })}
          </span>
        </span>
      );
  }
}

/** A file may come without a word. */
export function MessageText({ text }: { text: string }) {
  return text === '' ? null : (
    <p class="message-text" data-given>
      {text}
    </p>
  );
}

function MailBody({ message }: { message: MessageView }) {
  const [isHtml, setHtml] = useState(false);
  const w = words.value;
  return (
    <>
      {isHtml ? (
        <div class="mail-html">
          <p class="quiet">{w.htmlNote}</p>
          <iframe
            sandbox=""
            referrerpolicy="no-referrer"
            title={w.htmlTitle}
            src={`/api/desk/messages/${encodeURIComponent(message.messageId)}/html`}
          />
        </div>
      ) : (
        <>
          <MessageText text={message.text} />
          {message.quoted !== undefined && (
            <details class="quoted">
              <summary>{w.showQuoted}</summary>
              <p class="message-text" data-given>
                {message.quoted}
              </p>
            </details>
          )}
        </>
      )}
      {message.hasHtml && (
        <button type="button" class="link-button" aria-pressed={isHtml} onClick={() => setHtml(!isHtml)}>
          {isHtml ? w.hideHtml : w.showHtml}
        </button>
      )}
    </>
  );
}

function Kind({ message }: { message: MessageView }) {
  const word = kindWord[message.kind];
  return (
    <>
      {word !== undefined && <span class="kind">{words.value[word]}</span>}
      {message.isIdReused === true && (
        <span class="kind" title={words.value.idReusedTitle}>
          {words.value.idReused}
        </span>
      )}
    </>
  );
}

export function NoteMessage({ message, contact }: MessageProps) {
  const { desk } = usePlace();
  const w = words.value;
  const own = desk.state.value.desk?.agentId ?? '';
  return (
    <article class="message is-note" data-message={message.messageId}>
      <header>
        <Icon name="note" />
        <b>{w.note}</b>
        <span class="message-from" data-given>
          {authorOf(w, { message, contact }, own)}
        </span>
        <time>{formats.value.shortTime(message.at)}</time>
      </header>
      <MessageText text={message.text} />
      <Attachments list={message.attachments} />
    </article>
  );
}

export function SystemMessage({ message }: { message: MessageView }) {
  return (
    <article class="message is-system" data-message={message.messageId}>
      <Kind message={message} />
      <p class="message-text" data-given>
        {message.text}
      </p>
      <time>{formats.value.shortTime(message.at)}</time>
    </article>
  );
}

export function MailMessage({ message, contact }: MessageProps) {
  const { desk } = usePlace();
  const w = words.value;
  const name = authorOf(w, { message, contact }, desk.state.value.desk?.agentId ?? '');
  const address = message.from?.address;
  return (
    <article class={`message is-mail by-${message.author}`} data-message={message.messageId}>
      <header>
        <span class="avatar" aria-hidden="true" data-given>
          {name.slice(0, 1).toUpperCase()}
        </span>
        <span class="message-from" data-given>
          <b>{name}</b>
          {address !== undefined && address !== name && <small>{address}</small>}
        </span>
        <Kind message={message} />
        <time>{formats.value.shortTime(message.at)}</time>
      </header>
      <MailBody message={message} />
      <Attachments list={message.attachments} />
      <Delivery message={message} />
    </article>
  );
}

export function ChatMessage({ message, contact }: MessageProps) {
  const { desk } = usePlace();
  const w = words.value;
  const own = desk.state.value.desk?.agentId;
  const isOther = message.author === 'agent' && message.agentId !== undefined && message.agentId !== own;
  return (
    <article class={`message is-chat by-${message.author}`} data-message={message.messageId}>
      {isOther && (
        <small class="message-from" data-given>
          {authorOf(w, { message, contact }, own ?? '')}
        </small>
      )}
      <div class="bubble">
        <MessageText text={message.text} />
        <Attachments list={message.attachments} />
      </div>
      <footer>
        <time>{formats.value.shortTime(message.at)}</time>
        <Kind message={message} />
        {message.delivery !== 'sent' && <Delivery message={message} />}
      </footer>
    </article>
  );
}
