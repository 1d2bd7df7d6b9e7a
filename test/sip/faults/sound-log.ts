/** What must be true of the log and the history after any fault, asked of the database. */
import { expect } from 'chai';
import type { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';

/** Nothing is lost: the history has every event, without a gap, and each contact ended exactly once. */
export async function expectSoundLog(house: House, contacts: number, boundMs = 20_000): Promise<void> {
  const ended = "select count(*)::int as n from events where type = 'contact.ended'";
  await until(
    `history has the end of ${contacts} contacts`,
    async () => (await house.rows<{ n: number }>(ended))[0]!.n >= contacts,
    boundMs,
  );
  const [seqs] = await house.rows(
    'select count(*)::int as n, min(seq)::int as first, max(seq)::int as last from events',
  );
  expect(seqs, 'seq has no gap').to.deep.equal({
    n: (seqs as { last: number }).last,
    first: 1,
    last: (seqs as { last: number }).last,
  });
  const counts = await house.rows(
    `select count(*)::int as arrived,
            (select count(distinct contact_id)::int from events where type = 'contact.ended') as ended,
            (select count(*)::int from events where type = 'contact.ended') as ends
       from events where type = 'contact.arrived'`,
  );
  expect(counts, 'each contact ended once').to.deep.equal([
    { arrived: contacts, ended: contacts, ends: contacts },
  ]);
  await expectIdentity(house);
}

/** offered = answered + abandoned + flowed out + waiting, by the live figures and counted anew from the log. */
export async function expectIdentity(house: House): Promise<void> {
  expect((await house.metrics()).get('hearthline_accounting_difference'), 'identity').to.equal(0);
  const [sum] = await house.rows<Record<'queued' | 'left' | 'waiting', number>>(
    `select count(*) filter (where type = 'contact.queued')::int as queued,
            count(*) filter (where type in ('contact.answered', 'contact.abandoned', 'contact.flowed-out'))::int as left,
            (select count(*)::int from contacts
              where queued_at is not null and answered_at is null and ended_at is null) as waiting
       from events`,
  );
  expect(sum!.queued, 'queued = left + waiting').to.equal(sum!.left + sum!.waiting);
}

/** Contacts in the order of an event of theirs; of an event that repeats, the first counts. */
export async function orderOf(house: House, type: string): Promise<string[]> {
  const rows = await house.rows<{ id: string }>(
    'select contact_id as id from events where type = $1 group by contact_id order by min(seq)',
    [type],
  );
  return rows.map(({ id }) => id);
}
