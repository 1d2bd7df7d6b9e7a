/** The small pure parts of the HTTP API: ranges, cookies, origins, errors. */
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import type { Request, Response } from 'express';
import fc from 'fast-check';
import { clearCookie, readCookie, setCookie } from '../../../../server/api/cookies.ts';
import { isProgramPath, toAppError } from '../../../../server/api/error-answer.ts';
import { readLiveRequest } from '../../../../server/api/live-request.ts';
import { isLoopback, isSameOrigin } from '../../../../server/api/origin.ts';
import type { ApiSettings } from '../../../../server/api/ports.ts';
import { securityHeaders } from '../../../../server/api/security-headers.ts';
import { readRange } from '../../../../server/api/recordings/byte-range.ts';

describe('byte ranges (RFC 9110 §14)', () => {
  for (const [header, bytes, expected] of [
    [undefined, 100, undefined],
    ['bytes=0-9', 100, { start: 0, end: 9 }],
    ['bytes=90-', 100, { start: 90, end: 99 }],
    ['bytes=-10', 100, { start: 90, end: 99 }],
    ['bytes=-1000', 100, { start: 0, end: 99 }],
    ['bytes=50-1000', 100, { start: 50, end: 99 }],
    ['bytes=100-', 100, 'unsatisfiable'],
    ['bytes=-0', 100, 'unsatisfiable'],
    ['bytes=9-1', 100, undefined],
    ['bytes=0-1,5-6', 100, undefined],
    ['items=0-1', 100, undefined],
    ['bytes=-', 100, undefined],
    ['bytes=x-1', 100, undefined],
  ] as const)
    it(`${String(header)} of ${bytes}`, () => {
      expect(readRange(header, bytes)).to.deep.equal(expected);
    });

  it('never leaves the file', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), fc.integer({ min: 1, max: 300 }), (from, to, bytes) => {
        for (const header of [`bytes=${from}-${to}`, `bytes=${from}-`, `bytes=-${to}`]) {
          const range = readRange(header, bytes);
          if (typeof range !== 'object') continue;
          expect(range.start).to.be.at.least(0);
          expect(range.end).to.be.within(range.start, bytes - 1);
        }
      }),
    );
  });
});

describe('headers of an answer', () => {
  const headersOf = (path: string) => {
    const set = new Map<string, string>();
    const res = { setHeader: (name: string, value: string) => set.set(name, value) };
    securityHeaders(() => false)({ path } as Request, res as unknown as Response, () => undefined);
    return [
      set
        .get('Content-Security-Policy')
        ?.split('; ')
        .find((part) => part.startsWith('frame-ancestors')),
      set.get('X-Frame-Options'),
    ];
  };

  it('let nobody frame a page, and only ourselves the wallboard', () => {
    for (const path of ['/', '/agent/', '/api/boards', '/wallboards/'])
      expect(headersOf(path), path).to.deep.equal(["frame-ancestors 'none'", 'DENY']);
    expect(headersOf('/wallboard/')).to.deep.equal(["frame-ancestors 'self'", 'SAMEORIGIN']);
  });
});

describe('cookies', () => {
  const token = 'A'.repeat(43);
  it('come back as they were set', () => {
    const cookie = `a=b; ${setCookie('session', token, true).split(';')[0]}; c=d`;
    expect(readCookie({ cookie }, 'session', true)).to.equal(token);
    expect(readCookie({ cookie }, 'display', true)).to.equal(undefined);
  });
  it('without the __Host- lead do not count on TLS', () => {
    expect(readCookie({ cookie: `hl_session=${token}` }, 'session', true)).to.equal(undefined);
    expect(readCookie({ cookie: `hl_session=${token}` }, 'session', false)).to.equal(token);
  });
  it('of a strange form are none', () => {
    for (const value of ['', 'short', 'a b', `${token};`, '%41'.repeat(20), 'x'.repeat(101)])
      expect(readCookie({ cookie: `x=1; hl_session=${value.replace(';', '"')}` }, 'session', false)).to.equal(
        undefined,
      );
  });
  it('are cleared with the attributes they were set with', () => {
    expect(clearCookie('session', true)).to.equal(
      '__Host-hl_session=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0',
    );
  });
});

