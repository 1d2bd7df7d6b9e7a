/** Secrets from files, and tokens from a real HTTP server. */
import { symlinkSync, mkdirSync, writeFileSync, chmodSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  createOauthTokens,
  OauthFault,
  type OauthTokens,
} from '../../../server/channels/mail/oauth-token.ts';
import { createSecretFiles, SecretFault, type SecretFiles } from '../../../server/lib/secret-files.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

async function faultOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}

describe('secrets of the mail channel', () => {
  let dir: string;
  let secrets: SecretFiles;

  beforeEach(() => {
    dir = makeTempDir();
    secrets = createSecretFiles(dir);
  });
  afterEach(() => removeTempDir(dir));

  function put(name: string, content: string, mode = 0o600): void {
    writeFileSync(join(dir, name), content);
    chmodSync(join(dir, name), mode);
  }

  describe('files', () => {
    it('are read each time, without the line end of an editor', async () => {
      put('relay', 'pass word \r\n');
      expect(await secrets.text('relay')).to.equal('pass word ');
      put('relay', 'changed', 0o640);
      expect(await secrets.text('relay')).to.equal('changed');
      expect((await secrets.bytes('relay')).toString()).to.equal('changed');
    });

    it('are refused when others may read or write them, by a message that says what to do', async () => {
      for (const mode of [0o644, 0o604, 0o602, 0o666]) {
        put('relay', 'password', mode);
        const fault = await faultOf(secrets.text('relay'));
        expect(fault).to.be.instanceOf(SecretFault);
        expect(fault.message).to.match(/^secrets\/relay is open to every user of the machine: chmod 600 it$/);
      }
      // Also behind a link.
      symlinkSync(join(dir, 'relay'), join(dir, 'linked'));
      expect((await faultOf(secrets.text('linked'))).message).to.contain('chmod 600');
    });

    it('say what is wrong with those that are not there, empty, too large or no file', async () => {
      put('empty', '\n');
      put('large', 'x'.repeat(70_000));
      mkdirSync(join(dir, 'folder'), { mode: 0o700 });
      for (const [name, message] of [
        ['absent', 'there is no file secrets/absent'],
        ['empty', 'secrets/empty is empty'],
        ['large', 'secrets/large is larger than 64 KB'],
        ['folder', 'secrets/folder is not a file'],
        ['../relay', 'a secret has a name that is no file name'],
      ] as const) {
        const fault = await faultOf(secrets.text(name));
        expect(fault).to.be.instanceOf(SecretFault);
        expect(fault.message).to.equal(message);
      }
    });
  });

  describe('tokens', () => {
    let server: Server;
    let url: string;
    let asked: URLSearchParams[];
    let answer: (n: number) => { status?: number; body: unknown; headers?: Record<string, string> };
    let nowMs = 0;
    let tokens: OauthTokens;

    beforeEach(async () => {
      asked = [];
      answer = (n) => ({ body: { access_token: `token-${n}`, expires_in: 3600 } });
      put('client-secret', 'c-secret');
      put('refresh', 'r-token');
      server = createServer((request, response) => {
        void bodyOf(request).then((body) => {
          asked.push(new URLSearchParams(body));
          const { status = 200, body: said, headers } = answer(asked.length);
          response.writeHead(status, headers);
          response.end(typeof said === 'string' ? said : JSON.stringify(said));
        });
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
      tokens = createOauthTokens({ secrets, monotonicMs: () => nowMs, timeoutMs: 1000 });
    });
    afterEach(() => {
      server.closeAllConnections();
      server.close();
    });

    async function bodyOf(request: IncomingMessage): Promise<string> {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      return body;
    }
    const clientSettings = () => ({
      tokenUrl: url,
      clientId: 'id',
      clientSecret: 'client-secret',
      scope: 'mail',
    });
    const refreshSettings = () => ({ tokenUrl: url, clientId: 'id', refreshToken: 'refresh' });

    it('are asked for by client credentials, once for all who want one, until shortly before they expire', async () => {
      const settings = clientSettings();
      const all = await Promise.all([1, 2, 3].map(() => tokens.token(settings)));
      expect(all).to.deep.equal(['token-1', 'token-1', 'token-1']);
      expect(Object.fromEntries(asked[0]!)).to.deep.equal({
        grant_type: 'client_credentials',
        client_id: 'id',
        client_secret: 'c-secret',
        scope: 'mail',
      });
      nowMs += 3_479_000;
      expect(await tokens.token(settings)).to.equal('token-1');
      nowMs += 2000;
      expect(await tokens.token(settings)).to.equal('token-2');
      tokens.forget(settings);
      expect(await tokens.token(settings)).to.equal('token-3');
      expect(asked.length).to.equal(3);
    });

    it('are asked for by refresh token, and by the new one where the server gives one', async () => {
      answer = (n) => ({ body: { access_token: `token-${n}`, refresh_token: `r-${n}`, expires_in: 1 } });
      const settings = refreshSettings();
      await tokens.token(settings);
      nowMs += 11_000;
      await tokens.token(settings);
      expect(
        asked.map((form) => [form.get('grant_type'), form.get('refresh_token'), form.get('client_secret')]),
      ).to.deep.equal([
        ['refresh_token', 'r-token', null],
        ['refresh_token', 'r-1', null],
      ]);
      // Refused: the file is what counts again.
      answer = () => ({
        status: 400,
        body: { error: 'invalid_grant', error_description: 'r-2 of anna@bank.example' },
      });
      nowMs += 11_000;
      const fault = await faultOf(tokens.token(settings));
      expect(fault).to.be.instanceOf(OauthFault).and.include({ isRefused: true });
      expect(fault.message).to.equal('the token server gives no token (400: invalid_grant)');
      await faultOf(tokens.token(settings));
      expect(asked.at(-1)!.get('refresh_token')).to.equal('r-token');
    });

    it('say nothing of what the server said but its code, and follow no redirect', async () => {
      for (const [reply, message, isRefused] of [
        [{ status: 500, body: 'secret page' }, /\(500\)$/, false],
        [{ status: 429, body: { error: 'slow_down' } }, /\(429: slow_down\)$/, false],
        [{ body: { access_token: 7 } }, /\(200\)$/, false],
        [{ body: 'not json' }, /\(200\)$/, false],
        [
          { status: 302, body: '', headers: { location: 'http://elsewhere.example/' } },
          /cannot be reached/,
          false,
        ],
        [{ status: 401, body: { error: 'No Such "thing" <b>' } }, /\(401\)$/, true],
      ] as const) {
        answer = () => reply;
        const fault = await faultOf(tokens.token(clientSettings()));
        expect(fault.message).to.match(message);
        expect(fault).to.include({ isRefused });
      }
    });

    it('say when the server cannot be reached, does not answer, or the secret is not there', async () => {
      const away = { ...clientSettings(), tokenUrl: 'http://127.0.0.1:1/token' };
      expect((await faultOf(tokens.token(away))).message).to.match(
        /cannot be reached \(ECONNREFUSED|no connection/,
      );
      const lost = { ...clientSettings(), clientSecret: 'absent' };
      expect(await faultOf(tokens.token(lost))).to.be.instanceOf(SecretFault);
      server.removeAllListeners('request');
      expect((await faultOf(tokens.token(clientSettings()))).message).to.contain('cannot be reached');
    });
  });
});
