// Plays a transcript against a live engine: it is every app and every endpoint of the recording, sends what
// they sent (with our values for the volatile ones) as soon as all that was recorded before has happened, and
// demands of the engine what was recorded, in order on every channel, nothing missing and nothing besides.
// Recorded pauses are not waited for; where one was, it is checked that the engine really kept silent.

import { Bindings, MismatchError } from './bindings.ts';
import { compareFrame, compareSip, splitFrame } from './compare.ts';
import { ControlConnection, encodeFrame, type Frame } from './control-connection.ts';
import { SipEndpoint, type Datagram } from './sip-endpoint.ts';
import { headerOf, isResponse, parseSipText } from './sip-text.ts';
import type { Step, Transcript } from './transcript.ts';

export type PlayTarget = {
  readonly sipPort: number;
  readonly controlPort: number;
  readonly secret: string;
  readonly t1Ms: number;
  readonly t2Ms: number;
  /** How long to wait for what must come; only a test of the player itself is in a hurry. */
  readonly boundMs?: number;
};

const recordedSecret = 'cymru';
const recordedPorts: Readonly<Record<string, number>> = { alice: 5071, bob: 5072 };
const arrivalBoundMs = 3000;
const recordedPauseMs = 80;
const silenceMs = 25;
const finalSilenceMs = 120;
/** What a busy machine may add to or take from the time between two datagrams. */
const jitterMs = 50;

/** `copiesLeft`: for a message whose copies are counted, how many more there may be. */
type Seen = { readonly firstAtMs: number; copiesLeft: number | undefined };
type Endpoint = { readonly socket: SipEndpoint; readonly seen: Map<string, Seen> };

export async function play(transcript: Transcript, target: PlayTarget): Promise<void> {
  const player = await Player.open(target);
  let previous: Step | undefined;
  try {
    for (const step of transcript.steps) {
      try {
        const acts = step.kind.endsWith('sends') || step.kind === 'app-closes';
        if (previous !== undefined && step.atMs - previous.atMs >= recordedPauseMs && acts) {
          await player.expectSilence(silenceMs);
        }
        await player.perform(step);
      } catch (error) {
        if (!(error instanceof MismatchError)) throw error;
        throw new MismatchError(
          `flow ${transcript.flow}, line ${step.line}, ${describe(step)}:\n${error.message}`,
        );
      }
      previous = step;
    }
    await player.expectSilence(finalSilenceMs);
  } finally {
    player.close();
  }
}

function describe(step: Step): string {
  if ('app' in step) return `${step.kind} APP#${step.app}`;
  if ('ua' in step) return `${step.kind} ${step.ua} "${step.message.split('\r\n')[0]}"`;
  return step.kind;
}

class Player {
  readonly #target: PlayTarget;
  readonly #bindings: Bindings;
  readonly #apps = new Map<number, ControlConnection>();
  readonly #endpoints: ReadonlyMap<string, Endpoint>;

  private constructor(target: PlayTarget, endpoints: ReadonlyMap<string, Endpoint>) {
    this.#target = target;
    this.#endpoints = endpoints;
    const addresses = new Map([['127.0.0.1:5060', `127.0.0.1:${target.sipPort}`]]);
    for (const [name, endpoint] of endpoints) {
      addresses.set(`127.0.0.1:${recordedPorts[name]}`, endpoint.socket.address);
    }
    this.#bindings = new Bindings(addresses);
  }

  static async open(target: PlayTarget): Promise<Player> {
    const endpoints = new Map<string, Endpoint>();
    for (const name of Object.keys(recordedPorts)) {
      endpoints.set(name, { socket: await SipEndpoint.open(target.sipPort), seen: new Map() });
    }
    return new Player(target, endpoints);
  }

