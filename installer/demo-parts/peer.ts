/**
 * The other end of the wire: a second SIP engine and a second media engine, which play the desk phones and the callers.
 * So the demo goes over real SIP and RTP, and needs no program that the product does not bring.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offeredCodecs, readSdp, writeSdp, type RemoteMedia } from '../../sip/call/sdp.ts';
import { createSrf, type SipRequest, type SipResponse, type SrfClient } from '../../sip/call/srf.ts';
import { MediaClient } from '../../sip/media/client.ts';
import { freeLoopbackPort } from '../ports.ts';
import { nodeProgram } from '../program.ts';

const host = '127.0.0.1';
const rtpPorts = '30000-30399';

export interface Credentials {
  username: string;
  password: string;
}

/** One call of a simulated phone or caller; emits `ended`. */
export class PeerCall extends EventEmitter<{ ended: [] }> {
  readonly sessionId: string;
  dialogId: string | undefined;
  isEnded = false;
  constructor(sessionId: string) {
    super();
    this.sessionId = sessionId;
  }
}

export interface RingingCall {
  accept(): void;
  /** Resolves true when the other side gave up first. */
  readonly cancelled: Promise<void>;
}

export class Peer {
  readonly sipPort: number;
  private readonly children: ChildProcess[];
  private readonly dir: string;
  private readonly srf: SrfClient;
  private readonly media = new MediaClient();
  private readonly calls = new Map<string, PeerCall>();
  private readonly server: string;
  private readonly onRing: (
    phone: string,
    ring: () => Promise<PeerCall | undefined>,
    gone: Promise<void>,
  ) => void;
  private sessions = 0;

  private constructor(
    parts: { sipPort: number; children: ChildProcess[]; dir: string; srf: SrfClient },
    server: string,
    onRing: Peer['onRing'],
  ) {
    this.sipPort = parts.sipPort;
    this.children = parts.children;
    this.dir = parts.dir;
    this.srf = parts.srf;
    this.server = server;
    this.onRing = onRing;
  }