describe('origin', () => {
  const direct: ApiSettings = { trustedProxyHops: false, isTls: false };
  const proxied: ApiSettings = { trustedProxyHops: 1, isTls: false };
  const from = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    ({ headers, socket: { remoteAddress } }) as unknown as IncomingMessage;
  const host = 'box.bank.example:8080';
  it('is the same for our own pages and for no browser', () => {
    expect(isSameOrigin(from({ host }), direct)).to.equal(true);
    expect(isSameOrigin(from({ host, origin: `http://${host}` }), direct)).to.equal(true);
    expect(
      isSameOrigin(from({ host: 'BOX.bank.example:80', origin: 'http://box.bank.example' }), direct),
    ).to.equal(true);
  });
  it('is another for anybody else', () => {
    for (const origin of [
      'http://evil.example',
      'null',
      '',
      'http://box.bank.example',
      'http://box.bank.example:8081',
      'x',
    ])
      expect(isSameOrigin(from({ host, origin }), direct), origin).to.equal(false);
    for (const site of ['cross-site', 'same-site', 'none'])
      expect(isSameOrigin(from({ host, 'sec-fetch-site': site }), direct), site).to.equal(false);
  });
  it('believes forwarded headers of a trusted proxy only', () => {
    const headers = {
      host,
      'x-forwarded-host': 'cc.example',
      'x-forwarded-proto': 'https',
      origin: 'https://cc.example',
    };
    expect(isSameOrigin(from(headers), direct)).to.equal(false);
    expect(isSameOrigin(from(headers), proxied)).to.equal(true);
    expect(isSameOrigin(from({ ...headers, origin: 'http://cc.example' }), proxied)).to.equal(false);
  });
  it('is this machine only without a proxy in between', () => {
    expect(isLoopback(from({}, '::ffff:127.0.0.1'))).to.equal(true);
    expect(isLoopback(from({}, '10.0.0.1'))).to.equal(false);
    expect(isLoopback(from({ 'x-forwarded-for': '1.2.3.4' }))).to.equal(false);
  });
});

describe('errors', () => {
  const logged: string[] = [];
  const logger = {
    info: () => undefined,
    warn: (_fields: object, message: string) => void logged.push(message),
    error: (_fields: object, message: string) => void logged.push(message),
  };
  const newId = () => 'request_1';
  it('of others become ours, and their text stays here', () => {
    const secret = 'SELECT password FROM users';
    const fault = toAppError(new Error(secret), logger, newId);
    expect(fault).to.include({ code: 'internal', status: 500 });
    expect(JSON.stringify([fault.message, fault.details])).not.to.include(secret);
    expect(logged).to.deep.equal(['request failed']);
  });
  it('of a part that is away say: not ready', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(toAppError(refused, logger, newId)).to.include({ code: 'not-ready', status: 503 });
    const database = (code?: string) =>
      Object.assign(new Error('x'), { name: 'SequelizeDatabaseError', parent: { code } });
    for (const code of [undefined, '57P01', '08006'])
      expect(toAppError(database(code), logger, newId).code, code).to.equal('not-ready');
    expect(toAppError(database('42601'), logger, newId).code, 'a fault in our SQL').to.equal('internal');
  });
  it('of a body parser keep their class', () => {
    const parser = (status: number) => toAppError(Object.assign(new Error('x'), { status }), logger, newId);
    expect(parser(400).code).to.equal('bad-request');
    expect(parser(413).code).to.equal('payload-too-large');
    expect(parser(415).code).to.equal('bad-request');
    expect(parser(404).code).to.equal('not-found');
  });
  it('go to programs as JSON', () => {
    for (const path of ['/api', '/api/x', '/api?x', '/display/enrol', '/healthz', '/metrics', '/ws/board'])
      expect(isProgramPath(path), path).to.equal(true);
    for (const path of ['/', '/apix', '/wallboard/', '/displays'])
      expect(isProgramPath(path), path).to.equal(false);
  });
});

describe('live requests', () => {
  it('are read strictly, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const request = readLiveRequest(text);
        if (request) expect(['resync', 'ping', 'painted']).to.include(request.type);
      }),
    );
    expect(readLiveRequest('{"type":"ping","id":1}')).to.deep.equal({ type: 'ping', id: 1 });
    expect(readLiveRequest('{"type":"ping","id":1e400}')).to.equal(undefined);
  });
});