  async perform(step: Step): Promise<void> {
    switch (step.kind) {
      case 'app-sends':
        return this.#sendFrame(step.app, step.payload, step.chunks);
      case 'app-sends-raw':
        return (await this.#app(step.app)).sendRaw(step.bytes);
      case 'app-gets':
        return this.#expectFrame(step.app, step.payload);
      case 'ua-sends':
        return this.#sendSip(step.ua, step.message);
      case 'ua-gets':
        return this.#expectSip(step.ua, step.message);
      case 'ua-gets-again':
        return this.#expectAgain(step.ua, step.message, step.count);
      case 'app-closes':
        return this.#closeApp(step.app);
      case 'engine-closes':
        return this.#expectClosed(step.app);
      case 'quiet':
        return this.expectSilence(step.forMs);
      case 'note':
        return;
    }
  }

  close(): void {
    for (const app of this.#apps.values()) app.close();
    for (const endpoint of this.#endpoints.values()) endpoint.socket.close();
  }

  /** Nothing may be waiting now, nor come within the time. Retransmissions of what was seen do not count. */
  async expectSilence(forMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, forMs));
    const found: string[] = [];
    for (const [number, app] of this.#apps) {
      for (const frame of [...app.frames.peekAll(), ...app.callRecords.peekAll()])
        found.push(`APP#${number} got ${frame.payload}`);
    }
    for (const [name, endpoint] of this.#endpoints) {
      const waiting = endpoint.socket.arrivals.takeAll();
      for (const datagram of waiting) {
        if (this.#isRetransmission(endpoint, datagram)) continue;
        found.push(`${name} got ${datagram.text}`);
      }
    }
    if (found.length > 0) throw new MismatchError(`silence expected, but:\n${found.join('\n')}`);
  }

  async #app(number: number): Promise<ControlConnection> {
    let app = this.#apps.get(number);
    if (app === undefined) {
      app = await ControlConnection.open(this.#target.controlPort);
      this.#apps.set(number, app);
    }
    return app;
  }

  /** What was still on its way to an app when it closed was not recorded. */
  #closeApp(number: number): void {
    const app = this.#apps.get(number);
    app?.close();
    app?.frames.takeAll();
    app?.callRecords.takeAll();
  }

  async #sendFrame(number: number, payload: string, chunks?: readonly string[]): Promise<void> {
    const app = await this.#app(number);
    if (chunks !== undefined) {
      for (const chunk of chunks) {
        app.sendRaw(chunk);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return;
    }
    this.#bindings.noteSent(payload);
    const { tokens, sip } = splitFrame(payload);
    const secret = tokens[1] === 'authenticate' && tokens[2] === recordedSecret;
    const head = secret
      ? tokens.with(2, this.#target.secret).join('|')
      : this.#bindings.translate(tokens.join('|'));
    const text = sip === '' && !payload.includes('\r\n') ? '' : `\r\n${this.#translateOwnCseq(sip, tokens)}`;
    app.socket.write(encodeFrame(head + text));
  }

  /** A request from the app belongs to the engine's own numbering; an answer to the endpoint's. */
  #translateOwnCseq(sip: string, tokens: readonly string[]): string {
    if (sip.startsWith('SIP/')) return this.#bindings.translate(sip);
    const callId = /^call-id: *(.*)$/im.exec(sip)?.[1]?.trim() ?? tokens[3]?.split(';from-tag=')[0] ?? '';
    const renumbered = sip
      .replace(
        /^(cseq: *)(\d+)/im,
        (_, name: string, n: string) => name + this.#bindings.translateCseq(callId, Number(n)),
      )
      .replace(
        /^(rack: *\d+ )(\d+)/im,
        (_, head: string, n: string) => head + this.#bindings.translateCseq(callId, Number(n)),
      );
    return this.#bindings.translate(renumbered);
  }

  #sendSip(ua: string, message: string): void {
    this.#bindings.noteSent(message);
    const parsed = parseSipText(message);
    const numbered = isResponse(parsed)
      ? message.replace(/^(CSeq: *)(\d+)/im, (_, name: string, n: string) => {
          return name + this.#bindings.translateCseq(headerOf(parsed, 'call-id'), Number(n));
        })
      : message;
    this.#endpoint(ua).socket.send(this.#bindings.translate(numbered));
  }

