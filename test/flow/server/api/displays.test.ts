/** A TV's life: enrolled, approved, watching, revoked; and the doors of the live sockets (M11, N16). */
import { expect } from 'chai';
import { displayCodeAlphabet } from '../../../../server/contract/rest.ts';
import { until } from '../../../support/until.ts';
import { send, startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';
import { openScreen } from './screen.ts';

describe('displays and live sockets', function () {
  this.timeout(60_000);
  let house: Harness;
  let admin: Browser;
  before(async () => {
    house = await startHarness();
    admin = await house.admin();
  });
  after(() => house?.stop());

  const socketUrl = (url: unknown) => `ws://127.0.0.1:${house.port}${String(url)}`;
  const enrol = async (tv = house.browser()) => {
    const answer = await tv.call('POST', '/display/enrol', { language: 'it' });
    return { tv, answer, code: String(answer.json['code']), displayId: String(answer.json['displayId']) };
  };
  const approved = async (name = 'Hall') => {
    const one = await enrol();
    const answer = await admin.call('POST', '/api/displays/approve', { code: one.code, name });
    expect(answer.status).to.equal(200);
    return one;
  };

  it('goes from unknown to pending to approved, by the code on the screen', async () => {
    const tv = house.browser();
    expect((await tv.call('GET', '/display/state')).json).to.deep.equal({ state: 'none' });
    const { answer, code, displayId } = await enrol(tv);
    expect(answer.status).to.equal(201);
    expect(code).to.match(new RegExp(`^[${displayCodeAlphabet}]{7}$`));
    expect(answer.headers['set-cookie']?.[0]).to.match(
      /^hl_display=.{43}; Path=\/; HttpOnly; SameSite=Strict/,
    );
    expect((await tv.call('GET', '/display/state')).json).to.include({ state: 'pending', displayId });
    expect((await tv.call('POST', '/display/ticket', {})).status, 'no ticket yet').to.equal(403);
    const typed = ` ${code.slice(0, 3).toLowerCase()}-${code.slice(3)} `;
    const ok = await admin.call('POST', '/api/displays/approve', { code: typed, name: ' Hall ' });
    expect(ok.json).to.include({ displayId, state: 'approved', name: 'Hall', approvedBy: 'user:ada' });
    expect((await tv.call('GET', '/display/state')).json).to.deep.equal({
      state: 'approved',
      displayId,
      name: 'Hall',
      language: 'it',
      shows: 'standard',
    });
    const again = await admin.call('POST', '/api/displays/approve', { code, name: 'Twice' });
    expect(again.status, 'one use').to.equal(404);
    expect((await tv.call('POST', '/display/enrol', {})).status).to.equal(409);
  });

  it('gives a fresh code to the same display, and the old one is void', async () => {
    const first = await enrol();
    const second = await enrol(first.tv);
    expect(second.displayId).to.equal(first.displayId);
    const old = await admin.call('POST', '/api/displays/approve', { code: first.code, name: 'x' });
    expect(old.status).to.equal(404);
    const fresh = await admin.call('POST', '/api/displays/approve', { code: second.code, name: 'x' });
    expect(fresh.status).to.equal(200);
  });

  it('lets a code run out after a quarter of an hour', async () => {
    const { tv, code } = await enrol();
    house.clock.offsetMs = 15 * 60_000 + 1000;
    try {
      expect((await tv.call('GET', '/display/state')).json).to.deep.equal({ state: 'none' });
      const late = await admin.call('POST', '/api/displays/approve', { code, name: 'late' });
      expect(late.status).to.equal(404);
    } finally {
      house.clock.offsetMs = 0;
    }
  });

  it('opens a socket with a ticket once, and only for its scope and in time', async () => {
    const { tv } = await approved();
    const ticket = await tv.call('POST', '/display/ticket', {});
    const url = String(ticket.json['url']);
    expect(url).to.match(/^\/ws\/board\?ticket=/);
    const screen = await openScreen(socketUrl(url));
    expect(screen.tree).to.deep.equal(house.floor.tree.board);
    expect((await openScreen(socketUrl(url))).refusedWith, 'second use').to.equal(403);
    const other = await tv.call('POST', '/display/ticket', {});
    const asFloor = String(other.json['url']).replace('/ws/board', '/ws/floor');
    expect((await openScreen(socketUrl(asFloor))).refusedWith, 'floor').to.equal(403);
    const late = await tv.call('POST', '/display/ticket', {});
    house.clock.offsetMs = 20_001;
    try {
      expect((await openScreen(socketUrl(late.json['url']))).refusedWith, 'late').to.equal(403);
    } finally {
      house.clock.offsetMs = 0;
    }
    expect((await openScreen(socketUrl('/ws/board?ticket=x'))).refusedWith).to.equal(403);
    expect((await openScreen(socketUrl('/ws/other?ticket=x'))).refusedWith).to.equal(404);
    screen.socket.close();
  });

  it('refuses a socket asked for by another site', async () => {
    const { tv } = await approved();
    const { json } = await tv.call('POST', '/display/ticket', {});
    const screen = await openScreen(socketUrl(json['url']), { origin: 'http://evil.example' });
    expect(screen.refusedWith).to.equal(403);
  });

  it('tells patches, beats and pongs', async () => {
    const { json } = await admin.call('POST', '/api/live-ticket', { scope: 'floor' });
    const screen = await openScreen(socketUrl(json['url']), { origin: house.origin });
    expect(screen.tree).to.deep.equal(house.floor.tree);
    house.floor.setWaiting(7);
    house.http.liveHub.notify();
    await until('patch', () => screen.has('patch'));
    expect(screen.tree).to.deep.equal(house.floor.tree);
    screen.socket.send(JSON.stringify({ type: 'ping', id: 4 }));
    screen.socket.send(JSON.stringify({ type: 'painted', n: screen.n, latencyMs: 42 }));
    await until('pong', () => screen.messages.some((message) => message.type === 'pong' && message.id === 4));
    await until('beat', () => screen.has('beat'));
    const metrics = await house.browser().call('GET', '/metrics');
    expect(metrics.text).to.match(/hearthline_event_to_pixel_seconds_count\{scope="floor"\} 1/);
    expect(metrics.text).to.include('other_metric 1');
    screen.socket.close();
  });

  it('cuts a screen that sends nonsense, too much, or too long a frame', async () => {
    const send1 = async (work: (socket: WebSocket['send']) => void) => {
      const { json } = await admin.call('POST', '/api/live-ticket', { scope: 'board' });
      const screen = await openScreen(socketUrl(json['url']));
      work((data) => screen.socket.send(data as string));
      await until('cut', () => screen.closeCode !== undefined, 5000);
      return screen.closeCode;
    };
    expect(await send1((out) => out('{"type":"drop tables"}'))).to.equal(1008);
    expect(await send1((out) => out('not json'))).to.equal(1008);
    expect(await send1((out) => out(`"${'x'.repeat(2000)}"`))).to.equal(1009);
    const flood = (out: WebSocket['send']) => {
      for (let id = 0; id < 200; id += 1) out(JSON.stringify({ type: 'ping', id }));
    };
    expect(await send1(flood)).to.equal(1008);
  });

  it('revokes at once: told, closed, and the cookie is void', async () => {
    const { tv, displayId } = await approved();
    const { json } = await tv.call('POST', '/display/ticket', {});
    const unused = await tv.call('POST', '/display/ticket', {});
    const screen = await openScreen(socketUrl(json['url']));
    const list = await admin.call('GET', '/api/displays');
    const items = list.json['items'] as unknown as { displayId: string; connections: number }[];
    expect(items.find((one) => one.displayId === displayId)?.connections).to.equal(1);
    const askedAt = performance.now();
    expect((await admin.call('POST', `/api/displays/${displayId}/revoke`, {})).status).to.equal(200);
    await until('closed', () => screen.closeCode !== undefined, 5000);
    expect(performance.now() - askedAt).to.be.lessThan(5000);
    expect(screen.closeCode).to.equal(4001);
    expect(screen.messages.at(-1)).to.deep.equal({ type: 'revoked' });
    expect((await openScreen(socketUrl(unused.json['url']))).refusedWith).to.equal(403);
    expect((await tv.call('POST', '/display/ticket', {})).status).to.equal(403);
    expect((await tv.call('GET', '/display/state')).json).to.deep.equal({ state: 'revoked' });
    const next = await enrol(tv);
    expect(next.answer.status).to.equal(201);
    expect(next.displayId).not.to.equal(displayId);
  });

  it('finds within 5 s that a display was revoked behind its back', async () => {
    const { tv, displayId } = await approved();
    const { json } = await tv.call('POST', '/display/ticket', {});
    const screen = await openScreen(socketUrl(json['url']));
    await house.deps.access.displays.revoke(displayId, Date.now());
    await until('closed', () => screen.closeCode === 4001, 5000);
  });

  it('closes the sockets of a session that signs out', async () => {
    const other = await house.admin();
    const { json } = await other.call('POST', '/api/live-ticket', { scope: 'floor' });
    const screen = await openScreen(socketUrl(json['url']));
    await other.call('DELETE', '/api/session');
    await until('closed', () => screen.closeCode !== undefined, 2000);
  });

  it('bounds the pending displays and slows down an eager address', async () => {
    const statuses: number[] = [];
    for (let turn = 0; turn < 70; turn += 1)
      statuses.push((await house.browser().call('POST', '/display/enrol', {})).status);
    expect(new Set(statuses)).to.deep.equal(new Set([201, 429]));
    const pending = (await house.deps.access.displays.list()).filter((one) => one.state === 'pending');
    expect(pending.length).to.be.at.most(50);
  });

  it('shows a display no more than the board', async () => {
    house.clock.offsetMs = 16 * 60_000;
    const { tv } = await approved();
    house.clock.offsetMs = 0;
    const cookie = `hl_display=${tv.cookies.get('hl_display')}; hl_session=${tv.cookies.get('hl_display')}`;
    for (const path of ['/api/session', '/api/contacts', '/api/recordings', '/api/displays'])
      expect((await send(house.port, 'GET', path, { cookie })).status, path).to.equal(401);
  });
});
