/**
 * `npm run demo`: a small live call centre on the running system. Simulated desk phones register, agents log in from
 * them with *10 and their PIN, callers call, wait, talk and hang up, some give up, some phones go unanswered. All over
 * the real SIP and media path. It adds a queue of its own to the site and takes it out again at the end.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { formatSite, parseSite } from '../server/config/site-file.ts';
import { adminPlaceIn, askAdmin } from './admin-socket.ts';
import { demoAgents, demoNumber, withDemo, withoutDemo, type DemoAgent } from './demo-parts/demo-site.ts';
import { Peer, type PeerCall } from './demo-parts/peer.ts';
import { readSettings } from './settings.ts';

const registerSec = 120;
/** Means of exponential times, seconds: a busy but healthy small line. */
const betweenCallsSec = 4.5;
const talkSec = 22;
const patienceSec = 45;
const missedShare = 0.06;

const say = (text: string) => void process.stdout.write(`${text}\n`);
const sleep = (ms: number) => new Promise((resolve) => void setTimeout(resolve, ms).unref());
const exponential = (mean: number) => -Math.log(1 - Math.random()) * mean * 1000;

class Demo {
  private readonly dataDir: string;
  private readonly prompts: string;
  private readonly agents: DemoAgent[];
  private readonly callers = new Set<PeerCall>();
  private peer!: Peer;
  private isOver = false;
  private count = { called: 0, talked: 0, gaveUp: 0, missed: 0 };

  constructor(dataDir: string) {
    this.dataDir = dataDir;
    this.prompts = join(dataDir, 'prompts');
    this.agents = demoAgents(() => randomBytes(12).toString('base64url'));
  }

  async open(server: string): Promise<void> {
    this.peer = await Peer.start(server, (phone, accept, gone) => void this.rung(phone, accept, gone));
    await this.changeSite((site) => withDemo(site, this.agents, `127.0.0.1:${this.peer.sipPort}`));
    for (const agent of this.agents) void this.seat(agent);
  }

  async run(): Promise<void> {
    let shown = 0;
    while (!this.isOver) {
      await sleep(exponential(betweenCallsSec));
      if (!this.isOver) void this.customer();
      if (Date.now() - shown < 10_000) continue;
      shown = Date.now();
      const { called, talked, gaveUp, missed } = this.count;
      say(`  ${called} called, ${talked} talked, ${gaveUp} gave up, ${missed} rang unanswered`);
    }
  }

  async close(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    say('\n  Taking the demo out of the site ...');
    const phones = this.agents.map((a) => this.peer.register(credentials(a), 0));
    await Promise.race([Promise.all(phones), sleep(3000)]);
    await this.peer.stop();
    await this.changeSite(withoutDemo).catch((error: Error) => say(`  ${error.message}`));
  }

  private async changeSite(
    change: (site: Parameters<typeof withoutDemo>[0]) => ReturnType<typeof withoutDemo>,
  ) {
    const parsed = parseSite(await askAdmin(adminPlaceIn(this.dataDir), 'GET', '/site'));
    if ('faults' in parsed) throw new Error('The running site cannot be read.');
    await askAdmin(adminPlaceIn(this.dataDir), 'PUT', '/site', formatSite(change(parsed.site)));
  }

  private voice(...ids: string[]): string[] {
    return ids.map((id) => join(this.prompts, 'en', `${id}.wav`));
  }

  /** An agent sits down: the phone registers, *10 logs in, *12 makes Ready. */
  private async seat(agent: DemoAgent): Promise<void> {
    const phone = credentials(agent);
    if ((await this.peer.register(phone, registerSec)) !== 200)
      return say(`  ${agent.phoneId} could not register`);
    const refresh = setInterval(() => void this.peer.register(phone, registerSec), (registerSec * 1000) / 2);
    refresh.unref();
    await this.dialCode(agent, `*10${agent.agentId}*${agent.pin}`);
    await this.dialCode(agent, '*12');
  }

  private async dialCode(agent: DemoAgent, code: string): Promise<void> {
    if (this.isOver) return;
    const call = await this.peer.call(code, agent.phoneId, [], credentials(agent));
    if (call && !call.isEnded)
      await Promise.race([new Promise<void>((done) => call.once('ended', done)), sleep(15_000)]);
  }

  private async rung(
    phoneId: string,
    accept: () => Promise<PeerCall | undefined>,
    gone: Promise<void>,
  ): Promise<void> {
    const agent = this.agents.find((a) => a.phoneId === phoneId);
    if (Math.random() < missedShare) {
      this.count.missed++;
      await gone;
      await sleep(6000 + exponential(6));
      if (agent) await this.dialCode(agent, '*12');
      return;
    }
    const isGone = await Promise.race([
      gone.then(() => true),
      sleep(1000 + exponential(1.5)).then(() => false),
    ]);
    if (isGone) return;
    const call = await accept();
    if (!call) return;
    this.peer.say(call, this.voice('please-wait', 'agent-ready', 'goodbye'));
    // Some agents hang up first.
    if (Math.random() < 0.3) void sleep(3000 + exponential(talkSec)).then(() => this.peer.hangUp(call));
  }

  private async customer(): Promise<void> {
    this.count.called++;
    const from = `+39055${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
    const call = await this.peer.call(demoNumber, from, this.voice('welcome', 'position-1', 'closed'));
    if (!call) return;
    this.callers.add(call);
    call.once('ended', () => this.callers.delete(call));
    // Whether an agent answered cannot be heard from here: one in seven has no patience, the others talk.
    const isImpatient = Math.random() < 1 / 7;
    await sleep(
      isImpatient
        ? 5000 + exponential(10)
        : 6000 + exponential(talkSec) + Math.min(exponential(5), patienceSec),
    );
    if (call.isEnded) return;
    this.count[isImpatient ? 'gaveUp' : 'talked']++;
    await this.peer.hangUp(call);
  }
}

const credentials = (agent: DemoAgent) => ({ username: agent.phoneId, password: agent.password });

export async function demo(): Promise<void> {
  const settings = readSettings(process.env, process.cwd());
  const bind = settings.bind === '0.0.0.0' ? '127.0.0.1' : settings.bind;
  const live = new Demo(settings.dataDir);
  const stop = () => void live.close().then(() => process.exit(0));
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await live.open(`${bind}:${settings.sipPort}`);
  } catch (error) {
    process.stderr.write(
      `\nThe demo cannot start: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    await live.close().catch(() => undefined);
    process.exit(1);
  }
  say(`\nA small call centre is at work: eight agents, callers on number ${demoNumber}.`);
  say(
    `  Watch it on ${settings.tls ? 'https' : 'http'}://${bind}:${settings.httpPort}/wallboard/    Stop: Ctrl-C`,
  );
  await live.run();
}
