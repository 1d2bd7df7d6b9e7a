/**
 * Whose the open contact is, in one line: the card, or that several have the address, and what may be said about it. Nothing is
 * chosen here by itself: where there are several, all are named alike.
 */
import type { CardAddress, ContactCustomer, CustomerCard } from '../../../server/contract/customers.ts';
import type { Channel } from '../../../server/contract/events.ts';
import { fill, plural } from '../../shared/words.ts';
import { usePlace } from '../place.ts';
import { formats, language, words, type AgentWords } from '../reading.ts';
import { Icon } from './icons.tsx';

const shownInLine = 3;
const countWord = {
  voice: 'customerVoice',
  callback: 'customerCallback',
  chat: 'customerChat',
  mail: 'customerMail',
} as const satisfies Record<Channel, string>;
const channels = Object.keys(countWord) as Channel[];

export const cardName = (w: AgentWords, card: CustomerCard): string => card.name ?? w.customerUnnamed;

export const addressText = (w: AgentWords, { kind, value }: CardAddress): string =>
  kind === 'chat' ? w.customerChatOnly : value;

/** The first ones, and how many more. */
export function addressLine(w: AgentWords, { addresses }: Pick<CustomerCard, 'addresses'>): string {
  const shown = addresses.slice(0, shownInLine).map((one) => addressText(w, one));
  const more = addresses.length - shown.length;
  return [...shown, ...(more > 0 ? [fill(w.customerMore, { count: more })] : [])].join(', ');
}

export function earlierLine(w: AgentWords, { earlier: { byChannel, lastAt } }: CustomerCard): string {
  const counts = channels.flatMap((channel) => {
    const count = byChannel[channel] ?? 0;
    return count > 0 ? [plural(language.value, w[countWord[channel]], count)] : [];
  });
  if (counts.length === 0) return w.customerFirst;
  const text = fill(w.customerEarlier, { counts: counts.join(', ') });
  return lastAt === undefined
    ? text
    : `${text}, ${fill(w.customerLast, { date: formats.value.date(lastAt) })}`;
}

export function Provisional() {
  const w = words.value;
  return (
    <span class="kind" title={w.customerProvisionalHelp}>
      {w.customerProvisional}
    </span>
  );
}

function Said({ view }: { view: ContactCustomer }) {
  const w = words.value;
  const { customer, state, others } = view;
  if (!customer)
    return (
      <p class="customer-said">
        <b>{state === 'several' ? w.customerSeveral : w.customerNone}</b>
        {state === 'several' && (
          <span class="quiet customer-given" data-given>
            {others.map((card) => cardName(w, card)).join(', ')}
          </span>
        )}
      </p>
    );
  return (
    <p class="customer-said">
      <b class="customer-given" data-given>
        {cardName(w, customer)}
      </b>
      {customer.isProvisional && <Provisional />}
      {view.isChosen && <span class="kind">{w.customerChosen}</span>}
      <span
        class="quiet customer-given"
        data-given
        title={customer.addresses.map((one) => addressText(w, one)).join('\n')}
      >
        {addressLine(w, customer)}
      </span>
      <span class="quiet">{earlierLine(w, customer)}</span>
    </p>
  );
}

export function CustomerStrip() {
  const { customers, dialog } = usePlace();
  const w = words.value;
  const view = customers.view.value;
  const fault = customers.fault.value;
  // It has left the desk, or is in wrap-up: no longer ours to ask about.
  if (fault?.code === 'not-found') return null;
  if (fault)
    return (
      <section class="customer" aria-label={w.customerOf}>
        <p class="customer-said quiet">{w.customerFault}</p>
        <button type="button" class="link-button" onClick={customers.fetch}>
          {w.retry}
        </button>
      </section>
    );
  if (!view) return <section class="customer is-awaited" aria-label={w.customerOf} aria-busy="true" />;
  return (
    <section
      class={`customer is-${view.state}`}
      aria-label={w.customerOf}
      data-customer={view.customer?.customerId ?? view.state}
    >
      <Icon name={view.state === 'several' ? 'warn' : 'person'} />
      <Said view={view} />
      <span class="customer-do">
        {view.customer?.isProvisional && (
          <button
            type="button"
            class="link-button"
            data-do="customer-name"
            onClick={() => {
              dialog.value = 'customer-name';
            }}
          >
            {w.customerNameDo}
          </button>
        )}
        <button
          type="button"
          class="link-button"
          data-do="customer-find"
          onClick={() => {
            dialog.value = 'customer-find';
          }}
        >
          {view.customer ? w.customerOtherDo : w.customerChooseDo}
        </button>
      </span>
    </section>
  );
}
