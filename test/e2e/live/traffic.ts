/**
 * A small call centre at work for pictures and for looking at the screens with life in them: nine tied phones, callers who
 * wait, talk and give up, over real SIP and RTP from a second pair of engines. Bounded: a few calls at a time.
 */
import { join } from 'node:path';
import { Peer, type PeerCall } from '../../../installer/demo-parts/peer.ts';
import type { Stack } from '../../support/stack.ts';

const queues = ['Accounts', 'Cards and fraud', 'Loans', 'Mortgages', 'Private banking'];
const names = [
  'Alessandra Montefiori',
  'Bruno Keller',
  'Chiara Vitale',
  'Dmitri Voronin',
  'Elena Preobrazhenskaya',
  'Fabio Conti',
  'Galina Orlova',
  'Hugo Lindqvist',
  'Irene Castellani',
];
const phones = names.map((_, i) => ({ username: String(2001 + i), password: `secret-${2001 + i}` }));
const talkSec = 14;

/** Everybody takes two queues, so that there is somebody for each. */
export const trafficSite = `site: { name: Northgate Bank, timeZone: Europe/Rome, language: en }
numbers:
${queues.map((_, i) => `  - { number: '70${i + 1}', queue: q${i + 1}, greeting: [welcome] }`).join('\n')}
queues:
${queues.map((name, i) => `  - { id: q${i + 1}, name: ${name}, ringSec: 8, maxWaitSec: 120, announcePositionEverySec: 15 }`).join('\n')}
trunks:
  - { id: outside, addresses: ['127.0.0.1'], maxCalls: 40 }
phones:
${phones.map((phone) => `  - { id: '${phone.username}', password: ${phone.password} }`).join('\n')}
agents:
${names
  .map((name, i) => {
    const takes = [`q${(i % 5) + 1}`, `q${((i + 1) % 5) + 1}`].join(', ');
    return `  - { id: '${301 + i}', name: ${name}, queues: [${takes}], phone: '${2001 + i}', wrapUp: { mode: timed, sec: 6 } }`;
  })
  .join('\n')}
notReadyReasons:
  - { code: '1', id: lunch, name: Lunch }
  - { code: '2', id: training, name: Training }
`;

const sleep = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms).unref());
const exponential = (meanMs: number) => -Math.log(1 - Math.random()) * meanMs;

export class Traffic {
  private readonly prompts: string;
  private peer!: Peer;
  private isOver = false;
  private readonly callers = new Set<PeerCall>();

  private constructor(stack: Stack) {
    this.prompts = join(stack.promptsDir, 'en');
  }

  static async start(stack: Stack, betweenCallsMs = 2200): Promise<Traffic> {
    const traffic = new Traffic(stack);
    traffic.peer = await Peer.start(`127.0.0.1:${stack.sipPort}`, (phone, accept, gone) => {
      void traffic.ring(phone, accept, gone);
    });
    // One agent comes late: somebody is logged out.
    for (const phone of phones.slice(0, -1)) await traffic.peer.register(phone, 600);
    void traffic.code(phones[3]!, '*131');
    void traffic.call(betweenCallsMs);
    return traffic;
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.peer.stop();
  }

  private voice(...ids: string[]): string[] {
    return ids.map((id) => join(this.prompts, `${id}.wav`));
  }

  private code(phone: (typeof phones)[number], code: string) {
    return this.peer.call(code, phone.username, [], phone);
  }

  private async ring(
    phone: string,
    accept: () => Promise<PeerCall | undefined>,
    gone: Promise<void>,
  ): Promise<void> {
    // One phone is left ringing: its agent becomes not ready.
    if (phone === '2007') return;
    const isGone = await Promise.race([
      gone.then(() => true),
      sleep(1200 + exponential(1500)).then(() => false),
    ]);
    const call = isGone || this.isOver ? undefined : await accept();
    if (call) this.peer.say(call, this.voice('please-wait', 'agent-ready', 'goodbye'));
  }

  private async call(betweenCallsMs: number): Promise<void> {
    while (!this.isOver) {
      if (this.callers.size < 14) void this.customer();
      await sleep(300 + exponential(betweenCallsMs));
    }
  }

  private async customer(): Promise<void> {
    // Two queues take most of it.
    const pick = Math.random();
    const number = pick < 0.3 ? 1 : pick < 0.65 ? 2 : 3 + Math.floor(Math.random() * 3);
    const from = `+39055${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
    const call = await this.peer.call(`70${number}`, from, this.voice('welcome', 'position-1', 'closed'));
    if (!call) return;
    this.callers.add(call);
    call.once('ended', () => this.callers.delete(call));
    const isImpatient = Math.random() < 1 / 6;
    await sleep(isImpatient ? 4000 + exponential(5000) : 10_000 + exponential(talkSec * 1000));
    if (!call.isEnded) await this.peer.hangUp(call);
  }
}
