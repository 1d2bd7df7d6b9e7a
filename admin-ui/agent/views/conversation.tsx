/** The open contact: who it is and what may be done with it, its messages, and the place to write. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { DeskContact, MessageView, ThreadView } from '../../../server/contract/desk.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill, isLanguage, languageNames } from '../../shared/words.ts';
import { nameIn, usePlace } from '../place.ts';
import { formats, language, words, type AgentWords } from '../reading.ts';
import { SinceText } from './clock.tsx';
import { Composer } from './composer.tsx';
import { CustomerStrip } from './customer-strip.tsx';
import { Icon } from './icons.tsx';
import { ChatMessage, MailMessage, NoteMessage, SystemMessage } from './message.tsx';
import { PendingMessage } from './pending-message.tsx';

/** As near to the end as this, the thread follows what comes. */
const followWithinPx = 80;

export function ContactActions({ canClose = true }: { canClose?: boolean }) {
  const { dialog } = usePlace();
  const w = words.value;
  return (
    <div class="contact-actions">
      <button
        type="button"
        class="button"
        data-do="transfer"
        onClick={() => {
          dialog.value = 'transfer';
        }}
      >
        <Icon name="transfer" />
        {w.transfer}
      </button>
      {canClose && (
        <button
          type="button"
          class="button"
          data-do="close"
          onClick={() => {
            dialog.value = 'close';
          }}
        >
          <Icon name="check" />
          {w.close}
        </button>
      )}
    </div>
  );
}

function Presence({ contact }: { contact: DeskContact }) {
  const w = words.value;
  if (contact.isCustomerHere === undefined) return null;
  return (
    <span class={`presence ${contact.isCustomerHere ? 'is-here' : 'is-gone'}`}>
      {contact.isCustomerHere ? w.customerIsHere : w.customerIsGone}
    </span>
  );
}

function Head({ contact }: { contact: DeskContact }) {
  const w = words.value;
  const name = nameIn(w, contact);
  const { address } = contact.customer;
  const isMail = contact.channel === 'mail';
  return (
    <header class="thread-head">
      <div class="thread-title">
        <h1 data-given title={isMail ? contact.subject : name}>
          {isMail ? (contact.subject ?? w.subjectNone) : name}
        </h1>
        <p class="thread-facts quiet">
          {isMail && <span data-given>{name}</span>}
          {address !== undefined && address !== name && <span data-given>{address}</span>}
          <Presence contact={contact} />
          <span data-given>{fill(w.viaQueue, { queue: contact.queueName })}</span>
          {isLanguage(contact.language) && contact.language !== language.value && (
            <span>{languageNames[contact.language]}</span>
          )}
          <SinceText at={contact.since} text={w.inHandFor} />
        </p>
      </div>
      <ContactActions />
    </header>
  );
}

/** Days have a line of their own between them. */
function dayOf(w: AgentWords, at: number, nowMs: number): string {
  const { date, longDate } = formats.value;
  const day = date(at);
  if (day === date(nowMs)) return w.today;
  if (day === date(nowMs - 86_400_000)) return w.yesterday;
  return day.slice(-4) === date(nowMs).slice(-4) ? longDate(at) : day;
}

function OneMessage({ message, contact }: { message: MessageView; contact: DeskContact }) {
  if (message.isNote) return <NoteMessage message={message} contact={contact} />;
  if (message.author === 'system') return <SystemMessage message={message} />;
  return contact.channel === 'mail' ? (
    <MailMessage message={message} contact={contact} />
  ) : (
    <ChatMessage message={message} contact={contact} />
  );
}

function Messages({ contact, thread }: { contact: DeskContact; thread: ThreadView }) {
  const { desk } = usePlace();
  const w = words.value;
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const pending = desk.state.value.pending.filter((own) => own.contactId === contact.contactId);
  const isMail = contact.channel === 'mail';
  const last = thread.messages.at(-1)?.messageId;
  // What one has just written is always brought into sight; what comes in only where one was reading the end.
  const lastOwn = pending.at(-1)?.clientId;
  useLayoutEffect(() => {
    isAtEnd.current = true;
  }, [lastOwn, contact.contactId]);
  useLayoutEffect(() => {
    const element = box.current;
    if (element && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [last, lastOwn, contact.contactId, contact.isTyping]);
  const nowMs = desk.socket.serverNow();
  let day = '';
  return (
    <div
      class={`messages ${isMail ? 'of-mail' : 'of-chat'}`}
      ref={box}
      tabIndex={0}
      role="log"
      aria-label={nameIn(w, contact)}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < followWithinPx;
      }}
    >
      {thread.isCut && <p class="day quiet">{w.threadCut}</p>}
      {thread.messages.map((message) => {
        const before = day;
        day = dayOf(w, message.at, nowMs);
        return [
          before !== day && (
            <p class="day quiet" key={`day ${message.messageId}`}>
              <span>{day}</span>
            </p>
          ),
          <OneMessage key={message.messageId} message={message} contact={contact} />,
        ];
      })}
      {pending.map((own) => (
        <PendingMessage key={own.clientId} own={own} isMail={isMail} />
      ))}
      {contact.isTyping === true && (
        <p class="typing quiet" data-given>
          <i aria-hidden="true" />
          {fill(w.customerTyping, { name: nameIn(w, contact) })}
        </p>
      )}
    </div>
  );
}

export function Conversation({ contact }: { contact: DeskContact }) {
  const { desk } = usePlace();
  const w = words.value;
  const thread = desk.state.value.threads[contact.contactId]?.view;
  const fault = desk.threadFault.value;
  return (
    <section class="thread" data-thread={contact.contactId}>
      <Head contact={contact} />
      <CustomerStrip />
      {fault && (
        <Notice kind="bad">
          {w.threadFault}{' '}
          <button type="button" class="link-button" onClick={() => desk.fetchThread(contact.contactId)}>
            {w.retry}
          </button>
        </Notice>
      )}
      {thread ? (
        <>
          <Messages contact={contact} thread={thread} />
          <Composer contact={contact} thread={thread} />
        </>
      ) : (
        !fault && <p class="messages quiet">{w.threadLoading}</p>
      )}
    </section>
  );
}