  async #expectFrame(number: number, payload: string): Promise<void> {
    const app = await this.#app(number);
    const queue = splitFrame(payload).tokens[1]?.startsWith('cdr:') ? app.callRecords : app.frames;
    const frame: Frame | undefined = await queue.next(this.#boundMs());
    if (frame === undefined) throw new MismatchError(`nothing came, expected\n${payload}`);
    try {
      compareFrame(payload, frame.payload, this.#bindings);
    } catch (error) {
      throw withBoth(error, payload, frame.payload);
    }
  }

  async #expectSip(ua: string, message: string): Promise<void> {
    const endpoint = this.#endpoint(ua);
    const startLine = this.#bindings.translate(message.split('\r\n')[0] ?? '');
    for (;;) {
      const datagram = await endpoint.socket.arrivals.next(this.#boundMs());
      if (datagram === undefined) throw new MismatchError(`nothing came, expected\n${message}`);
      if (!datagram.text.startsWith(startLine) && this.#isRetransmission(endpoint, datagram)) continue;
      const origin = isResponse(parseSipText(message)) ? 'endpoint' : 'engine';
      try {
        if (datagram.port !== this.#target.sipPort)
          throw new MismatchError(`came from port ${datagram.port}`);
        compareSip(message, datagram.text, origin, this.#bindings);
      } catch (error) {
        throw withBoth(error, message, datagram.text);
      }
      endpoint.seen.set(datagram.text, { firstAtMs: datagram.atMs, copiesLeft: undefined });
      return;
    }
  }

  /** `count` further copies and no more, byte for byte, at the pace of the retransmission timers. */
  async #expectAgain(ua: string, message: string, count: number): Promise<void> {
    const endpoint = this.#endpoint(ua);
    const startLine = this.#bindings.translate(message.split('\r\n')[0] ?? '');
    const original = [...endpoint.seen].reverse().find(([text]) => text.startsWith(startLine));
    if (original === undefined) throw new MismatchError('no first copy was seen');
    original[1].copiesLeft = count;
    // Each late firing of a timer delays those after it, and a busy machine may so lose the last of a long row.
    const least = Math.floor(count * 0.8) || count;
    let gapMs = this.#target.t1Ms;
    let dueMs = 0;
    for (let index = 0; index < count; index += 1) {
      dueMs += gapMs;
      const untilGivenUpMs =
        original[1].firstAtMs + this.#target.t1Ms * 64 + arrivalBoundMs - performance.now();
      const datagram = await endpoint.socket.arrivals.next(
        index < least ? untilGivenUpMs : untilGivenUpMs - arrivalBoundMs,
      );
      if (datagram === undefined && index >= least) return;
      if (datagram === undefined) throw new MismatchError(`only ${index} of ${count} copies came`);
      if (datagram.text !== original[0] && index >= least) {
        endpoint.socket.arrivals.putBack(datagram);
        return;
      }
      if (datagram.text !== original[0]) {
        throw new MismatchError(`copy ${index + 1} differs or is something else:\n${datagram.text}`);
      }
      original[1].copiesLeft -= 1;
      const atMs = datagram.atMs - original[1].firstAtMs;
      if (count > 1 && (atMs < dueMs * 0.8 - jitterMs || atMs > dueMs * 1.3 + jitterMs * 10)) {
        throw new MismatchError(`copy ${index + 1} came after ${atMs.toFixed()} ms instead of ${dueMs}`);
      }
      const isInvite = message.startsWith('INVITE'); // Timer A has no ceiling, E and the 200's have T2.
      gapMs = isInvite ? gapMs * 2 : Math.min(gapMs * 2, this.#target.t2Ms);
    }
  }

  async #expectClosed(number: number): Promise<void> {
    const app = await this.#app(number);
    const timer = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), arrivalBoundMs).unref());
    if ((await Promise.race([app.closed, timer])) === 'late')
      throw new MismatchError('the connection is still open');
  }

  #isRetransmission(endpoint: Endpoint, datagram: Datagram): boolean {
    const seen = endpoint.seen.get(datagram.text);
    if (seen === undefined) return false;
    if (seen.copiesLeft === undefined) return datagram.atMs - seen.firstAtMs >= this.#target.t1Ms * 0.8;
    seen.copiesLeft -= 1;
    return seen.copiesLeft >= 0;
  }

  #endpoint(name: string): Endpoint {
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) throw new Error(`no endpoint ${name}`);
    return endpoint;
  }

  /** With short timers a whole transaction must fit; with real ones nothing recorded takes longer than this. */
  #boundMs(): number {
    return (this.#target.boundMs ?? arrivalBoundMs) + (this.#target.t1Ms < 500 ? this.#target.t1Ms * 64 : 0);
  }
}

function withBoth(error: unknown, expected: string, got: string): unknown {
  if (!(error instanceof MismatchError)) return error;
  return new MismatchError(`${error.message}\n--- recorded\n${expected}\n--- got\n${got}`);
}
