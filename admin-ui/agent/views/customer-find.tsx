/**
 * Which customer it is: one of those who have the address, for this contact; or one who is searched for, to whom the address
 * belongs from then on. What the choice will do is said before it is made.
 */
import { useEffect, useState } from 'preact/hooks';
import type { CustomerCard, FoundCustomers } from '../../../server/contract/customers.ts';
import type { Answer } from '../../shared/api-client.ts';
import { Dialog } from '../../shared/parts/dialog.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { shortestFind } from '../desk-customers.ts';
import { usePlace } from '../place.ts';
import { words } from '../reading.ts';
import { deskRefusalText } from '../told.ts';
import { addressLine, addressText, cardName, Provisional } from './customer-strip.tsx';
import { Icon } from './icons.tsx';

/** Not at each letter. */
const restMs = 300;

function Choice(props: { card: CustomerCard; chosen: string | undefined; onChoose: (id: string) => void }) {
  const { card, chosen, onChoose } = props;
  const w = words.value;
  const isChosen = chosen === card.customerId;
  return (
    <label class={`choice ${isChosen ? 'is-chosen' : ''}`} data-card={card.customerId}>
      <input
        type="radio"
        name="customer"
        value={card.customerId}
        checked={isChosen}
        onChange={() => onChoose(card.customerId)}
      />
      <span class="choice-name" data-given>
        {cardName(w, card)}
        <small class="quiet">{addressLine(w, card)}</small>
      </span>
      {card.isProvisional && <Provisional />}
    </label>
  );
}

/** The newest answer to what stands in the field; nothing while it is too short. */
function useFound(text: string): Answer<FoundCustomers> | undefined {
  const { customers } = usePlace();
  const [answer, setAnswer] = useState<Answer<FoundCustomers>>();
  useEffect(() => {
    setAnswer(undefined);
    if (text.length < shortestFind) return undefined;
    let isAsked = true;
    const timer = setTimeout(() => {
      void customers.find(text).then((found) => {
        if (isAsked) setAnswer(found);
      });
    }, restMs);
    return () => {
      isAsked = false;
      clearTimeout(timer);
    };
  }, [text, customers]);
  return answer;
}

interface ListProps {
  title: string;
  cards: readonly CustomerCard[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

function List({ title, cards, chosen, onChoose }: ListProps) {
  if (cards.length === 0) return null;
  return (
    <fieldset>
      <legend>{title}</legend>
      {cards.map((card) => (
        <Choice key={card.customerId} card={card} chosen={chosen} onChoose={onChoose} />
      ))}
    </fieldset>
  );
}

export function CustomerFindDialog() {
  const { customers, closeDialog, told } = usePlace();
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<string>();
  const [isAsked, setAsked] = useState(false);
  const w = words.value;
  const text = search.trim();
  const answer = useFound(text);
  const view = customers.view.value;
  const holders = view?.others ?? [];
  const isKnown = ({ customerId }: CustomerCard) =>
    customerId === view?.customer?.customerId || holders.some((one) => one.customerId === customerId);
  const found = answer?.isOk ? answer.body.customers.filter((card) => !isKnown(card)) : [];
  const isHolder = holders.some(({ customerId }) => customerId === chosen);
  const close = () => closeDialog('customer-find');
  const run = async () => {
    setAsked(true);
    if (chosen === undefined) return;
    if (!(await (isHolder ? customers.choose(chosen) : customers.link(chosen)))) return;
    close();
    told.tell('good', (now) => now.customerPicked);
  };
  const addresses = view?.addresses.map((one) => addressText(w, one)).join(', ') ?? '';
  return (
    <Dialog
      title={w.customerFindTitle}
      confirm={w.customerConfirm}
      cancel={w.cancel}
      isWide
      isBusy={customers.isBusy.value}
      onConfirm={() => void run()}
      onClose={close}
    >
      <label class="search">
        <Icon name="search" />
        <span class="for-readers">{w.customerSearch}</span>
        <input
          id="customer-search"
          type="search"
          placeholder={w.customerSearch}
          autocomplete="off"
          maxLength={100}
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      </label>
      <div class="choices" tabIndex={-1}>
        <List title={w.customerHolders} cards={holders} chosen={chosen} onChoose={setChosen} />
        <List title={w.customerFound} cards={found} chosen={chosen} onChoose={setChosen} />
        {text.length < shortestFind && <p class="quiet">{w.customerSearchHint}</p>}
        {text.length >= shortestFind && !answer && <p class="quiet">{w.loading}</p>}
        {answer && !answer.isOk && <Notice kind="bad">{deskRefusalText(answer)}</Notice>}
        {answer?.isOk && found.length === 0 && <p class="quiet">{w.customerNobody}</p>}
        {answer?.isOk && answer.body.isCut && <p class="quiet">{w.customerCut}</p>}
      </div>
      {chosen !== undefined && (isHolder || addresses !== '') && (
        <p class="quiet customer-effect" data-given>
          {isHolder ? w.customerHolderHelp : fill(w.customerLinkHelp, { address: addresses })}
        </p>
      )}
      {isAsked && chosen === undefined && (
        <p class="dialog-fault" role="alert">
          {w.customerPick}
        </p>
      )}
    </Dialog>
  );
}
