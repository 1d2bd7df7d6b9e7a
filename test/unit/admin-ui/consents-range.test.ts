/** Days of consents on the site's clock: both days are in it, also where the clock is put forward or back. */
import { expect } from 'chai';
import { consentsPath } from '../../../admin-ui/admin/pages/consents-range.ts';

describe('the range of consents', () => {
  const instants = (path: string | undefined) => {
    const query = new URL(path!, 'http://x').searchParams;
    return ['from', 'to'].map((key) => {
      const at = query.get(key);
      return at === null ? undefined : new Date(Number(at)).toISOString();
    });
  };

  it('begins at midnight of the first day and ends with the last', () => {
    expect(instants(consentsPath('2026-03-29', '2026-03-29', 'Europe/Rome'))).to.deep.equal([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(instants(consentsPath('2026-12-31', '2027-01-01', 'Europe/Moscow'))).to.deep.equal([
      '2026-12-30T21:00:00.000Z',
      '2027-01-01T21:00:00.000Z',
    ]);
  });

  it('may be open at either end, and is refused where it ends before it begins', () => {
    expect(consentsPath('', '', 'UTC')).to.equal('/api/consents?format=csv');
    expect(instants(consentsPath('2026-01-01', '', 'UTC'))).to.deep.equal([
      '2026-01-01T00:00:00.000Z',
      undefined,
    ]);
    expect(instants(consentsPath('', '2026-01-01', 'UTC'))).to.deep.equal([
      undefined,
      '2026-01-02T00:00:00.000Z',
    ]);
    expect(consentsPath('2026-01-02', '2026-01-01', 'UTC')).to.equal(undefined);
  });
});
