/**
 * A relay that takes our answers, with the faults that relays have: it refuses, hangs, or drops the connection when it has
 * the whole mail and has not said so.
 */
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface SunkMail {
  from: string;
  to: string[];
  content: string;
  isTls: boolean;
  user?: string;
  /** `lost`: it was taken, and the sender was not told. */
  outcome: 'taken' | 'refused' | 'lost';
  /** By performance.now(). */
  at: number;
}

export type SinkFault =
  | { at: 'rcpt' | 'data'; code: number; text?: string }
  /** Takes the mail whole and then closes, or says nothing more. */
  | { at: 'after-data'; does: 'drop' | 'hang' };

export interface SmtpSink {
  readonly port: number;
  /** What it has received whole, whatever it answered. */
  readonly mails: SunkMail[];
  fault: SinkFault | undefined;
  /** One after the other, one a mail. */
  readonly nextFaults: SinkFault[];
  connections: number;
  /** Of these, those that are open. */
  readonly open: number;
  signIns: number;
  close(): Promise<void>;
}

export interface SinkOptions {
  tls?: { cert: Buffer; key: Buffer };
  /** Undefined: it asks for none. A token counts as a password. */
  users?: Record<string, string>;
  port?: number;
  /** Loopback when left out. */
  address?: string;
}

class Refusal extends Error {
  readonly responseCode: number;
  constructor({ code, text = 'refused' }: { code: number; text?: string }) {
    super(text);
    this.responseCode = code;
  }
}

async function read(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export async function startSmtpSink({
  tls,
  users,
  port = 0,
  address = '127.0.0.1',
}: SinkOptions = {}): Promise<SmtpSink> {
  const sockets = new Set<Socket>();
  const options: SMTPServerOptions = {
    ...tls,
    disabledCommands: [...(tls ? [] : ['STARTTLS']), ...(users ? [] : ['AUTH'])],
    authOptional: users === undefined,
    authMethods: ['PLAIN', 'XOAUTH2'],
    allowInsecureAuth: true,
    hideENHANCEDSTATUSCODES: false,
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 50,
    onAuth(auth, _session, answer) {
      sink.signIns += 1;
      const isKnown = users?.[auth.username ?? ''] === (auth.accessToken ?? auth.password);
      answer(isKnown ? null : new Refusal({ code: 535, text: 'no' }), isKnown ? { user: auth.username } : {});
    },
    onRcptTo(_address, _session, answer) {
      const fault = sink.nextFaults[0]?.at === 'rcpt' ? sink.nextFaults.shift() : sink.fault;
      answer(fault?.at === 'rcpt' ? new Refusal(fault) : null);
    },
    onData(stream, session, answer) {
      void read(stream as AsyncIterable<Buffer>).then((content) => {
        const { mailFrom, rcptTo } = session.envelope;
        const user = session.user as string | undefined;
        const fault =
          sink.nextFaults.length > 0 && sink.nextFaults[0]!.at !== 'rcpt'
            ? sink.nextFaults.shift()
            : sink.fault;
        const outcome = fault?.at === 'data' ? 'refused' : fault?.at === 'after-data' ? 'lost' : 'taken';
        sink.mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          content,
          isTls: session.secure,
          outcome,
          at: performance.now(),
          ...(user !== undefined && user && { user }),
        });
        if (fault?.at === 'data') answer(new Refusal(fault));
        else if (fault?.at !== 'after-data') answer(null);
        else if (fault.does === 'drop') for (const socket of sockets) socket.destroy();
      });
    },
  };
  const server = new SMTPServer(options);
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sink.connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const sink: { -readonly [Key in keyof SmtpSink]: SmtpSink[Key] } = {
    port: 0,
    mails: [],
    fault: undefined,
    nextFaults: [],
    connections: 0,
    get open() {
      return sockets.size;
    },
    signIns: 0,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
  await new Promise<void>((done) => {
    server.listen(port, address, () => done());
  });
  sink.port = (server.server.address() as AddressInfo).port;
  return sink;
}
