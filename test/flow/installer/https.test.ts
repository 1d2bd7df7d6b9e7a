/** The pages over TLS, as the bank has them: both listeners, cookies, sockets, health, and a certificate exchanged on the way. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import { askHealth } from '../../../installer/health.ts';
import { StartError, Supervisor } from '../../../installer/supervisor.ts';
import { readTlsPair } from '../../../server/lib/tls-pair.ts';
import { freePort } from '../../support/free-port.ts';
import { startStack, type Stack } from '../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { makeTestCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { until } from '../../support/until.ts';

const site = `site: { name: Test, timeZone: Europe/Rome, language: en }
queues:
  - { id: chat, name: Chat }
widgets:
  - { id: web, queue: chat, origins: ['https://www.bank.example'] }
`;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  fingerprint: string;
}

describe('the pages over TLS', function () {
  this.timeout(60_000);
  let dir = '';
  let stack: Stack;
  let [first, second]: TestCertificate[] = [];
  const files = () => ({ certFile: join(dir, 'server.crt'), keyFile: join(dir, 'server.key') });

  before(async () => {
    dir = makeTempDir();
    [first, second] = ['first', 'second'].map((name) => {
      mkdirSync(join(dir, name));
      return makeTestCertificate(join(dir, name));
    });
    copyFileSync(first!.certificateFile, files().certFile);
    copyFileSync(first!.keyFile, files().keyFile);
    stack = await startStack({ site, tls: files() });
  });
  after(async () => {
    await stack?.stop();
    removeTempDir(dir);
  });

  const ask = (url: string, method = 'GET', headers: Record<string, string> = {}, body?: object) =>
    new Promise<Answer>((done, fail) => {
      const trusted = [first!.certificate, second!.certificate];
      const call = request(url, { method, ca: trusted, agent: false, headers }, (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (part: string) => (text += part));
        const fingerprint = 'getPeerCertificate' in res.socket ? readFingerprint(res.socket) : '';
        res.on('end', () =>
          done({ status: res.statusCode ?? 0, headers: res.headers, body: text, fingerprint }),
        );
      });
      call.on('error', fail);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const readFingerprint = (socket: object) =>
    (socket as { getPeerCertificate(): { fingerprint256: string } }).getPeerCertificate().fingerprint256;

  it('answers health over TLS, to the installer as well', async () => {
    expect(await ask(`${stack.httpUrl}/healthz`)).to.include({ status: 200 });
    const settings = { bind: '127.0.0.1', httpPort: stack.httpPort };
    expect(await askHealth({ ...settings, tls: files() })).to.include({ isReady: true });
    expect(await askHealth(settings), 'plain').to.include({ isReady: false });
  });

  it('gives secure cookies that no other host can set, tells browsers to stay on https, and opens sockets', async () => {
    const origin = stack.httpUrl;
    const secret = stack.setupSecret();
    const account = { secret, username: 'ada', password: 'correct horse battery' };
    const json = { 'content-type': 'application/json', origin };
    const made = await ask(`${stack.httpUrl}/api/setup`, 'POST', json, account);
    expect(made.status, made.body).to.be.within(200, 201);
    const cookie = made.headers['set-cookie']?.[0] ?? '';
    expect(cookie).to.match(/^__Host-hl_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    expect(made.headers['strict-transport-security']).to.equal('max-age=31536000');
    const { csrfToken } = JSON.parse(made.body) as { csrfToken: string };
    const mine = { ...json, cookie: cookie.split(';')[0]!, 'x-hearthline-csrf': csrfToken };
    const foreign = { ...mine, origin: stack.httpUrl.replace('https', 'http') };
    const ticketOf = (headers: Record<string, string>) =>
      ask(`${stack.httpUrl}/api/live-ticket`, 'POST', headers, { scope: 'board' });
    expect((await ticketOf(foreign)).status, 'a page of plain http').to.equal(403);
    const ticket = await ticketOf(mine);
    expect(ticket.status, ticket.body).to.equal(200);
    const { url } = JSON.parse(ticket.body) as { url: string };
    const socket = new WebSocket(stack.httpUrl.replace('https', 'wss') + url, {
      origin,
      ca: first!.certificate,
    });
    const frame = await new Promise<string>((done, fail) => {
      socket.once('message', (data: Buffer) => done(data.toString()));
      socket.once('error', fail);
    });
    socket.terminate();
    expect(JSON.parse(frame)).to.include({ type: 'snapshot' });
  });

  it('tells monitoring when the certificate ends', async () => {
    const { body } = await ask(`${stack.httpUrl}/metrics`);
    const end = readTlsPair(files()).facts.untilMs / 1000;
    expect(body).to.include(`\nhearthline_certificate_end_timestamp_seconds ${end}\n`);
  });

  it('serves customers over TLS too', async () => {
    await until('the listener for customers is open', () =>
      ask(`${stack.publicUrl}/nothing`).then(
        () => true,
        () => false,
      ),
    );
    const answer = await ask(`${stack.publicUrl}/nothing`);
    expect(answer.status).to.equal(404);
    expect(answer.headers['strict-transport-security']).to.equal('max-age=31536000');
  });

  it('takes up a renewed certificate on both listeners, by itself or at once by a signal', async () => {
    const old = readTlsPair(files()).facts.fingerprint;
    expect((await ask(`${stack.httpUrl}/healthz`)).fingerprint).to.equal(old);
    const { server } = stack.pids();
    copyFileSync(second!.certificateFile, files().certFile);
    process.kill(server!, 'SIGHUP');
    await until('the pair that does not fit is told of', () =>
      stack.logs('server').includes('the new certificate cannot be used'),
    );
    expect((await ask(`${stack.httpUrl}/healthz`)).fingerprint).to.equal(old);
    copyFileSync(second!.keyFile, files().keyFile);
    process.kill(server!, 'SIGHUP');
    const renewed = readTlsPair(files()).facts.fingerprint;
    for (const url of [`${stack.httpUrl}/healthz`, `${stack.publicUrl}/nothing`])
      await until(
        `the new certificate is shown at ${url}`,
        async () => (await ask(url)).fingerprint === renewed,
      );
    expect(stack.pids().server).to.equal(server);
  });

  it('does not start with a key that belongs to another certificate', async () => {
    const settings = {
      dataDir: join(dir, 'var'),
      httpPort: await freePort(),
      publicPort: await freePort(),
      sipPort: await freePort(),
      rtpFirst: 20_000,
      rtpLast: 20_009,
      bind: '127.0.0.1',
      tls: { certFile: first!.certificateFile, keyFile: second!.keyFile },
    };
    const report = { line: () => undefined, warning: () => undefined };
    const supervisor = new Supervisor({ settings, report });
    const error = await supervisor.prepare().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await supervisor.stop();
    expect(error).to.be.instanceOf(StartError);
    expect(String(error)).to.match(/HTTPS: the key in .*second\/test\.key does not fit the certificate/);
  });
});
