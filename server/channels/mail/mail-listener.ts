/**
 * Our SMTP listener for the bank's relay (RFC 5321), and for nobody else: peers outside the site's list are refused, it takes
 * mail for our mailboxes only, knows no AUTH and passes nothing on.
 *
 * Kept, then acknowledged: the 250 after DATA goes out when `keep` has resolved. When it fails, the answer is 451 and the mail
 * is still the relay's. A relay that loses our 250 sends again; the key of a delivery is its content and envelope, so that it
 * is one mail.
 *
 * Only CRLF . CRLF ends a mail. Bare LF or CR around a dot is content, here as before the mail was ours: a relay that passes
 * it on can be made to smuggle nothing into our dialogue.
 *
 * What it stops: memory filled by many large mails at once (bytes in flight are bounded), a relay that holds a connection by
 * trickling (a mail has a deadline), commands sent before STARTTLS (dropped by smtp-server).
 */
import { createHash, webcrypto } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Logger } from '../../lib/log.ts';
import { faultWord } from './fault-word.ts';
import { createPeerLimits, type PeerLimits } from './peer-limits.ts';
import type { NewRawMail } from './raw-mail.ts';

export interface ListenerSettings {
  /** 0 is any free one. */
  readonly port: number;
  readonly bind: string;
  readonly allow: readonly string[];
  readonly maxBytes: number;
  /** PEM. */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer };
}

export interface ListenerLimits {
  readonly connections: number;
  readonly mailsPerMinute: number;
  readonly recipients: number;
  /** A connection that says nothing. */
  readonly idleMs: number;
  /** All of one DATA. */
  readonly dataMs: number;
  /** Of mails that are being received, together. */
  readonly bytesInFlight: number;
}

export const listenerLimits: ListenerLimits = {
  connections: 100,
  mailsPerMinute: 1000,
  recipients: 100,
  idleMs: 60_000,
  dataMs: 600_000,
  bytesInFlight: 256 * 1024 * 1024,
};

export interface ListenerParts {
  /** Resolves when the mail is committed. */
  keep(raw: NewRawMail): Promise<unknown>;
  /** The id of the mailbox; undefined: not ours. */
  mailboxOf(address: string): string | undefined;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
}

export interface MailListener {
  readonly port: number;
  /** Connections, at this moment. */
  connections(): number;
  /** Ends what is idle at once, and what is in the middle of a mail within `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

class Refusal extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

const later = (message: string): Refusal => new Refusal(451, message);

/** Of content and envelope: the recipients in any order, for a relay may sort them anew. Large mails are hashed on another thread. */
export async function deliveryKey(content: Uint8Array, from: string, to: readonly string[]): Promise<string> {
  const digest = Buffer.from(await webcrypto.subtle.digest('SHA-256', content)).toString('hex');
  const recipients = to.map((address) => address.toLowerCase()).toSorted((a, b) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([digest, from, recipients]))
    .digest('hex');
}

/** Bytes of mails that are being received, over all connections. */
interface Flight {
  bytes: number;
}

class Receiver {
  private readonly settings: ListenerSettings;
  private readonly limits: ListenerLimits;
  private readonly parts: ListenerParts;
  private readonly flight: Flight = { bytes: 0 };

  constructor(settings: ListenerSettings, limits: ListenerLimits, parts: ListenerParts) {
    this.settings = settings;
    this.limits = limits;
    this.parts = parts;
  }

  async receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const { envelope } = session;
    const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const to = envelope.rcptTo.map(({ address }) => address);
    const receivedAt = this.parts.now();
    let held = 0;
    try {
      const content = await this.content(stream, (bytes) => {
        held += bytes;
      });
      const mailboxId = to.map((address) => this.parts.mailboxOf(address)).find((one) => one !== undefined);
      // The site has changed since RCPT.
      if (mailboxId === undefined) throw new Refusal(550, 'no such mailbox here any more');
      await this.parts.keep({
        mailboxId,
        source: 'smtp',
        sourceKey: await deliveryKey(content, from, to),
        receivedAt,
        envelopeFrom: from,
        envelopeTo: to,
        content,
      });
    } finally {
      this.flight.bytes -= held;
    }
  }

