/** The certificate of the pages: what is refused, what is spoken, and that a renewed one is taken up while connections stand. */
import { chmodSync, copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:tls';
import type { SecureVersion, TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { expect } from 'chai';
import { createWebServer, TlsListeners } from '../../../../server/lib/tls-listeners.ts';
import { readTlsPair, TlsFault } from '../../../../server/lib/tls-pair.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { makeTestCertificate, type TestCertificate } from '../../../support/test-certificate.ts';

describe('TLS of the pages', () => {
  let dir = '';
  let [first, second]: TestCertificate[] = [];
  before(() => {
    dir = makeTempDir();
    const made = ['first', 'second'].map((name) => {
      mkdirSync(join(dir, name));
      return makeTestCertificate(join(dir, name));
    });
    [first, second] = made;
  });
  after(() => removeTempDir(dir));

  const faultOf = (certFile: string, keyFile: string): string => {
    try {
      readTlsPair({ certFile, keyFile });
      return 'none';
    } catch (error) {
      if (error instanceof TlsFault) return error.message;
      throw error;
    }
  };

  it('reads a pair and says what it is', () => {
    const { facts } = readTlsPair({ certFile: first!.certificateFile, keyFile: first!.keyFile });
    expect(facts.names).to.deep.equal(['localhost', '127.0.0.1']);
    expect(facts.subject).to.equal('CN=localhost');
    expect(facts.untilMs - facts.fromMs).to.equal(2 * 24 * 3_600_000);
  });

  it('names what is wrong with a pair, and what to do', () => {
    const { certificateFile, keyFile, key } = first!;
    expect(faultOf(certificateFile, second!.keyFile)).to.match(
      /second\/test\.key does not fit the certificate in .*first\/test\.crt/,
    );
    expect(faultOf(join(dir, 'none.crt'), keyFile)).to.match(/^there is no file .*none\.crt$/);
    expect(faultOf(keyFile, keyFile)).to.match(/holds no certificate/);
    expect(faultOf(certificateFile, certificateFile)).to.match(/test\.crt/);
    const open = join(dir, 'open.key');
    writeFileSync(open, key);
    chmodSync(open, 0o644);
    expect(faultOf(certificateFile, open)).to.match(/open to every user of the machine: chmod 600/);
    const locked = join(dir, 'locked.key');
    writeFileSync(locked, '-----BEGIN ENCRYPTED PRIVATE KEY-----\n', { mode: 0o600 });
    expect(faultOf(certificateFile, locked)).to.match(/locked with a password/);
    const cut = join(dir, 'cut.crt');
    writeFileSync(cut, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect(faultOf(cut, keyFile)).to.match(/holds a certificate that cannot be read/);
    const large = join(dir, 'large.crt');
    writeFileSync(large, Buffer.alloc(300 * 1024));
    expect(faultOf(large, keyFile)).to.match(/larger than 256 KB/);
  });

  describe('of a listener', () => {
    let tls: TlsListeners;
    let server: Server;
    let now = 0;
    const logged: { fields: object; message: string }[] = [];
    const files = () => ({ certFile: join(dir, 'server.crt'), keyFile: join(dir, 'server.key') });
    const put = (from: TestCertificate) => {
      for (const [source, target] of [
        [from.certificateFile, files().certFile],
        [from.keyFile, files().keyFile],
      ] as const) {
        copyFileSync(source, `${target}.new`);
        renameSync(`${target}.new`, target);
      }
    };
    const port = () => (server.address() as { port: number }).port;
    const note = (fields: object, message: string) => void logged.push({ fields, message });

    beforeEach(async () => {
      now = Date.now();
      logged.length = 0;
      put(first!);
      tls = new TlsListeners({ files: files(), now: () => now, logger: { info: note, error: note } });
      server = createWebServer((_req, res) => res.end('hello'), tls);
      await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
    });
    afterEach(async () => {
      tls.stop();
      server.closeAllConnections();
      await new Promise((done) => void server.close(done));
    });

    /** Which certificate is shown; rejects where no connection comes about. */
    const shown = (range: { max?: SecureVersion; ciphers?: string } = {}) =>
      new Promise<TLSSocket>((done, fail) => {
        const socket = connect(
          {
            port: port(),
            host: '127.0.0.1',
            rejectUnauthorized: false,
            ...(range.max && { minVersion: 'TLSv1', maxVersion: range.max }),
            ...(range.ciphers && { ciphers: range.ciphers }),
          },
          () => done(socket),
        );
        socket.once('error', fail);
      });
    const fingerprint = async () => {
      const socket = await shown();
      const found = socket.getPeerCertificate().fingerprint256;
      socket.destroy();
      return found;
    };
    const fingerprintOf = (pair: TestCertificate) =>
      readTlsPair({ certFile: pair.certificateFile, keyFile: pair.keyFile }).facts.fingerprint;

    it('answers who trusts its certificate', async () => {
      const body = await new Promise<string>((done, fail) => {
        get({ port: port(), host: '127.0.0.1', ca: first!.certificate, agent: false }, (res) => {
          let text = '';
          res.setEncoding('utf8');
          res.on('data', (part: string) => (text += part));
          res.on('end', () => done(text));
        }).on('error', fail);
      });
      expect(body).to.equal('hello');
    });

    it('speaks TLS 1.3 and 1.2 with modern ciphers, and nothing older', async () => {
      const modern = await shown();
      expect(modern.getProtocol()).to.equal('TLSv1.3');
      modern.destroy();
      const older = await shown({ max: 'TLSv1.2' });
      expect(older.getProtocol()).to.equal('TLSv1.2');
      expect(older.getCipher().name).to.match(/^ECDHE-.*(GCM|POLY1305)/);
      older.destroy();
      const refusals = await Promise.allSettled([
        shown({ max: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
        shown({ max: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA' }),
      ]);
      expect(refusals.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    });

    it('takes up a renewed certificate while connections stand', async () => {
      expect(await fingerprint()).to.equal(fingerprintOf(first!));
      const standing = await shown();
      put(second!);
      tls.look();
      expect(await fingerprint()).to.equal(fingerprintOf(second!));
      expect(tls.facts.fingerprint).to.equal(fingerprintOf(second!));
      const answer = new Promise<string>((done) => standing.once('data', (data) => done(data.toString())));
      standing.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      expect(await answer).to.match(/^HTTP\/1\.1 200/);
      expect(logged.at(-1)?.message).to.equal('a new certificate is in force');
    });

    it('refuses a broken one, says so once and goes on with the one before', async () => {
      copyFileSync(second!.certificateFile, files().certFile);
      tls.look();
      tls.look();
      expect(logged).to.have.length(1);
      expect(logged[0])
        .to.have.nested.property('fields.reason')
        .match(/does not fit/);
      expect(await fingerprint()).to.equal(fingerprintOf(first!));
      // The second of the two files comes: now they fit.
      copyFileSync(second!.keyFile, files().keyFile);
      tls.look();
      expect(await fingerprint()).to.equal(fingerprintOf(second!));
    });

    it('refuses one that has ended already', async () => {
      now += 3 * 24 * 3_600_000;
      put(second!);
      tls.look();
      expect(logged[0])
        .to.have.nested.property('fields.reason')
        .match(/has ended/);
      expect(await fingerprint()).to.equal(fingerprintOf(first!));
    });

    it('starts with one that has ended, and says so', () => {
      now += 3 * 24 * 3_600_000;
      new TlsListeners({ files: files(), now: () => now, logger: { info: note, error: note } }).stop();
      expect(logged[0]?.message).to.match(/^the certificate has ended/);
    });
  });
});
