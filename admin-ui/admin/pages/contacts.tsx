/** Contacts that were: newest first, a page at a time. */
import type { ContactRow } from '../../../server/contract/rest.ts';
import { useNames, type NameOf } from '../names.ts';
import { usePaged } from '../parts/paged.ts';
import { PageHead } from '../parts/shell.tsx';
import { ListState, Pager, Table } from '../parts/table.tsx';
import { formats, words, type TextKey } from '../reading.ts';
import { WhyLink } from './decisions-parts.tsx';

export const outcomeWord: Record<string, TextKey> = {
  answered: 'outcomeAnswered',
  abandoned: 'outcomeAbandoned',
  'left-before-queue': 'outcomeLeft',
  'flowed-out': 'outcomeFlowedOut',
  refused: 'outcomeRefused',
  failed: 'outcomeFailed',
};

export function callerOf(pii: { from: string; fromName?: string | undefined } | undefined): string {
  if (!pii) return '–';
  return pii.fromName === undefined ? pii.from : `${pii.fromName} · ${pii.from}`;
}

function Row({ contact, nameOf }: { contact: ContactRow; nameOf: NameOf }) {
  const w = words.value;
  const { dateTime, duration } = formats.value;
  const time = (ms: number | undefined) => (ms === undefined ? w.none : duration(ms));
  // Nobody talked: that is no talk of 0:00.
  const hasTalked = contact.answeredAt !== undefined;
  const key = contact.outcome === undefined ? 'outcomeRunning' : outcomeWord[contact.outcome];
  return (
    <tr>
      <td>{dateTime(contact.arrivedAt)}</td>
      <td data-given title={callerOf(contact.pii)}>
        {callerOf(contact.pii)}
      </td>
      <td data-given>{contact.numberId ?? w.none}</td>
      <td data-given title={contact.queueId ?? ''}>
        {nameOf.queue(contact.queueId) ?? w.none}
      </td>
      <td data-given title={contact.agentId ?? ''}>
        <span class="with-why">
          <span class="cut">{nameOf.agent(contact.agentId) ?? w.none}</span>
          {contact.queuedAt !== undefined && <WhyLink contactId={contact.contactId} />}
        </span>
      </td>
      <td>{key === undefined ? contact.outcome : w[key]}</td>
      <td class="is-number">{time(contact.waitMs)}</td>
      <td class="is-number">{time(hasTalked ? contact.talkMs : undefined)}</td>
      <td class="is-number">{time(hasTalked ? contact.holdMs : undefined)}</td>
    </tr>
  );
}

export function ContactsPage() {
  const list = usePaged<ContactRow>('/api/contacts');
  const nameOf = useNames();
  const w = words.value;
  return (
    <>
      <PageHead title={w.pageContacts}>
        <Pager list={list} />
      </PageHead>
      <ListState list={list} />
      {list.items && (
        <Table
          name={w.pageContacts}
          columns={[
            { id: 'at', title: w.colArrived },
            { id: 'caller', title: w.colCaller },
            { id: 'number', title: w.colNumber },
            { id: 'queue', title: w.colQueue },
            { id: 'agent', title: w.colAgent },
            { id: 'outcome', title: w.colOutcome },
            { id: 'time', title: w.colWait, isNumber: true },
            { id: 'time', title: w.colTalk, isNumber: true },
            { id: 'time', title: w.colHold, isNumber: true },
          ]}
          empty={w.nothingHere}
          isEmpty={list.items.length === 0}
        >
          {list.items.map((contact) => (
            <Row key={contact.contactId} contact={contact} nameOf={nameOf} />
          ))}
        </Table>
      )}
    </>
  );
}