  /** `server`: host:port of the Hearthline that is called. */
  static async start(server: string, onRing: Peer['onRing']): Promise<Peer> {
    const dir = mkdtempSync(join(tmpdir(), 'hl-demo-'));
    const sipPort = await freeLoopbackPort();
    const controlPort = await freeLoopbackPort();
    const secret = randomBytes(16).toString('hex');
    const env = {
      ...process.env,
      HEARTHLINE_BIND: host,
      HEARTHLINE_SIP_PORT: String(sipPort),
      HEARTHLINE_SIP_CONTROL: `${host}:${controlPort}`,
      HEARTHLINE_SIP_SECRET: secret,
      HEARTHLINE_SIP_STATUS: join(dir, 'sip.sock'),
      HEARTHLINE_RTP_PORTS: rtpPorts,
      HEARTHLINE_MEDIA_CONTROL: join(dir, 'media.sock'),
      HEARTHLINE_MEDIA_STATUS: join(dir, 'status.sock'),
      HEARTHLINE_RECORDINGS: dir,
    };
    const children = ['sip/engine/main', 'sip/media/engine/main'].map((module) => {
      const { command, args } = nodeProgram(module);
      return spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    });
    await Promise.all(children.map(ready));
    const srf = createSrf('demo');
    const peer = new Peer({ sipPort, children, dir, srf }, server, onRing);
    await peer.media.connect(join(dir, 'media.sock'));
    peer.listen();
    const connected = once(srf, 'connect');
    srf.connect({ host, port: controlPort, secret });
    await connected;
    return peer;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.calls.values()].map((call) => this.hangUp(call)));
    this.srf.disconnect();
    this.media.disconnect();
    for (const child of this.children) child.kill('SIGTERM');
    await Promise.all(
      this.children.filter((child) => child.exitCode === null).map((child) => once(child, 'exit')),
    );
    rmSync(this.dir, { recursive: true, force: true });
  }

  register(phone: Credentials, expiresSec: number): Promise<number> {
    return new Promise((resolve) => {
      const aor = `<sip:${phone.username}@${this.server}>`;
      const contact = `<sip:${phone.username}@${host}:${this.sipPort}>`;
      this.srf.request(
        {
          uri: `sip:${this.server}`,
          method: 'REGISTER',
          headers: { From: aor, To: aor, Contact: contact, Expires: String(expiresSec) },
          auth: phone,
        },
        (error, req) => {
          if (error || !req) return resolve(0);
          req.on('response', (res) => res.status !== 401 && resolve(res.status));
        },
      );
    });
  }

  /** Calls a number; undefined when it was not answered. `says`: what this side says, over and over. */
  async call(
    number: string,
    from: string,
    says: string[],
    phone?: Credentials,
  ): Promise<PeerCall | undefined> {
    const call = this.newCall();
    const { port } = await this.media.open({ sessionId: call.sessionId, rtpTimeoutMs: 0 });
    const body = this.describe(port);
    return new Promise((resolve) => {
      const fail = () => {
        this.drop(call);
        resolve(undefined);
      };
      const onResponse = (res: SipResponse, ack: () => void) => {
        if (res.status < 200 || res.status === 401) return;
        if (res.status >= 300) return fail();
        ack();
        void this.talk(call, res.stackDialogId, readSdp(res.body ?? ''), says).then(() => resolve(call));
      };
      this.srf.request(
        {
          uri: `sip:${number}@${this.server}`,
          method: 'INVITE',
          headers: { From: `<sip:${from}@${host}>`, 'Content-Type': 'application/sdp' },
          body,
          ...(phone && { auth: phone }),
        },
        (error, req) => (error || !req ? fail() : req.on('response', onResponse)),
      );
    });
  }

  async hangUp(call: PeerCall): Promise<void> {
    if (call.isEnded || !call.dialogId) return;
    await new Promise<void>((resolve) => {
      this.srf.request({ method: 'BYE', stackDialogId: call.dialogId! }, (error, req) => {
        if (error || !req) return resolve();
        req.on('response', () => resolve());
      });
      setTimeout(resolve, 2000).unref();
    });
    this.drop(call);
  }

  private listen(): void {
    this.srf.use((req, res) => {
      const call = req.stackDialogId ? this.calls.get(req.stackDialogId) : undefined;
      if (req.method === 'ACK') return;
      if (req.method === 'BYE' && call) this.drop(call);
      if (req.method === 'INVITE' && !req.stackDialogId) return this.ring(req, res);
      res.send(200);
    });
    this.srf.use('invite', () => undefined);
  }

  private ring(req: SipRequest, res: SipResponse): void {
    const phone = /^sip:([^@]+)@/.exec(req.uri)?.[1] ?? '';
    const gone = new Promise<void>((resolve) => req.on('cancel', () => resolve()));
    res.send(180);
    this.onRing(phone, () => this.answer(req, res), gone);
  }

  private async answer(req: SipRequest, res: SipResponse): Promise<PeerCall | undefined> {
    const call = this.newCall();
    const { port } = await this.media.open({ sessionId: call.sessionId, rtpTimeoutMs: 0 });
    const remote = readSdp(req.body ?? '');
    const headers = { 'Content-Type': 'application/sdp' };
    return new Promise((resolve) => {
      res.send(200, { headers, body: this.describe(port) }, (error) => {
        if (error) {
          this.drop(call);
          return resolve(undefined);
        }
        void this.talk(call, res.stackDialogId, remote, []).then(() => resolve(call));
      });
    });
  }

  /** Something to hear on both sides, or the silence of a dead line would end the call. */
  async talk(
    call: PeerCall,
    dialogId: string | undefined,
    remote: RemoteMedia | string,
    says: string[],
  ): Promise<void> {
    if (!dialogId || typeof remote === 'string') return this.drop(call);
    call.dialogId = dialogId;
    this.calls.set(dialogId, call);
    const { sessionId } = call;
    const { ip, port, codec, dtmfPt } = remote;
    await this.media.update({ sessionId, remote: { ip, port }, codec, dtmfPt }).catch(() => undefined);
    if (says.length > 0)
      await this.media.play({ sessionId, playId: 'voice', files: says, loop: true }).catch(() => undefined);
  }

  say(call: PeerCall, files: string[]): void {
    if (call.isEnded) return;
    this.media.play({ sessionId: call.sessionId, playId: 'voice', files, loop: true }).catch(() => undefined);
  }

  private newCall(): PeerCall {
    return new PeerCall(`demo-${++this.sessions}`);
  }

  private drop(call: PeerCall): void {
    if (call.isEnded) return;
    call.isEnded = true;
    if (call.dialogId) this.calls.delete(call.dialogId);
    this.media.close(call.sessionId).catch(() => undefined);
    call.emit('ended');
  }

  private describe(port: number): string {
    return writeSdp({
      ip: host,
      port,
      sessionId: this.sessions,
      version: 1,
      direction: 'sendrecv',
      codecs: offeredCodecs,
      dtmfPt: 101,
    });
  }
}

/** An engine says "ready" in its log. */
async function ready(child: ChildProcess): Promise<void> {
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) =>
      reject(new Error(`an engine of the demo ended with code ${code}: ${text.slice(-500)}`)),
    );
    child.stdout!.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-10_000);
      if (text.includes('"msg":"ready"')) resolve();
    });
  });
  child.stdout!.removeAllListeners('data').resume();
}
