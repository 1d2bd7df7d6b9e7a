/** What the server's environment may say of TLS. */
import { expect } from 'chai';
import { BadEnvironment, readEnvironment } from '../../../../server/config/env.ts';

const least = {
  HEARTHLINE_SIP_SECRET: 'only-for-this-test',
  HEARTHLINE_MEDIA_CONTROL: '/run/media.sock',
  HEARTHLINE_PG_SOCKET: '/run/pg',
  HEARTHLINE_REDIS_SOCKET: '/run/redis.sock',
};

describe('the environment of the server', () => {
  it('means https where it names a certificate and its key', () => {
    expect(readEnvironment(least)).to.include({ isTls: false }).and.not.have.property('tls');
    expect(readEnvironment({ ...least, HEARTHLINE_IS_TLS: '1' }))
      .to.include({ isTls: true })
      .and.not.have.property('tls');
    const both = { ...least, HEARTHLINE_TLS_CERT_FILE: '/etc/a.crt', HEARTHLINE_TLS_KEY_FILE: '/etc/a.key' };
    expect(readEnvironment(both)).to.deep.include({
      isTls: true,
      tls: { certFile: '/etc/a.crt', keyFile: '/etc/a.key' },
    });
  });

  it('refuses one without the other', () => {
    for (const name of ['HEARTHLINE_TLS_CERT_FILE', 'HEARTHLINE_TLS_KEY_FILE'])
      expect(() => readEnvironment({ ...least, [name]: '/etc/one' })).to.throw(
        BadEnvironment,
        /either both are set, or neither/,
      );
  });
});
