/** The middle column: what is offered, on top, with the time that is left for it; below it what is mine. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { DeskContact, DeskView } from '../../../server/contract/desk.ts';
import { fill, plural } from '../../shared/words.ts';
import { listMine, matches, type ListedContact } from '../desk-list.ts';
import { channelWord, nameIn, ringsPhone, usePlace } from '../place.ts';
import { formats, language, words, type AgentWords } from '../reading.ts';
import { Since } from './clock.tsx';
import { Icon } from './icons.tsx';

/** Shrinks by the browser's own animation: nothing is rendered for it. */
function OfferBar({ offer }: { offer: DeskContact }) {
  const { desk } = usePlace();
  const bar = useRef<HTMLElement>(null);
  const until = offer.acceptUntil ?? offer.since;
  useLayoutEffect(() => {
    const leftMs = until - desk.socket.serverNow();
    const wholeMs = until - offer.since;
    if (leftMs <= 0 || wholeMs <= 0) return undefined;
    const share = Math.min(1, leftMs / wholeMs);
    const run = bar.current?.animate([{ transform: `scaleX(${share})` }, { transform: 'scaleX(0)' }], {
      duration: leftMs,
      fill: 'forwards',
    });
    return () => run?.cancel();
  }, [until, offer.since]);
  return (
    <span class="offer-bar" aria-hidden="true">
      <i ref={bar} />
    </span>
  );
}

function SecondsLeft({ until }: { until: number }) {
  const { desk } = usePlace();
  const left = Math.max(0, Math.ceil(until / 1000 - desk.socket.serverSec.value));
  return <span class="clock">{fill(words.value.acceptWithin, { seconds: left })}</span>;
}

function Offer({ offer }: { offer: DeskContact }) {
  const { actions } = usePlace();
  const w = words.value;
  const isBusy = actions.busy.value.has(`offer ${offer.contactId}`);
  const isCall = ringsPhone(offer);
  return (
    <article class={`offer is-${offer.channel}`} data-offer={offer.contactId}>
      <header>
        <Icon name={offer.channel} />
        <b>{w[channelWord[offer.channel]]}</b>
        <span class="offer-queue" data-given>
          {offer.queueName}
        </span>
        {offer.acceptUntil !== undefined && <SecondsLeft until={offer.acceptUntil} />}
      </header>
      <p class="offer-who" data-given>
        {nameIn(w, offer)}
      </p>
      {(offer.subject ?? offer.preview) !== undefined && (
        <p class="offer-preview" data-given>
          {offer.subject ?? previewOf(w, offer)}
        </p>
      )}
      {isCall ? (
        <p class="offer-phone with-icon">
          <Icon name="voice" />
          {w.phoneRings}
        </p>
      ) : (
        <div class="offer-actions">
          <button
            type="button"
            class="button is-main"
            data-do="accept"
            disabled={isBusy}
            onClick={() => void actions.accept(offer)}
          >
            {w.accept}
          </button>
          <button
            type="button"
            class="button"
            data-do="reject"
            disabled={isBusy}
            onClick={() => void actions.reject(offer)}
          >
            {w.reject}
          </button>
        </div>
      )}
      {offer.acceptUntil !== undefined && <OfferBar key={offer.offerId} offer={offer} />}
    </article>
  );
}

/** What of a contact is worth a word in the list besides its newest line. */
function Marks({ contact }: { contact: DeskContact }) {
  const w = words.value;
  if (contact.isTyping === true) return <em class="row-mark">{w.isTyping}</em>;
  if (contact.isHeld) return <em class="row-mark">{w.heldNow}</em>;
  if (contact.isCustomerHere === false) return <em class="row-mark is-gone">{w.customerGone}</em>;
  return null;
}

