/** `hearthline certificates`, with the real openssl and an authority such as a bank has. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from '../../../installer/admin-socket.ts';
import { cloneHouse } from '../../../installer/house.ts';
import { certificatesCommand } from '../../../installer/ops/certificates.ts';
import { tlsPlaces } from '../../../installer/ops/certificates/places.ts';
import { certificateStatus, type CertificateStatus } from '../../../installer/ops/certificates/status.ts';
import { createWebServer, TlsListeners } from '../../../server/lib/tls-listeners.ts';
import { makeBankAuthority, type BankAuthority } from '../../support/bank-authority.ts';
import { freePort } from '../../support/free-port.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

describe('hearthline certificates', function () {
  this.timeout(30_000);
  let dir = '';
  let env: Record<string, string> = {};
  let said: string[] = [];
  const io = { out: (text: string) => said.push(text), error: (text: string) => said.push(text) };
  const house = () => cloneHouse(env, dir);
  const places = () => tlsPlaces(house());
  const run = async (...args: string[]) => {
    said = [];
    try {
      return await certificatesCommand(args, house(), io);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      said.push(error.message);
      return 1;
    }
  };
  const shown = async () => {
    await run('show', '--json');
    return JSON.parse(said.join('\n')) as CertificateStatus;
  };
  const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

  beforeEach(() => {
    dir = makeTempDir();
    env = { HEARTHLINE_DATA: join(dir, 'var') };
  });
  afterEach(() => removeTempDir(dir));
  const switchOn = () => {
    const { certFile, keyFile } = places();
    Object.assign(env, { HEARTHLINE_TLS_CERT_FILE: certFile, HEARTHLINE_TLS_KEY_FILE: keyFile });
  };

  it('says what there is, and how to use it', async () => {
    expect(await run()).to.equal(0);
    expect(said.join())
      .to.match(/There is no certificate/)
      .and.match(/switched off/);
    expect(await run('--help')).to.equal(0);
    expect(said.join()).to.match(/^Usage:/);
    expect(await run('make', '--name', 'x')).to.equal(1);
    expect(said.join()).to.match(/Unknown option '--name'.*\nUsage/);
    expect(await run('burn')).to.equal(1);
    expect(said.join()).to.match(/knows no "burn"/);
    expect(await run('renew'), 'with nothing to renew').to.equal(0);
  });

  describe('of an own authority', () => {
    it('makes both, with keys that nobody else can read', async () => {
      expect(
        await run('make', '--names', 'hearthline.bank.example,10.20.0.5', '--names', 'фронт.example,fd00::5'),
      ).to.equal(0);
      const { caKey, keyFile, caDir, trustFile, certFile } = places();
      expect([caKey, keyFile].map(modeOf)).to.deep.equal(['600', '600']);
      expect(modeOf(caDir)).to.equal('700');
      expect(said.join('\n')).to.contain(trustFile).and.contain(`HEARTHLINE_TLS_CERT_FILE=${certFile}`);
      const text = execFileSync('openssl', ['x509', '-in', certFile, '-noout', '-text', '-nameopt', 'utf8'], {
        encoding: 'utf8',
      });
      expect(text).to.match(
        /DNS:hearthline\.bank\.example, IP Address:10\.20\.0\.5, DNS:xn--m1abfkg\.example, IP Address:FD00:0:0:0:0:0:0:5/,
      );
      expect(text)
        .to.match(/Signature Algorithm: ecdsa-with-SHA256/)
        .and.match(/NIST CURVE: P-256/)
        .and.match(/TLS Web Server Authentication/);
      expect(
        execFileSync(
          'openssl',
          ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', trustFile, certFile],
          { encoding: 'utf8' },
        ),
      ).to.match(/: OK/);
      switchOn();
      const status = await shown();
      expect(status).to.include({ state: 'ok', isOwn: true, isSwitchedOn: true });
      expect(status.daysLeft).to.be.within(395, 397);
      expect(status.authority?.daysLeft).to.be.within(3648, 3650);
      expect(await run('show')).to.equal(0);
      expect(said.join())
        .to.match(/the authority of this house/)
        .and.match(/does not answer with TLS now/);
    });

    it('keeps the authority for the next certificate, and the pair before beside it', async () => {
      await run('make', '--names', 'one.example');
      const authority = readFileSync(places().caCert, 'utf8');
      const first = readFileSync(places().certFile, 'utf8');
      for (const name of ['two.example', 'three.example', 'four.example', 'five.example'])
        expect(await run('make', '--names', name)).to.equal(0);
      expect(readFileSync(places().caCert, 'utf8')).to.equal(authority);
      expect((await shown()).facts?.names).to.deep.equal(['five.example']);
      const kept = readdirSync(places().pairsDir);
      expect(kept).to.have.length(3);
      expect(
        kept.map((name) => readFileSync(join(places().pairsDir, name, 'server.crt'), 'utf8')),
      ).not.to.include(first);
      expect(await run('make', '--names', 'six.example', '--new-authority')).to.equal(0);
      expect(readFileSync(places().caCert, 'utf8')).not.to.equal(authority);
      expect(readdirSync(places().dir).filter((name) => name.startsWith('ca-until-'))).to.have.length(1);
    });

    it('renews when the end is near, or now, and leaves the rest alone', async () => {
      await run('make', '--names', 'one.example,10.0.0.1');
      switchOn();
      const before = (await shown()).facts?.fingerprint;
      expect(await run('renew')).to.equal(0);
      expect(said.join()).to.match(/^Nothing to do: the certificate has 39\d days left/);
      expect((await shown()).facts?.fingerprint).to.equal(before);
      expect(await run('renew', '--now')).to.equal(0);
      const after = await shown();
      expect(after.facts?.fingerprint).not.to.equal(before);
      expect(after.facts?.names).to.deep.equal(['one.example', '10.0.0.1']);
      const soon = Date.now() + 370 * 24 * 3_600_000;
      expect(certificateStatus(house(), soon).state).to.equal('ends-soon');
      expect(certificateStatus(house(), soon + 40 * 24 * 3_600_000).state).to.equal('ended');
    });

    it('tells that the running server has taken it up', async () => {
      env['HEARTHLINE_HTTP_PORT'] = String(await freePort());
      await run('make', '--names', 'one.example');
      switchOn();
      const logger = { info: () => undefined, error: () => undefined };
      const tls = new TlsListeners({
        files: house().settings.tls!,
        now: () => Date.now(),
        logger,
        everyMs: 50,
      });
      const server: Server = createWebServer((_req, res) => res.end(), tls);
      await new Promise<void>((done) => void server.listen(house().settings.httpPort, '127.0.0.1', done));
      try {
        expect(await run('renew', '--now')).to.equal(0);
        expect(said.join()).to.match(/The server has taken it up/);
        expect(await run('show')).to.equal(0);
        expect(said.join()).to.match(/the server shows this certificate/);
      } finally {
        tls.stop();
        await new Promise((done) => void server.close(done));
      }
    });

    it('refuses names that are none, and changes nothing', async () => {
      for (const names of ['', 'a b', 'host_name', '-x.example', '10.0.0.300', 'http://x', '*'])
        expect(await run('make', '--names', names), names).to.equal(1);
      expect(existsSync(places().dir)).to.equal(false);
    });
  });

  describe('of the bank’s authority', () => {
    let bank: BankAuthority;
    const wanted = 'hearthline.bank.example,10.20.0.5';
    beforeEach(async () => {
      bank = makeBankAuthority(join(dir, 'bank'));
      const subject = [
        '--organization',
        'Banca & "Figli" $ #1, S.p.A.',
        '--country',
        'IT',
        '--unit',
        'Платежи',
      ];
      expect(await run('csr', '--names', wanted, ...subject), said.join()).to.equal(0);
    });

    it('writes a request with the names and the subject, and keeps the key here', () => {
      const { requestFile, requestKey } = places();
      expect(modeOf(requestKey)).to.equal('600');
      const text = execFileSync(
        'openssl',
        ['req', '-in', requestFile, '-noout', '-text', '-verify', '-nameopt', 'utf8,sep_multiline'],
        { encoding: 'utf8', stdio: 'pipe' },
      );
      expect(text).to.contain('DNS:hearthline.bank.example, IP Address:10.20.0.5');
      expect(text).to.contain('O=Banca & "Figli" $ #1, S.p.A.').and.contain('OU=Платежи').and.contain('C=IT');
      expect(said.join()).to.contain(requestFile);
    });

    it('puts in force what the authority sent, with its chain, and finds the key by itself', async () => {
      const { requestFile, requestDir, certFile, keyFile } = places();
      // Root included, in the wrong order: only what browsers need is sent.
      const chainFile = join(dir, 'chain.pem');
      writeFileSync(chainFile, readFileSync(bank.rootFile));
      appendFileSync(chainFile, readFileSync(bank.chainFile));
      expect(
        await run('install', '--cert', bank.sign(requestFile), '--chain', chainFile),
        said.join(),
      ).to.equal(0);
      expect(said.join())
        .to.match(/In force: a certificate for hearthline\.bank\.example, 10\.20\.0\.5/)
        .and.not.match(/have to know/);
      expect(readFileSync(certFile, 'utf8').match(/BEGIN CERTIFICATE/g)).to.have.length(2);
      expect(
        execFileSync('openssl', ['verify', '-CAfile', bank.rootFile, '-untrusted', certFile, certFile], {
          encoding: 'utf8',
        }),
      ).to.match(/OK/);
      expect(lstatSync(certFile).isSymbolicLink()).to.equal(true);
      expect(modeOf(keyFile)).to.equal('600');
      expect(existsSync(requestDir)).to.equal(false);
      switchOn();
      expect(await shown()).to.include({ state: 'ends-soon', isOwn: false });
      expect(await run('renew'), 'only the bank can').to.equal(1);
      expect(said.join()).to.match(
        /signed by C=IT, O=Bank, CN=Bank Issuing .*certificates csr --names hearthline\.bank\.example,10\.20\.0\.5/,
      );
    });

    it('takes DER, and says which authority browsers have to know where no chain is given', async () => {
      const signed = bank.sign(places().requestFile);
      const der = join(dir, 'signed.cer');
      execFileSync('openssl', ['x509', '-in', signed, '-outform', 'DER', '-out', der]);
      expect(await run('install', '--cert', der), said.join()).to.equal(0);
      expect(said.join()).to.match(/have to know its authority, C=IT, O=Bank, CN=Bank Issuing/);
    });

    it('refuses what browsers would refuse, in words, and leaves what is in force', async () => {
      const { requestFile, certFile, requestKey } = places();
      await run('make', '--names', 'before.example');
      const before = readFileSync(certFile, 'utf8');
      const other = join(dir, 'other.key');
      execFileSync('openssl', [
        'genpkey',
        '-algorithm',
        'EC',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-out',
        other,
      ]);
      const noise = join(dir, 'noise.pem');
      writeFileSync(noise, 'hello');
      const elsewhere = makeBankAuthority(join(dir, 'elsewhere'));
      const cases: [RegExp, ...string[]][] = [
        [
          /it is for other\.example, and not for hearthline\.bank\.example, 10\.20\.0\.5/,
          '--cert',
          bank.sign(requestFile, { names: 'DNS:other.example' }),
        ],
        [/not for fourth\.example/, '--cert', bank.sign(requestFile), '--names', 'fourth.example'],
        [/it ended on/, '--cert', bank.sign(requestFile, { days: -1 })],
        [/not meant for servers/, '--cert', bank.sign(requestFile, { usage: 'clientAuth' })],
        [/certificate of an authority/, '--cert', bank.sign(requestFile, { isAuthority: true })],
        [/does not fit the certificate/, '--cert', bank.sign(requestFile), '--key', other],
        [
          /nothing to do with the server's: C=IT, O=Bank, CN=Bank Issuing/,
          '--cert',
          bank.sign(requestFile),
          '--chain',
          elsewhere.chainFile,
        ],
        [/holds no certificate/, '--cert', noise],
        [/cannot be read/, '--cert', join(dir, 'nothing')],
        [/install needs --cert/],
      ];
      for (const [expected, ...args] of cases) {
        expect(await run('install', ...args), String(expected)).to.equal(1);
        expect(said.join('\n')).to.match(expected);
      }
      expect(readFileSync(certFile, 'utf8')).to.equal(before);
      expect(existsSync(requestKey), 'the request waits still').to.equal(true);
    });

    it('keeps a request aside when another is made, since the first may be answered yet', async () => {
      const signed = bank.sign(places().requestFile);
      expect(await run('csr', '--names', wanted, '--rsa')).to.equal(0);
      expect(await run('install', '--cert', signed), 'the key of the second does not fit').to.equal(1);
      const aside = readdirSync(places().dir).find((name) => name.startsWith('request-until-'))!;
      expect(
        await run('install', '--cert', signed, '--key', join(places().dir, aside, 'server.key')),
      ).to.equal(0);
    });

    it('takes over files that were put there by hand, and keeps them', async () => {
      const { certFile, keyFile, requestFile, requestKey } = places();
      const byHand = readFileSync(bank.sign(requestFile));
      writeFileSync(certFile, byHand);
      writeFileSync(keyFile, readFileSync(requestKey), { mode: 0o600 });
      expect(await run('install', '--cert', bank.sign(requestFile)), said.join()).to.equal(0);
      expect(lstatSync(keyFile).isSymbolicLink()).to.equal(true);
      const kept = readdirSync(places().pairsDir).map((name) =>
        readFileSync(join(places().pairsDir, name, 'server.crt'), 'utf8'),
      );
      expect(kept).to.have.length(2).and.include(byHand.toString());
    });
  });

  it('says plainly that openssl is missing', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = dir;
    try {
      expect(await run('make', '--names', 'one.example')).to.equal(1);
    } finally {
      process.env['PATH'] = path;
    }
    expect(said.join()).to.match(/openssl is missing.*apt-get install openssl/);
  });
});
