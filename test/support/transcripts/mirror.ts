// A stand-in that speaks the server's side of one transcript, with its own tags, branches and ids. It exists to
// test the player: a player that accepts the mirror but refuses every mutation of it can be believed.

import dgram from 'node:dgram';
import net from 'node:net';
import { randomUUID } from 'node:crypto';
import { Arrivals } from './arrivals.ts';
import { encodeFrame, FrameReader } from './control-connection.ts';
import type { Step, Transcript } from './transcript.ts';

export type Mirror = { readonly sipPort: number; readonly controlPort: number; stop(): void };

const volatileWord =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=branch=)z9hG4bK[\w-]+|(?<=tag=)\w{10,}/g;

/** What the server made up: words first seen in what it sent. Each gets a new value of the same shape. */
function serverMadeWords(steps: readonly Step[]): Map<string, string> {
  const made = new Map<string, string>();
  let heard = '';
  for (const step of steps) {
    const text = 'payload' in step ? step.payload : 'message' in step ? step.message : '';
    if (step.kind === 'app-sends' || step.kind === 'ua-sends') heard += text;
    else
      for (const [word] of text.matchAll(volatileWord))
        if (!heard.includes(word)) made.set(word, made.get(word) ?? renew(word));
  }
  return made;
}

const renew = (word: string): string =>
  word.includes('-') && !word.startsWith('z9')
    ? randomUUID()
    : `${word.startsWith('z9hG4bK') ? 'z9hG4bK' : ''}n${randomUUID().slice(0, 12).replace('-', '')}`;

export async function startMirror(transcript: Transcript): Promise<Mirror> {
  const udp = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  const datagrams = new Arrivals<{ port: number; text: string }>();
  udp.on('message', (bytes, from) => datagrams.push({ port: from.port, text: bytes.toString() }));

  const connections = new Arrivals<{ socket: net.Socket; frames: Arrivals<string> }>();
  const server = net.createServer((socket) => {
    const frames = new Arrivals<string>();
    const reader = new FrameReader();
    socket.on('data', (chunk: Buffer) => reader.read(chunk).forEach((payload) => frames.push(payload)));
    socket.on('error', () => undefined);
    socket.on('close', () => frames.end());
    connections.push({ socket, frames });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const ports = new Map([['5060', udp.address().port]]);
  const made = serverMadeWords(transcript.steps);
  const say = (text: string): string =>
    text
      .replace(volatileWord, (word) => made.get(word) ?? word)
      .replace(
        /(127\.0\.0\.1[:|])(50\d\d)\b/g,
        (_, host: string, port: string) => `${host}${ports.get(port) ?? port}`,
      )
      .replace(
        /(Via: SIP\/2\.0\/UDP 127\.0\.0\.1);rport;/g,
        (_, via: string) => `${via}:${udp.address().port};rport;`,
      )
      .replace(/rport=(50\d\d)/g, (_, port: string) => `rport=${ports.get(port) ?? port}`);
  void speak(transcript.steps, { say, ports, udp, datagrams, connections });
  return {
    sipPort: udp.address().port,
    controlPort: address.port,
    stop: () => {
      udp.close();
      server.close();
    },
  };
}

type Stage = {
  say: (text: string) => string;
  ports: Map<string, number>;
  udp: dgram.Socket;
  datagrams: Arrivals<{ port: number; text: string }>;
  connections: Arrivals<{ socket: net.Socket; frames: Arrivals<string> }>;
};

async function speak(steps: readonly Step[], stage: Stage): Promise<void> {
  const apps = new Map<number, { socket: net.Socket; frames: Arrivals<string> }>();
  const uaPort = { alice: '5071', bob: '5072' } as Readonly<Record<string, string>>;
  for (const step of steps) {
    if (step.kind === 'app-sends' || step.kind === 'app-sends-raw') {
      const app = apps.get(step.app) ?? (await stage.connections.next(5000));
      if (app === undefined) return;
      apps.set(step.app, app);
      const frame = await app.frames.next(5000);
      const bob = /(?:bob@|\|sip:)127\.0\.0\.1:(\d+)/.exec(frame ?? '');
      if (bob) stage.ports.set('5072', Number(bob[1]));
    } else if (step.kind === 'ua-sends') {
      const datagram = await stage.datagrams.next(5000);
      if (datagram === undefined) return;
      stage.ports.set(uaPort[step.ua] ?? '', datagram.port);
    } else if (step.kind === 'app-gets')
      apps.get(step.app)?.socket.write(encodeFrame(stage.say(step.payload)));
    else if (step.kind === 'ua-gets')
      stage.udp.send(stage.say(step.message), stage.ports.get(uaPort[step.ua] ?? '') ?? 9);
    else if (step.kind === 'engine-closes') apps.get(step.app)?.socket.end();
  }
}
