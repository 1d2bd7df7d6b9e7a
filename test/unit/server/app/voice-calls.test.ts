/** Calls between telephony and routing: real routing, shell and site, telephony played by hand. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell } from '../../../../server/app/acd-shell.ts';
import { ActiveSite } from '../../../../server/app/active-site.ts';
import type { Callbacks } from '../../../../server/app/callback/callbacks.ts';
import type { FeatureCodes } from '../../../../server/app/feature-codes.ts';
import { RecentCallers } from '../../../../server/app/recent-callers.ts';
import { VoiceCalls } from '../../../../server/app/voice-calls.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { EventDraft, HearthlineEvent } from '../../../../server/contract/events.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import type { CallControl } from '../../../../sip/port.ts';

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const noCallbacks = {
  onCallEvent: () => false,
  isCalling: () => false,
  numberOf: () => undefined,
} as unknown as Callbacks;
const caller = { source: { kind: 'trunk', trunkId: 't' }, pii: { from: '0701234567' } } as const;

const care = { id: 'care', name: 'Care' };
/** `800` leads to a queue without agents, which sends everybody on to 900. */
const numbers = [
  { number: '800', queue: 'sales' },
  { number: '900', queue: 'care', greeting: ['welcome'], language: 'it' },
];

class House {
  at = 1_000_000;
  readonly log: EventDraft[] = [];
  readonly site = new ActiveSite();
  readonly up = new Set<string>();
  readonly commands: string[] = [];
  acd = createAcd();
  shell: AcdShell;
  voice: VoiceCalls;
  private dialled = '';
  private version = 0;

  constructor() {
    [this.shell, this.voice] = this.open();
    this.apply({ numbers });
  }

  private open(): [AcdShell, VoiceCalls] {
    const append = (drafts: EventDraft[]) => {
      this.log.push(...drafts);
      return drafts.map((d, i) => ({ ...d, id: `e${i}`, seq: this.log.length, v: 1 }) as HearthlineEvent);
    };
    const log = { append, lastSeq: () => this.log.length };
    const clock = { now: () => ++this.at };
    const shell = new AcdShell({ acd: this.acd, log, clock, logger });
    // No timer of the shell ever fires.
    shell.stop();
    const voice = new VoiceCalls({
      shell,
      calls: this.telephony(),
      site: this.site,
      prompts: { file: (id, language) => `${language}/${id}`, prepare: async () => undefined },
      clock,
      features: { owns: () => false } as unknown as FeatureCodes,
      recent: new RecentCallers(),
      callbacks: noCallbacks,
    });
    return [shell, voice];
  }

  /** Another process, which knows only what the log says. */
  restart(): void {
    this.acd = createAcd();
    for (const event of this.log) this.acd.apply(event);
    [this.shell, this.voice] = this.open();
    this.commands.length = 0;
  }

  private telephony(): CallControl {
    const did = (what: string) => void this.commands.push(what);
    return {
      answer: (id: string) => did(`answer ${id}`),
      reject: (id: string, status: number) => did(`reject ${id} ${status}`),
      play: (id: string, playId: string, files: string[]) => did(`play ${id} ${playId} ${files.join()}`),
      hangup: (id: string, reason: string) => (this.up.delete(id), did(`hangup ${id}: ${reason}`)),
      dial: (_id: string, { phoneId }: { phoneId: string }) => did(`dial ${phoneId}`),
      connect: (a: string) => did(`connect ${a}`),
      hasLeg: (id: string) => this.up.has(id),
      isUp: (id: string) => this.up.has(id),
      incoming: () => ({ dialled: this.dialled, ...caller }),
    } as unknown as CallControl;
  }

  apply(changes: object): void {
    const overflow = [{ when: 'no-agents', to: { number: '900' } }];
    const site = siteSchema.parse({
      site: { name: 'x', language: 'en' },
      queues: [{ id: 'sales', name: 'Sales', overflow }, care],
      phones: [{ id: 'p' }],
      agents: [{ id: '101', name: 'A', queues: ['care'] }],
      ...changes,
    });
    this.site.replace({ site, version: ++this.version, yaml: '' });
    this.shell.run({ type: 'site.apply', site: toAcdSite(site, this.version) });
  }

  /** A contact in its greeting that the log tells of, of a queue that may not be there. */
  greeted(contactId: string, queueId: string): void {
    const data = { channel: 'voice', numberId: '800', language: 'en' } as const;
    this.log.push({ type: 'contact.arrived', at: this.at, contactId, queueId, data });
  }

  seat(): void {
    this.shell.run({ type: 'phone.registered', phoneId: 'p', transport: 'udp' });
    this.shell.run({ type: 'agent.login', agentId: '101', phoneId: 'p', how: 'feature-code' });
    this.shell.run({ type: 'agent.ready', agentId: '101' });
  }

  /** Dials and is answered. */
  call(legId: string, dialled: string): void {
    this.dialled = dialled;
    this.voice.onCallEvent({ type: 'leg.incoming', legId, dialled, ...caller });
    this.up.add(legId);
    this.voice.onCallEvent({ type: 'leg.answered', legId });
  }

  /** What was played last has been heard to its end. */
  hear(legId: string, playId: string): void {
    this.voice.onCallEvent({ type: 'play.finished', legId, playId, reason: 'done' });
  }

