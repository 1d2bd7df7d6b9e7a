import { expect } from 'chai';
import fc from 'fast-check';
import { escapeUser, userOf } from '../../../../sip/call/uri.ts';

describe('user parts of URIs', () => {
  it('escapes what a customer sent, beyond the basic plane too', () => {
    expect(escapeUser('+39 02;x')).to.equal('+39%2002;x');
    expect(escapeUser(userOf('sip:%F0%9F%98%80@host')!)).to.equal('%F0%9F%98%80');
    expect(escapeUser('a\r\nVia: x>')).to.equal('a%0D%0AVia%3A%20x%3E');
  });

  it('drops half a character that a cut left over', () => {
    expect(escapeUser('7😀'.slice(0, 2))).to.equal('7');
  });

  it('never throws, and writes nothing that ends a URI', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, cut) => {
        expect(escapeUser(text.slice(0, cut))).to.match(/^[\w\-.!~*'()&=+$,;?/%]*$/);
      }),
    );
  });
});
