/** What each program asks itself before it tells the watchdog that it is alive: the answer must fail to come when its work does. */
import { expect } from 'chai';
import { pino } from 'pino';
import { createAcd } from '../../../server/acd/engine.ts';
import type { Acd } from '../../../server/acd/types.ts';
import { AcdShell } from '../../../server/app/acd-shell.ts';
import type { EventLogPort } from '../../../server/app/ports.ts';
import { readConfig } from '../../../sip/engine/config.ts';
import { Engine } from '../../../sip/engine/core/engine.ts';
import { Switchboard } from '../../../sip/media/engine/switchboard.ts';
import type { ToWorker } from '../../../sip/media/engine/thread-messages.ts';

const quiet = pino({ level: 'silent' });

describe('a program that tells the watchdog that it is alive', () => {
  it('is the server only while routing leaves nothing over that was due', () => {
    const log = { append: () => [] } as unknown as EventLogPort;
    const at = 1_800_000_000_000;
    const clock = { now: () => at, monotonicMs: () => 0 };
    const isAlive = (acd: Acd) => {
      const shell = new AcdShell({ acd, log, clock, logger: quiet });
      const answer = shell.takesItsTurn();
      shell.stop();
      return answer;
    };
    expect(isAlive(createAcd())).to.equal(true);
    expect(isAlive({ ...createAcd(), nextDeadline: () => at + 60_000 })).to.equal(true);
    expect(isAlive({ ...createAcd(), nextDeadline: () => at - 60_000 })).to.equal(false);
  });

  it('is the SIP engine only while its timers fire and it listens', async () => {
    const env = { HEARTHLINE_BIND: '127.0.0.1', HEARTHLINE_SIP_PORT: '0', HEARTHLINE_SIP_SECRET: 'secret' };
    const config = readConfig({ ...env, HEARTHLINE_SIP_CONTROL: '127.0.0.1:0' });
    const engine = new Engine(config, quiet);
    // The clock of the engine does not keep a process alive, a test's does.
    const keep = setInterval(() => undefined, 1000);
    try {
      expect(await engine.takesItsTurn()).to.equal(false);
      await engine.start();
      expect(await engine.takesItsTurn()).to.equal(true);
    } finally {
      clearInterval(keep);
      engine.stop();
    }
  });

  it('is the media engine only while each of its audio threads answers', async () => {
    const asked: ToWorker[][] = [[], []];
    const links = asked.map((list) => ({ post: (batch: ToWorker[]) => void list.push(...batch) }));
    const board = new Switchboard(links, { onEvent: () => undefined, helloFacts: () => ({}) });
    let isAnswered = false;
    const answer = board.whenRunning().then(() => (isAnswered = true));
    await new Promise((turn) => setImmediate(turn));
    expect(asked.map((list) => list.map(({ t }) => t))).to.deep.equal([['ping'], ['ping']]);
    const keyOf = (worker: number) => (asked[worker]![0] as { key: number }).key;
    board.onWorkerMessage({ answers: [{ key: keyOf(0), body: { ok: true } }], events: [] });
    await new Promise((turn) => setImmediate(turn));
    expect(isAnswered).to.equal(false);
    board.onWorkerMessage({ answers: [{ key: keyOf(1), body: { ok: true } }], events: [] });
    await answer;
  });
});