  last<T extends EventDraft['type']>(type: T): Extract<EventDraft, { type: T }> | undefined {
    return this.log.findLast((event) => event.type === type) as Extract<EventDraft, { type: T }> | undefined;
  }
}

/** The site without the number that `sales` sends its callers to. */
const without900 = { numbers: numbers.slice(0, 1), queues: [{ id: 'sales', name: 'Sales' }] };

describe('calls', () => {
  let house: House;
  beforeEach(() => {
    house = new House();
  });
  afterEach(() => {
    for (const { id } of house.acd.contacts()) expect(house.up.has(id), id).to.equal(true);
  });

  it('are greeted, in the language of the number, and then wait with music', () => {
    house.call('c', '900');
    expect(house.commands).to.deep.equal(['answer c', 'play c greeting it/welcome']);
    house.hear('c', 'greeting');
    expect(house.acd.contact('c')).to.include({ state: 'waiting', queueId: 'care' });
    expect(house.commands.at(-1)).to.equal('play c music it/music');
  });

  it('that flow out to a number hear its greeting and wait in its queue', () => {
    house.call('c', '800');
    expect(house.acd.contact('c')).to.include({ state: 'flowed-out', target: 'number:900' });
    expect(house.commands).to.deep.equal(['answer c', 'play c greeting it/welcome']);
    house.hear('c', 'greeting');
    expect(house.acd.contact('c')).to.include({ state: 'waiting', queueId: 'care' });
    expect(house.commands.at(-1)).to.equal('play c music it/music');
  });

  it('whose number left the site during its greeting hear that all are busy, and end', () => {
    house.call('c', '800');
    house.apply(without900);
    house.hear('c', 'greeting');
    expect(house.commands.at(-1)).to.equal('play c overflow it/all-busy');
    expect(house.acd.contact('c')?.state).to.equal('flowed-out');
    house.hear('c', 'overflow');
    expect(house.last('contact.ended')?.data).to.include({
      outcome: 'flowed-out',
      reason: 'overflow message heard',
    });
    expect(house.commands.at(-1)).to.equal('hangup c: overflow message heard');
    house.acd.assertInvariants();
  });

  it('whose number left the site, and whose greeting ends after a restart, hear it too', () => {
    house.call('c', '800');
    house.apply(without900);
    house.restart();
    house.voice.adopt(house.acd.contact('c')!);
    expect(house.commands).to.deep.equal(['play c overflow en/all-busy']);
    house.hear('c', 'greeting');
    expect(house.commands.at(-1)).to.equal('play c overflow en/all-busy');
    house.hear('c', 'overflow');
    expect(house.last('contact.ended')?.data).to.include({ outcome: 'flowed-out' });
    expect(house.up.size).to.equal(0);
  });

  it('of a queue that routing does not know hear that all are busy, and fail', () => {
    house.greeted('c', 'gone');
    house.restart();
    house.up.add('c');
    house.voice.adopt(house.acd.contact('c')!);
    expect(house.commands).to.deep.equal(['play c overflow en/all-busy']);
    house.hear('c', 'overflow');
    expect(house.last('contact.ended')?.data).to.include({
      outcome: 'failed',
      reason: 'could not be queued',
    });
    expect(house.commands.at(-1)).to.equal('hangup c: could not be queued');
  });

  it('hear so when they are up, not while they still ring', () => {
    house.greeted('c', 'gone');
    house.restart();
    house.voice.adopt(house.acd.contact('c')!);
    expect(house.commands).to.deep.equal([]);
    house.call('c', '800');
    expect(house.commands).to.deep.equal(['answer c', 'play c overflow en/all-busy']);
  });

  it('keep their own message, and their talk, when the end of a greeting is told late', () => {
    const overflow = [{ when: 'no-agents', to: { message: 'closed' } }];
    house.apply({ numbers, queues: [{ id: 'sales', name: 'Sales', overflow }, care] });
    house.call('c', '800');
    house.hear('c', 'greeting');
    expect(new Set(house.commands)).to.deep.equal(new Set(['answer c', 'play c overflow en/closed']));
    house.hear('c', 'overflow');

    house.seat();
    house.call('d', '900');
    house.hear('d', 'greeting');
    house.voice.onCallEvent({ type: 'dial.answered', legId: house.acd.contact('d')!.offerId! });
    const before = house.commands.length;
    house.hear('d', 'greeting');
    house.hear('d', 'overflow');
    expect(house.acd.contact('d')?.state).to.equal('connected');
    expect(house.commands.length).to.equal(before);
  });

  it('hang up a leg that is no contact any more', () => {
    house.up.add('c');
    house.hear('c', 'greeting');
    expect(house.commands).to.deep.equal(['hangup c: unknown contact']);
  });

  it('are the same contact whether they arrive or are found after a crash', () => {
    house.call('c', '900');
    const arrived = house.last('contact.arrived');
    house.up.add('d');
    house.voice.adoptLeg('d');
    const found = house.last('contact.arrived');
    expect(found).to.deep.equal({ ...arrived, contactId: 'd', at: found?.at });
    expect(house.acd.contact('d')).to.include({ state: 'waiting', queueId: 'care' });
    expect(house.commands.at(-1)).to.equal('play d music it/music');
  });
});
