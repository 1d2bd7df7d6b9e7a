/**
 * Many people at once for tests of faults: desk phones and callers played by sipp, which the test tells when to hang
 * up, and RTP endpoints where audio is listened to. Ends every process that it started.
 */
import type { House } from '../../support/house.ts';
import { RtpPeer } from '../../support/rtp-peer.ts';
import { freePort } from '../../support/free-port.ts';
import { registerPhones, runSipp, type SippOptions, type SippRun } from '../../support/sipp.ts';
import { until } from '../../support/until.ts';

/** Longer than any test: what is left over ends by itself. */
const sippLifeMs = 600_000;

export class Crowd {
  readonly agents: SippRun[] = [];
  readonly callers: SippRun[] = [];
  private readonly house: House;
  private readonly sounds: RtpPeer[] = [];
  private readonly signed = new Set<string>();

  constructor(house: House) {
    this.house = house;
  }

  /** Phones first, first + 1 ... at one address; they ring, and answer by themselves. */
  async seat(first: number, count: number, options: Partial<SippOptions> = {}): Promise<SippRun> {
    const port = await freePort();
    const phones = Array.from({ length: count }, (_, i) => String(first + i));
    await registerPhones(
      this.house.sipPort,
      port,
      phones.map((user) => ({ user, password: `secret-${user}` })),
    );
    const run = await runSipp({ scenario: 'agent', port, boundMs: sippLifeMs, ...options });
    this.agents.push(run);
    return run;
  }

  /** Callers through the trunk, to 701 (no greeting) unless told otherwise. */
  async call(calls: number, options: Partial<SippOptions> = {}): Promise<SippRun> {
    const { sipPort } = this.house;
    const defaults = { scenario: 'caller', service: '701', ratePerSec: 50, boundMs: sippLifeMs };
    const run = await runSipp({ ...defaults, sipPort, calls, ...options });
    this.callers.push(run);
    return run;
  }

  /** An endpoint that says a tone as soon as it hears where the other side is (symmetric RTP). */
  async sound(toneHz: number): Promise<RtpPeer> {
    const peer = await RtpPeer.create();
    this.sounds.push(peer);
    void until('the other side is heard', () => peer.packets.length > 0, 60_000).then(
      () => peer.target(peer.packets[0]!.from.port).start(toneHz),
      () => undefined,
    );
    return peer;
  }

  /** Calls that agents talk on and that nobody was told to end yet. */
  talking(): { run: SippRun; callId: string }[] {
    return this.agents.flatMap((run) => {
      const over = new Set(run.logged('bye'));
      return run
        .logged('up')
        .filter((callId) => !over.has(callId) && !this.signed.has(callId))
        .map((callId) => ({ run, callId }));
    });
  }

  async hangUp(run: SippRun, callId: string): Promise<void> {
    this.signed.add(callId);
    await run.sign(callId);
  }

  /** Agents hang up whatever they talk on, until nobody is left in the house. */
  async serveAll(boundMs: number): Promise<void> {
    await until(
      'everybody was served',
      async () => {
        for (const { run, callId } of this.talking()) await this.hangUp(run, callId);
        return (await this.house.inHand()) === 0;
      },
      boundMs,
    );
  }

  async leave(): Promise<void> {
    for (const sound of this.sounds.splice(0)) sound.close();
    await Promise.all([...this.agents.splice(0), ...this.callers.splice(0)].map((run) => run.stop()));
  }
}