/** A call and a chat are counted in seconds; a mail came at a time, and one that runs would only make restless. */
function RowTime({ contact }: { contact: DeskContact }) {
  const { desk } = usePlace();
  if (contact.channel !== 'mail')
    return <Since at={ringsPhone(contact) ? contact.since : contact.arrivedAt} />;
  const { date, shortTime } = formats.value;
  const day = date(contact.arrivedAt);
  return <>{day === date(desk.socket.serverNow()) ? shortTime(contact.arrivedAt) : day}</>;
}

/** Of a file that came without a word, its kind. */
function previewOf(w: AgentWords, { channel, preview }: DeskContact): string {
  if (channel === 'voice') return preview ?? w.callTitle;
  return preview === '' ? w.attachment : (preview ?? '');
}

function Row({ contact, unread }: ListedContact) {
  const { desk } = usePlace();
  const w = words.value;
  const { contactId, channel } = contact;
  const isOpen = desk.openId.value === contactId;
  const hasDraft = (desk.drafts.value[contactId]?.reply ?? '') !== '';
  return (
    <li>
      <button
        type="button"
        id={`row-${contactId}`}
        class={`row is-${channel} ${unread > 0 ? 'is-unread' : ''}`}
        data-contact={contactId}
        {...(isOpen ? { 'aria-current': true } : {})}
        onClick={() => desk.open(contactId)}
      >
        <span class="row-icon">
          <Icon name={channel} />
          <span class="for-readers">{w[channelWord[channel]]}</span>
        </span>
        <span class="row-who" data-given>
          {nameIn(w, contact)}
        </span>
        <span class="row-time">
          <RowTime contact={contact} />
        </span>
        <span class="row-text" data-given>
          {channel === 'mail' && contact.subject !== undefined ? (
            <>
              <b>{contact.subject}</b> {contact.preview}
            </>
          ) : (
            previewOf(w, contact)
          )}
        </span>
        {unread > 0 ? (
          <span class="badge" aria-label={plural(language.value, w.unreadCount, unread)}>
            {formats.value.number(unread)}
          </span>
        ) : (
          hasDraft && (
            <span class="row-draft" aria-hidden="true">
              <Icon name="note" />
            </span>
          )
        )}
        <span class="row-foot">
          <span data-given>{contact.queueName}</span>
          <Marks contact={contact} />
        </span>
      </button>
    </li>
  );
}

export function ContactList({ desk: view }: { desk: DeskView }) {
  const { desk, search, said } = usePlace();
  const w = words.value;
  const mine = listMine(desk.state.value, desk.sticky.value);
  const shown = mine.filter(({ contact }) => matches(contact, search.value));
  return (
    <section class="list" aria-label={w.contacts}>
      <p class="for-readers" role="status" aria-live="assertive">
        {said.value}
      </p>
      <div class="list-head">
        <label class="search">
          <Icon name="search" />
          <span class="for-readers">{w.search}</span>
          <input
            id="search"
            type="search"
            placeholder={w.searchHint}
            autocomplete="off"
            spellcheck={false}
            value={search.value}
            onInput={(event) => {
              search.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && shown[0]) desk.open(shown[0].contact.contactId);
              else if (event.key !== 'Escape') return;
              event.preventDefault();
              if (event.key === 'Escape') search.value = '';
              event.currentTarget.blur();
            }}
          />
        </label>
      </div>
      <div class="list-body ages" tabIndex={-1}>
        {view.offers.length > 0 && (
          <section class="offers" aria-label={w.offers}>
            <h2>{w.offers}</h2>
            {view.offers.map((offer) => (
              <Offer key={offer.contactId} offer={offer} />
            ))}
          </section>
        )}
        <h2>
          {w.contacts} <span class="quiet">{mine.length > 0 && formats.value.number(mine.length)}</span>
        </h2>
        {shown.length === 0 && (
          <p class="list-empty quiet">{mine.length === 0 ? w.noContacts : w.noneFound}</p>
        )}
        <ul class="rows">
          {shown.map((listed) => (
            <Row key={listed.contact.contactId} {...listed} />
          ))}
        </ul>
      </div>
    </section>
  );
}
