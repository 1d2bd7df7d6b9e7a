/** Scopes as the picker of the board editor reads and writes them. */
import { expect } from 'chai';
import { readScopes, writeScopes } from '../../../../admin-ui/admin/boards/scope-text.ts';

describe('scopes of a widget', () => {
  for (const [scopes, choice] of [
    [['site'], { kind: 'site', ids: [] }],
    [['queue:cards', 'queue:loans'], { kind: 'queue', ids: ['cards', 'loans'] }],
    [['queue:cards/chat'], { kind: 'queue', ids: ['cards'], channel: 'chat' }],
    [['number:+442071838750'], { kind: 'number', ids: ['+442071838750'] }],
    [['branch:+442071838750/closed'], { kind: 'branch', ids: ['+442071838750/closed'] }],
    [['team:day', 'team:night'], { kind: 'team', ids: ['day', 'night'] }],
  ] as const)
    it(`${scopes.join(', ')} is read and written as it was`, () => {
      const read = readScopes(scopes);
      expect(read).to.deep.equal(choice);
      expect(writeScopes(read)).to.deep.equal(scopes);
    });

  it('of other kinds than the first are left out', () => {
    expect(readScopes(['queue:cards', 'team:day']).ids).to.deep.equal(['cards']);
  });
});
