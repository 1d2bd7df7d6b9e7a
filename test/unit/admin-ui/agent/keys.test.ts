/** Shortcuts by letter on Latin layouts, by place on Cyrillic ones; never with the browser's own keys. */
import { expect } from 'chai';
import { shortcutOf, type PressedKey } from '../../../../admin-ui/agent/keys.ts';

const press = (key: string, code: string, more: Partial<PressedKey> = {}) =>
  shortcutOf({ key, code, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...more });

describe('shortcuts', () => {
  it('go by the letter that is printed on the key', () => {
    expect(press('j', 'KeyJ')).to.equal('next');
    // A French keyboard has the A where an English one has the Q.
    expect(press('a', 'KeyQ')).to.equal('accept');
    expect(press('q', 'KeyA')).to.equal(undefined);
  });

  it('go by the place of the key on a Russian layout', () => {
    expect(press('о', 'KeyJ')).to.equal('next');
    expect(press('л', 'KeyK')).to.equal('previous');
    expect(press('е', 'KeyT')).to.equal('transfer');
    expect(press('у', 'KeyE')).to.equal('close');
    expect(press('.', 'Slash')).to.equal('search');
    expect(press(',', 'Slash', { shiftKey: true })).to.equal('help');
  });

  it('find slash and question mark on an Italian layout', () => {
    expect(press('/', 'Digit7', { shiftKey: true })).to.equal('search');
    expect(press('?', 'Minus', { shiftKey: true })).to.equal('help');
    expect(press('-', 'Slash')).to.equal(undefined);
  });

  it('leave the browser what is its own', () => {
    expect(press('r', 'KeyR', { ctrlKey: true })).to.equal(undefined);
    expect(press('t', 'KeyT', { metaKey: true })).to.equal(undefined);
    expect(press('e', 'KeyE', { altKey: true })).to.equal(undefined);
    expect(press('J', 'KeyJ', { shiftKey: true })).to.equal(undefined);
    expect(press('Enter', 'Enter')).to.equal(undefined);
  });
});