  /** The rest of a mail that is too much is read and dropped, since a relay listens for our answer only after its dot. */
  private async content(stream: SMTPServerDataStream, hold: (bytes: number) => void): Promise<Buffer> {
    const { maxBytes } = this.settings;
    let chunks: Buffer[] = [];
    let bytes = 0;
    let isDropped = false;
    const deadline = setTimeout(() => stream.destroy(later('that took too long')), this.limits.dataMs);
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        isDropped ||= bytes > maxBytes || this.flight.bytes + chunk.length > this.limits.bytesInFlight;
        if (isDropped) {
          chunks = [];
          // RFC 1870 §6.3 asks to read on; not without an end, though.
          if (bytes > 2 * maxBytes) throw new Refusal(552, 'the mail is far too large');
          continue;
        }
        this.flight.bytes += chunk.length;
        hold(chunk.length);
        chunks.push(chunk);
      }
    } finally {
      clearTimeout(deadline);
    }
    if (bytes > maxBytes) throw new Refusal(552, 'the mail is too large');
    if (isDropped) throw new Refusal(452, 'too much mail at once, come again later');
    return Buffer.concat(chunks);
  }
}

function cut(server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of server.connections)
    if (connection.id === session.id) connection.send(421, 'closing');
}

function createServer(
  settings: ListenerSettings,
  limits: ListenerLimits,
  parts: ListenerParts,
  peers: PeerLimits,
): SMTPServer {
  const { tls, maxBytes } = settings;
  const { logger } = parts;
  const receiver = new Receiver(settings, limits, parts);
  const server = new SMTPServer({
    ...(tls && { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' as const }),
    // The dummies of old sendmail answer as if they did something.
    disabledCommands: ['AUTH', 'WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD', ...(tls ? [] : ['STARTTLS'])],
    authOptional: true,
    size: maxBytes,
    rejectOversized: true,
    maxClients: limits.connections,
    maxRecipients: limits.recipients,
    socketTimeout: limits.idleMs,
    maxCommandLength: 4096,
    lenientAddressParsing: true,
    hideENHANCEDSTATUSCODES: false,
    disableReverseLookup: true,
    heloResponse: '%s',
    logger: false,
    onConnect(session, answer) {
      answer(
        peers.isAllowed(session.remoteAddress) ? null : new Refusal(554, 'this host may not deliver here'),
      );
    },
    onMailFrom(_address, session, answer) {
      answer(peers.take(session.remoteAddress) ? null : later('too many mails a minute, come again later'));
    },
    onRcptTo({ address }, _session, answer) {
      answer(parts.mailboxOf(address) === undefined ? new Refusal(550, 'no such mailbox here') : null);
    },
    onData(stream, session, answer) {
      receiver.receive(stream, session).then(
        () => answer(null, 'kept'),
        (error: unknown) => {
          if (error instanceof Refusal) {
            answer(error);
            if (!stream.readableEnded) cut(server, session);
          } else {
            // The connection is gone, or the store is: in both cases the mail is still the relay's.
            logger.warn({ fault: faultWord(error) }, 'a mail was not kept');
            answer(later('the mail cannot be kept now'));
          }
        },
      );
    },
  });
  // What goes wrong on one connection ends that one.
  server.on('error', (error) => logger.debug({ fault: faultWord(error) }, 'smtp connection failed'));
  return server;
}

/** Throws what listening throws (the port is taken), and for a certificate that cannot be used. */
export async function startMailListener(
  settings: ListenerSettings,
  parts: ListenerParts,
  limits: ListenerLimits = listenerLimits,
): Promise<MailListener> {
  const { mailsPerMinute } = limits;
  const peers = createPeerLimits({ allow: settings.allow, mailsPerMinute, monotonicMs: parts.monotonicMs });
  const server = createServer(settings, limits, parts, peers);
  await new Promise<void>((done, fail) => {
    server.server.once('error', fail);
    server.listen(settings.port, settings.bind, () => {
      server.server.removeListener('error', fail);
      done();
    });
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    connections: () => server.connections.size,
    close(graceMs = 3000) {
      server.options.closeTimeout = graceMs;
      return new Promise((done) => {
        server.close(() => done());
        for (const connection of server.connections)
          if (
            connection.session.envelope?.mailFrom === undefined ||
            connection.session.envelope.mailFrom === false
          )
            connection.send(421, 'closing');
      });
    },
  };
}
