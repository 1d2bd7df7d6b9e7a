/** Redis and Postgres killed under the API: refusals in bounded time, screens go on, all is back afterwards. */
import { expect } from 'chai';
import { queuedMs } from '../../../support/process-cost.ts';
import { until } from '../../../support/until.ts';
import { startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';
import { openScreen } from './screen.ts';

describe('the HTTP API with a part away', function () {
  this.timeout(60_000);
  let house: Harness;
  let admin: Browser;
  before(async () => {
    house = await startHarness();
    admin = await house.admin();
  });
  after(() => house?.stop());

  const timed = async (call: Promise<{ status: number; json: object }>) => {
    const [startedAt, queuedBefore] = [performance.now(), queuedMs([process.pid])];
    const answer = await call;
    const queued = queuedMs([process.pid]) - queuedBefore;
    return { ...answer, tookMs: performance.now() - startedAt - queued };
  };
  const watch = async () => {
    const { json } = await admin.call('POST', '/api/live-ticket', { scope: 'board' });
    return openScreen(`ws://127.0.0.1:${house.port}${String(json['url'])}`);
  };
  const moves = async (screen: Awaited<ReturnType<typeof watch>>, waiting: number) => {
    house.floor.setWaiting(waiting);
    house.http.liveHub.notify();
    await until('patch', () => JSON.stringify(screen.tree).includes(`"waiting":${waiting}`), 3000);
  };

  it('Redis: sessions are refused as not ready, health answers, screens move; then all is back', async () => {
    const screen = await watch();
    await house.redisServer.written();
    await house.redisServer.kill();
    const away = await timed(admin.call('GET', '/api/session'));
    expect(away.status).to.equal(503);
    expect(away.json).to.have.nested.property('error.code', 'not-ready');
    expect(away.tookMs).to.be.lessThan(6000);
    expect((await timed(admin.call('GET', '/healthz'))).status).to.equal(200);
    await moves(screen, 11);
    await house.redisServer.restart();
    await until(
      'session is back',
      async () => (await admin.call('GET', '/api/session')).status === 200,
      15_000,
    );
    await moves(screen, 12);
    expect(screen.gaps).to.equal(0);
    screen.socket.close();
  });

  it('Postgres: what needs it is refused as not ready, screens move; then all is back, the chain intact', async () => {
    const screen = await watch();
    await house.postgres.kill();
    for (const [method, path, body] of [
      ['GET', '/api/audit', undefined],
      ['GET', '/api/displays', undefined],
      ['POST', '/display/enrol', {}],
      ['POST', '/api/recordings/rec_1/listen', { reason: 'no audit, no sound' }],
    ] as const) {
      const away = await timed(admin.call(method, path, body));
      expect(away.status, path).to.equal(503);
      expect(away.tookMs, path).to.be.lessThan(15_000);
    }
    expect((await admin.call('GET', '/api/session')).status).to.equal(200);
    await moves(screen, 13);
    await house.postgres.restart();
    await until('audit is back', async () => (await admin.call('GET', '/api/audit')).status === 200, 15_000);
    expect((await admin.call('POST', '/api/audit/verify', {})).json).to.include({ isIntact: true });
    await moves(screen, 14);
    expect(screen.gaps).to.equal(0);
    screen.socket.close();
  });
});
