import { expect } from 'chai';
import { readSettings, SettingsError } from '../../../installer/settings.ts';

function faults(env: Record<string, string>): string[] {
  try {
    readSettings(env, '/srv/hearthline');
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

describe('the settings of a start', () => {
  it('have defaults for everything', () => {
    expect(readSettings({}, '/srv/hearthline')).to.deep.equal({
      dataDir: '/srv/hearthline/var',
      httpPort: 8080,
      publicPort: 8081,
      sipPort: 5060,
      rtpFirst: 20_000,
      rtpLast: 23_999,
      bind: '0.0.0.0',
    });
  });

  it('take what is set, and an empty variable as unset', () => {
    const env = { HEARTHLINE_DATA: '/data', HEARTHLINE_HTTP_PORT: ' 80 ', HEARTHLINE_SIP_PORT: '' };
    expect(readSettings(env, '/x')).to.include({ dataDir: '/data', httpPort: 80, sipPort: 5060 });
  });

  it('name the variable and the value of each fault', () => {
    for (const port of ['0', '65536', '-1', '80.5', 'http', '0x50', '99999999'])
      expect(faults({ HEARTHLINE_HTTP_PORT: port }), port).to.deep.equal([
        `HEARTHLINE_HTTP_PORT must be a port from 1 to 65535, not "${port}"`,
      ]);
    for (const range of ['20000', '20000-', '3000-2000', '80-200', '60000-70000', '20000-20003', 'a-b'])
      expect(faults({ HEARTHLINE_RTP_PORTS: range })[0], range).to.match(
        /^HEARTHLINE_RTP_PORTS must be a range/,
      );
    for (const bind of ['localhost', '::1', '300.1.1.1'])
      expect(faults({ HEARTHLINE_BIND: bind })[0], bind).to.match(/^HEARTHLINE_BIND must be an IPv4/);
    expect(faults({ HEARTHLINE_DATA: 'a\nb' })).to.have.length(1);
  });

  it('refuse ports that get in each other’s way', () => {
    expect(faults({ HEARTHLINE_HTTP_PORT: '5060' })[0]).to.contain('are both 5060');
    expect(faults({ HEARTHLINE_SIP_PORT: '20500' })[0]).to.contain('lies inside HEARTHLINE_RTP_PORTS');
  });

  it('serve the pages over TLS with a certificate and its key, both or neither', () => {
    const env = { HEARTHLINE_TLS_CERT_FILE: 'tls/server.crt', HEARTHLINE_TLS_KEY_FILE: '/etc/server.key' };
    expect(readSettings(env, '/srv/hearthline').tls).to.deep.equal({
      certFile: '/srv/hearthline/tls/server.crt',
      keyFile: '/etc/server.key',
    });
    expect(faults({ HEARTHLINE_TLS_KEY_FILE: '/etc/server.key' })).to.deep.equal([
      'HEARTHLINE_TLS_CERT_FILE and HEARTHLINE_TLS_KEY_FILE: set both, or neither',
    ]);
  });
});
