/** A recorded call in the console: listed with names, heard only after a reason, written down with who and why, and out of reach otherwise. */
import { expect } from 'chai';
import type { AuditPage, NewUser, RecordingPage } from '../../../server/contract/rest.ts';
import { until } from '../../support/until.ts';
import { administrator, agentNames, callerNumber, LiveHouse, visit } from './live-house.ts';

const reason = 'complaint 4711';
const talkMs = 4000;

describe('recordings on the real server', function () {
  this.timeout(60_000);
  let live: LiveHouse;
  let admin: Awaited<ReturnType<LiveHouse['setUp']>>;
  let recording: RecordingPage['items'][number];
  let file: string;
  let audioUrl: string;

  before(async () => {
    live = await LiveHouse.open();
    admin = await live.setUp();
    const agent = await live.agentPhone('1001');
    await live.house.untilAgent('101', 'ready');
    const caller = await live.caller(callerNumber);
    await caller.dial('701');
    await caller.waitFor('CALL_ESTABLISHED');
    await live.house.untilAgent('101', 'talking');
    await live.house.talkFor(talkMs);
    await caller.hangup();
    await agent.waitFor('CALL_CLOSED');
    file = (await live.house.recordings(1))[0]!.file;
    const page = await live.request(admin.context, 'GET', '/api/recordings');
    recording = (page.body as RecordingPage).items[0]!;
  });
  after(() => live.close());

  it('is listed with its caller, queue and agent by name, and is heard only after a reason', async () => {
    const { page } = admin;
    await visit(page, 'recordings');
    const row = page.locator('tbody tr');
    await until('there is one row', async () => (await row.count()) === 1);
    for (const text of [callerNumber, 'Main line', agentNames[0]!])
      await until(`the row says ${text}`, async () => (await row.innerText()).includes(text));
    await row.locator('button').click();
    await page.locator('dialog button[type=submit]').click();
    expect(await page.locator('audio').count(), 'without a reason').to.equal(0);
    await page.fill('#reason', reason);
    await page.keyboard.press('Enter');
    const audio = page.locator('audio');
    await audio.waitFor();
    audioUrl = (await audio.getAttribute('src')) ?? '';
    await until('the sound goes on', () =>
      audio.evaluate((element: HTMLAudioElement) => element.currentTime > 0.5 && element.error === null),
    );
    const durationMs = await audio.evaluate((element: HTMLAudioElement) => element.duration * 1000);
    expect(durationMs).to.be.within(recording.durationMs - 50, recording.durationMs + 50);
    expect(durationMs).to.be.within(talkMs - 500, talkMs + 2500);
    // Seeking is a new request for the rest of the file.
    await audio.evaluate((element: HTMLAudioElement) => {
      element.currentTime = element.duration - 0.6;
    });
    await until('it plays to its end', () => audio.evaluate((element: HTMLAudioElement) => element.ended));
    expect(admin.errors).to.deep.equal([]);
  });

  it('comes in parts', async () => {
    const { request } = admin.context;
    const get = (range: string) => request.get(`${live.url}${audioUrl}`, { headers: { range } });
    const head = await get('bytes=0-11');
    expect(head.status()).to.equal(206);
    expect((await head.body()).toString('latin1')).to.match(/^RIFF....WAVE$/s);
    expect(head.headers()).to.include({
      'content-range': `bytes 0-11/${recording.bytes}`,
      'content-type': 'audio/wav',
      'cache-control': 'no-store',
    });
    const tail = await get('bytes=-100');
    expect([tail.status(), (await tail.body()).length]).to.deep.equal([206, 100]);
    expect((await get(`bytes=${recording.bytes}-`)).status()).to.equal(416);
    const whole = await request.get(`${live.url}${audioUrl}`);
    expect([whole.status(), (await whole.body()).length]).to.deep.equal([200, recording.bytes]);
  });

  it('leaves who and why in the audit trail, once, and the chain is whole', async () => {
    const { page } = admin;
    await visit(page, 'audit');
    await page.locator('.page-head .notice-good').waitFor();
    for (const action of ['recording.opened', 'recording.played']) {
      const row = page.locator('tbody tr', { hasText: action });
      await row.first().waitFor();
      expect(await row.count(), action).to.equal(1);
      const text = await row.innerText();
      for (const part of [`user:${administrator.username}`, recording.recordingId, reason])
        expect(text, action).to.contain(part);
    }
    const { body } = await live.request(admin.context, 'POST', '/api/audit/verify', {});
    expect(body).to.include({ isIntact: true });
    // And a chain that was tampered with is not.
    await live.house.rows(
      "update audit set details = jsonb_set(details, '{reason}', '\"other\"') where action = 'recording.played'",
    );
    await page.getByRole('button', { name: /verify/i }).click();
    await page.locator('.page-head .notice-bad').waitFor();
    expect((await live.request(admin.context, 'POST', '/api/audit/verify', {})).body).to.include({
      isIntact: false,
    });
  });

  it('is not to be had by a viewer, by another session, by a stranger, nor by guessing', async () => {
    const newSession = async (role: string) => {
      const made = await live.request(admin.context, 'POST', '/api/users', { username: `${role}1`, role });
      const { oneTimePassword } = made.body as NewUser;
      const { context } = await live.visitor();
      const next = 'quite another long one';
      await live.request(context, 'POST', '/api/session', {
        username: `${role}1`,
        password: oneTimePassword,
      });
      const changed = await live.request(context, 'POST', '/api/me/password', {
        current: oneTimePassword,
        next,
      });
      expect(changed.status).to.equal(200);
      return context;
    };
    const stranger = (await live.visitor()).context;
    const viewer = await newSession('viewer');
    const supervisor = await newSession('supervisor');
    const { recordingId } = recording;
    const listen = `/api/recordings/${recordingId}/listen`;
    const status = async (context: typeof stranger, method: string, path: string, data?: unknown) =>
      (await live.request(context, method, path, data)).status;
    // The grant of the administrator, in the hands of others.
    expect(await status(stranger, 'GET', audioUrl)).to.equal(401);
    expect(await status(viewer, 'GET', audioUrl)).to.equal(403);
    expect(await status(supervisor, 'GET', audioUrl)).to.equal(403);
    expect(await status(viewer, 'GET', '/api/recordings')).to.equal(403);
    expect(await status(viewer, 'POST', listen, { reason })).to.equal(403);
    expect(await status(supervisor, 'POST', listen, { reason: '  ' }), 'no reason').to.equal(400);
    expect(await status(supervisor, 'POST', listen, { reason })).to.equal(200);
    const bare = `/api/recordings/${recordingId}/audio`;
    expect(await status(admin.context, 'GET', bare), 'no grant').to.equal(400);
    expect(await status(admin.context, 'GET', `${bare}?grant=${'a'.repeat(43)}`)).to.equal(403);
    const name = encodeURIComponent(file);
    const guesses = [
      `/recordings/${file}`,
      `/${file}`,
      `/wallboard/${file}`,
      `/wallboard/..%2f..%2fvar%2frecordings%2f${name}`,
      `/assets/..%2f..%2f..%2fvar%2frecordings%2f${name}`,
      `/api/recordings/${name}/audio`,
      `/api/recordings/..%2f${name}/audio?grant=${'a'.repeat(43)}`,
    ];
    for (const context of [stranger, admin.context])
      for (const guess of guesses) {
        const answer = await live.request(context, 'GET', guess);
        expect(String(answer.body).startsWith('RIFF'), guess).to.equal(false);
        expect(answer.status, guess).to.be.oneOf([400, 401, 403, 404]);
      }
    const { body } = await live.request(admin.context, 'GET', '/api/audit?limit=200');
    const opened = (body as AuditPage).items.filter((row) => row.action === 'recording.opened');
    expect(opened.map((row) => row.actor)).to.deep.equal([
      'user:supervisor1',
      `user:${administrator.username}`,
    ]);
  });
});
