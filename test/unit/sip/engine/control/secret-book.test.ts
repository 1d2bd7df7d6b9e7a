/** The control secret and its exchange: nobody is shut out by it, and nobody stays in. */
import { expect } from 'chai';
import { SecretBook } from '../../../../../sip/engine/control/secret-book.ts';

const [first, second, third] = ['first-secret-0123456', 'second-secret-012345', 'third-secret-0123456'];

describe('the control secret', () => {
  it('is the only one that is good', () => {
    const book = new SecretBook(first);
    expect(book.accepts(first)).to.equal(true);
    for (const wrong of ['', 'first', `${first} `, second])
      expect(book.accepts(wrong), wrong).to.equal(false);
  });

  it('stays good beside its successor until that one was used', () => {
    const book = new SecretBook(first);
    expect(book.rotate(first, second)).to.equal('rotated');
    expect([book.accepts(first), book.accepts(first)]).to.deep.equal([true, true]);
    expect(book.accepts(second)).to.equal(true);
    expect(book.accepts(first)).to.equal(false);
    expect(book.accepts(second)).to.equal(true);
  });

  it('may be exchanged again before anybody used the new one', () => {
    const book = new SecretBook(first);
    book.rotate(first, second);
    expect(book.rotate(second, third)).to.equal('rotated');
    expect(book.accepts(second)).to.equal(false);
    expect(book.accepts(first)).to.equal(true);
    expect(book.accepts(third)).to.equal(true);
    expect(book.accepts(first)).to.equal(false);
  });

  it('is exchanged by who knows it, and for one that can be sent', () => {
    const book = new SecretBook(first);
    expect(book.rotate(second, third)).to.equal('wrong-secret');
    for (const bad of ['', 'short', `with|bar${third}`, `blank ${third}`, 'x'.repeat(300)])
      expect(book.rotate(first, bad), bad).to.equal('bad-secret');
    expect(book.accepts(third)).to.equal(false);
    expect(book.accepts(first)).to.equal(true);
  });

  it('may have signs beyond ASCII, as UTF-8 on the wire', () => {
    const book = new SecretBook('тайна');
    expect(book.accepts(Buffer.from('тайна', 'utf8').toString('latin1'))).to.equal(true);
  });
});
