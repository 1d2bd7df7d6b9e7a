/** What lists and the story of a contact share: the way to the reasons, and what became of an offer. */
import type { OfferResult } from '../../../server/contract/rest-decisions.ts';
import { words } from '../reading.ts';
import { resultText } from './decisions-text.ts';

export const storyAddress = (contactId: string, offerId?: string): string => {
  const query = new URLSearchParams({ contact: contactId, ...(offerId !== undefined && { offer: offerId }) });
  return `#/decisions?${query.toString()}`;
};

/** A small way to the reasons, for lists of contacts and recordings. */
export function WhyLink({ contactId }: { contactId: string }) {
  const w = words.value;
  return (
    <a
      class="why-link"
      href={storyAddress(contactId)}
      title={w.decisionsWhyLong}
      aria-label={w.decisionsWhyLong}
    >
      ?
    </a>
  );
}

const badgeShapes: Record<'good' | 'bad' | 'open', string> = {
  good: 'M4 10.5l4 4L16.500 5.500',
  bad: 'M5 5l10 10M15 5L5 15',
  open: 'M10 4v6.500l4 2',
};

export function ResultBadge({ result }: { result: OfferResult }) {
  const kind = result === 'answered' ? 'good' : result === 'open' ? 'open' : 'bad';
  return (
    <span class={`badge badge-${kind}`} data-result={result}>
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path
          d={badgeShapes[kind]}
          fill="none"
          stroke="currentColor"
          stroke-width="2.4"
          stroke-linecap="round"
        />
      </svg>
      {resultText(result)}
    </span>
  );
}
