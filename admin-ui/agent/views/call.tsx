/** A call as this page sees it: it is spoken on the desk phone; here one sees who it is, passes it on and ends wrap-up. */
import type { DeskContact, DeskView } from '../../../server/contract/desk.ts';
import { fill } from '../../shared/words.ts';
import { nameIn, usePlace } from '../place.ts';
import { words } from '../reading.ts';
import { Left, Since } from './clock.tsx';
import { CustomerStrip } from './customer-strip.tsx';
import { ContactActions } from './conversation.tsx';
import { Icon } from './icons.tsx';

export function Call({ contact, view }: { contact: DeskContact; view: DeskView }) {
  const { actions } = usePlace();
  const w = words.value;
  const name = nameIn(w, contact);
  const { address } = contact.customer;
  const isWrapUp = view.state === 'wrap-up';
  return (
    <section class="thread call" data-call={contact.contactId}>
      <div class={`call-card ${isWrapUp ? 'is-wrap-up' : contact.isHeld ? 'is-held' : 'is-talking'}`}>
        <span class="call-icon" aria-hidden="true">
          <Icon name="voice" />
        </span>
        <h1 data-given>{name}</h1>
        {address !== undefined && address !== name && (
          <p class="call-address" data-given>
            {address}
          </p>
        )}
        <CustomerStrip />
        <p class="quiet" data-given>
          {fill(w.viaQueue, { queue: contact.queueName })}
        </p>
        <p class="call-state">
          {isWrapUp ? w.callWrapUp : contact.isHeld ? w.callHeld : w.callTalking}{' '}
          <b>
            <Since at={isWrapUp ? view.since : contact.since} />
          </b>
          {isWrapUp && view.until !== undefined && (
            <small class="quiet">
              <Left at={view.until} text={w.untilTime} />
            </small>
          )}
        </p>
        <p class="call-help">
          <b>{isWrapUp ? '' : w.callTitle}</b>
          <span class="quiet">{isWrapUp ? w.callWrapUpHelp : w.callHelp}</span>
        </p>
        {isWrapUp ? (
          <button
            type="button"
            class="button is-main"
            data-do="end-wrap-up"
            disabled={actions.busy.value.has('state')}
            onClick={() => void actions.setState({ to: 'end-wrap-up' })}
          >
            {w.endWrapUp}
          </button>
        ) : (
          <ContactActions canClose={false} />
        )}
      </div>
    </section>
  );
}
