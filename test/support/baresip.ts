/**
 * A real desk phone for tests: baresip without a sound card, driven over its ctrl_tcp socket (JSON in netstrings).
 * It says a tone from a file and takes in whatever it hears. One process, one temporary folder each.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';
import { toneWav } from './tone-wav.ts';
import { until } from './until.ts';

export interface BaresipEvent {
  type: string;
  class?: string;
  param?: string;
  direction?: string;
  peeruri?: string;
  peerdisplayname?: string;
  id?: string;
}
export interface BaresipOptions {
  user: string;
  password: string;
  sipPort: number;
  /** Answers by itself. */
  isAutoAnswer?: boolean;
  /** The tone it says, Hz; 0 is silence. */
  toneHz?: number;
  /** 0: it registers nowhere, and is called at its port. */
  registerSec?: number;
  transport?: 'udp' | 'tcp';
  /** Its own address, and the server's; loopback when left out. */
  address?: string;
  serverAddress?: string;
}
export interface Baresip {
  /** Where it listens, UDP and TCP. */
  readonly port: number;
  readonly events: BaresipEvent[];
  command(command: string, params?: string): Promise<string>;
  dial(number: string): Promise<string>;
  hangup(): Promise<string>;
  accept(): Promise<string>;
  /** Registered, whether that happened before or after the control port was open. */
  untilRegistered(boundMs?: number): Promise<void>;
  waitFor(type: string, boundMs?: number): Promise<BaresipEvent>;
  count(type: string): number;
  /** The cable is pulled: nothing is said to anybody. */
  unplug(): void;
  stop(): Promise<void>;
}

function writeConfig(dir: string, options: BaresipOptions, port: number, control: number): void {
  const {
    user,
    password,
    sipPort,
    isAutoAnswer,
    toneHz = 440,
    registerSec = 60,
    transport = 'udp',
    address = '127.0.0.1',
    serverAddress = '127.0.0.1',
  } = options;
  writeFileSync(join(dir, 'tone.wav'), toneWav({ frequency: toneHz, ms: 30_000, rate: 8000 }));
  const mode = isAutoAnswer ? ';answermode=auto' : '';
  writeFileSync(
    join(dir, 'accounts'),
    `<sip:${user}@${serverAddress}:${sipPort};transport=${transport}>;auth_user=${user};auth_pass=${password};` +
      `regint=${registerSec};audio_codecs=PCMU,PCMA${mode};audio_source=aufile,${join(dir, 'tone.wav')};audio_player=aubridge,nil\n`,
  );
  writeFileSync(join(dir, 'contacts'), '');
  const modules = ['g711', 'aufile', 'aubridge'].map((m) => `module ${m}.so`);
  const apps = ['account', 'contact', 'menu', 'ctrl_tcp'].map((m) => `module_app ${m}.so`);
  writeFileSync(
    join(dir, 'config'),
    [
      'module_path /usr/lib/baresip/modules',
      'module_tmp uuid.so',
      ...modules,
      ...apps,
      `sip_listen ${address}:${port}`,
      `ctrl_tcp_listen 127.0.0.1:${control}`,
      'audio_source aufile',
      'audio_player aubridge,nil',
      'audio_alert aubridge,nil',
      'audio_srate 8000-8000',
      'audio_channels 1-1',
      'audio_buffer 20-160',
      'rtp_ports 40000-49999',
      'rtp_timeout 0',
      `net_interface ${address}`,
      'call_max_calls 4',
      '',
    ].join('\n'),
  );
}

/** Splits `<length>:<json>,` as they come in. */
class Netstrings {
  private rest = Buffer.alloc(0);
  take(chunk: Buffer): string[] {
    this.rest = Buffer.concat([this.rest, chunk]);
    const found: string[] = [];
    for (;;) {
      const colon = this.rest.indexOf(0x3a);
      if (colon < 0) return found;
      const length = Number(this.rest.toString('latin1', 0, colon));
      if (this.rest.length < colon + 2 + length) return found;
      found.push(this.rest.toString('utf8', colon + 1, colon + 1 + length));
      this.rest = this.rest.subarray(colon + 2 + length);
    }
  }
}

async function openControl(port: number, child: ChildProcess): Promise<Socket> {
  let socket: Socket | undefined;
  await until('baresip opens its control port', async () => {
    if (child.exitCode !== null) throw new Error(`baresip ended with ${child.exitCode}`);
    socket = await new Promise<Socket | undefined>((resolve) => {
      const attempt = connect(port, '127.0.0.1', () => resolve(attempt));
      attempt.on('error', () => resolve(undefined));
    });
    return socket !== undefined;
  });
  return socket!;
}

export async function startBaresip(options: BaresipOptions): Promise<Baresip> {
  const dir = makeTempDir();
  // It also takes the port above its SIP port (TLS).
  const port = await freePort();
  const control = await freePort();
  writeConfig(dir, options, port, control);
  const child = spawn('baresip', ['-f', dir], { stdio: ['ignore', 'ignore', 'ignore'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const socket = await openControl(control, child);
  const events: BaresipEvent[] = [];
  const answers = new Map<string, (data: string) => void>();
  const frames = new Netstrings();
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    for (const text of frames.take(chunk)) {
      const message = JSON.parse(text) as BaresipEvent & { event?: boolean; token?: string; data?: string };
      if (message.event) events.push(message);
      else if (message.token) answers.get(message.token)?.(message.data ?? '');
    }
  });
  let tokens = 0;
  const command = (name: string, params = '') =>
    new Promise<string>((resolve, reject) => {
      const token = String(++tokens);
      const timer = setTimeout(() => reject(new Error(`baresip does not answer "${name}"`)), 5000);
      answers.set(token, (data) => {
        clearTimeout(timer);
        answers.delete(token);
        resolve(data);
      });
      const text = JSON.stringify({ command: name, params, token });
      socket.write(`${Buffer.byteLength(text)}:${text},`);
    });
  const find = (type: string, from = 0) => events.findIndex((event, at) => at >= from && event.type === type);
  /** Each event is waited for once. */
  let seen = new Map<string, number>();
  return {
    port,
    events,
    command,
    dial: (number) => command('dial', number),
    hangup: () => command('hangup'),
    accept: () => command('accept'),
    count: (type) => events.filter((event) => event.type === type).length,
    untilRegistered: (boundMs = 15_000) =>
      until(`${options.user} registers`, async () => (await command('reginfo')).includes('OK'), boundMs),
    async waitFor(type, boundMs = 10_000) {
      const from = seen.get(type) ?? 0;
      await until(
        `${options.user} has ${type}, not only ${events.map((e) => e.type).join(' ')}`,
        () => find(type, from) >= 0,
        boundMs,
      );
      const at = find(type, from);
      seen = seen.set(type, at + 1);
      return events[at]!;
    },
    unplug: () => void child.kill('SIGKILL'),
    async stop() {
      socket.destroy();
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(timer);
      removeTempDir(dir);
    },
  };
}
