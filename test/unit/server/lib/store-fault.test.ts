import { expect } from 'chai';
import { ConnectionError } from 'sequelize';
import { storeFault } from '../../../../server/lib/store-fault.ts';

const coded = (code: string, message = 'something') => Object.assign(new Error(message), { code });

describe('why a store does not take us', () => {
  it('is said in words, with what has to be changed told from what may come by itself', () => {
    const cases: [error: unknown, why: RegExp, isRefusal: boolean][] = [
      [coded('28P01', 'password authentication failed for user "x"'), /the user or the password/, true],
      [new Error('WRONGPASS invalid username-password pair'), /the user or the password/, true],
      [new Error('NOAUTH Authentication required.'), /wants a password/, true],
      [new Error("NOPERM this user has no permissions to run the 'xadd' command"), /may not do there/, true],
      [new Error("ERR The user executing the script can't run this command"), /may not do there/, true],
      [coded('SELF_SIGNED_CERT_IN_CHAIN'), /authority that is not trusted/, true],
      [coded('ERR_TLS_CERT_ALTNAME_INVALID'), /for another name/, true],
      [new Error('The server does not support SSL connections'), /TLS/, true],
      [new Error('DENIED Redis is running in protected mode'), /protected mode/, true],
      [new Error('ERR AUTH <password> called without any password configured'), /no password set/, true],
      [coded('3D000'), /no such database/, true],
      [coded('ECONNREFUSED'), /nobody listens/, false],
      [coded('ENOTFOUND'), /cannot be looked up/, false],
      [new Error('Connection terminated unexpectedly'), /does not answer/, false],
      ['no error at all', /does not answer/, false],
    ];
    for (const [error, why, isRefusal] of cases) {
      const fault = storeFault(error);
      expect(fault.why).to.match(why);
      expect(fault.isRefusal, fault.why).to.equal(isRefusal);
    }
  });

  it('is found below what a library wrapped around it, and repeats nothing of it', () => {
    const inner = coded('28P01', 'password authentication failed for user "hearthline" with pg-Geheim');
    const { why } = storeFault(new ConnectionError(inner));
    expect(why).to.equal('it refuses the user or the password');
    expect(storeFault(new Error('outer', { cause: inner })).why).to.equal(why);
  });
});
