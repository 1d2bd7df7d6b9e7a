/**
 * Watches one folder of a mail server (IMAP4rev1, RFC 3501; IDLE, RFC 2177) for as long as it is open, over as many
 * connections as it takes: one at a time, each tried again after a growing pause.
 *
 * A round: search what is new, fetch it mail by mail in the order of the UIDs, keep each, and only then mark (or delete) what
 * was kept. Between rounds the connection idles; a round is due when the server tells of new mail, and every minute anyhow,
 * for servers that tell nothing and to begin IDLE anew long before anything in between forgets the connection.
 *
 * What is new: everything unseen, and everything above the UID up to which we have looked before, seen or not: somebody who
 * reads the mailbox with a mail program must not make mails disappear from ours. In a folder that we meet for the first time,
 * or whose UIDVALIDITY has changed (RFC 3501 §2.3.1.1), the unseen only; what is fetched twice by that is one by its
 * Message-ID.
 *
 * It may not change a mail that is not kept: a mail larger than the site allows stays where it is, unseen, and health says so.
 */
import { ImapFlow } from 'imapflow';
import type { ChannelHealth } from '../../app/text/channel.ts';
import type { Logger } from '../../lib/log.ts';
import { backOffMs, backOffTimes, type BackOffTimes } from './back-off.ts';
import { addressOf, isRefusedSignIn, signInAs, type CredentialSources } from './connection-settings.ts';
import { faultWord } from './fault-word.ts';
import { ImapSession, KeepFault, type ImapKeeper, type ImapWatchSettings } from './imap-session.ts';
import { OauthFault } from './oauth-token.ts';
import { createPartHealth } from './part-health.ts';
import { SecretFault } from '../../lib/secret-files.ts';

export interface ImapTimes extends BackOffTimes {
  readonly pollMs: number;
  readonly connectMs: number;
  /** Without a byte, while an answer is due. */
  readonly silentMs: number;
}

export const imapTimes: ImapTimes = { ...backOffTimes, pollMs: 60_000, connectMs: 20_000, silentMs: 120_000 };

export interface ImapWatchParts extends CredentialSources, ImapKeeper {
  readonly logger: Logger;
}

export interface ImapWatch {
  health(): ChannelHealth;
  close(): Promise<void>;
}

const endMs = 2000;
const stableMs = 10_000;

interface ImapError {
  authenticationFailed?: boolean;
  tlsFailed?: boolean;
  code?: string;
  /** NO or BAD. */
  responseStatus?: string;
}

function explain(error: unknown, host: string): string {
  if (error instanceof SecretFault || error instanceof OauthFault) return error.message;
  if (error instanceof KeepFault) return `mails cannot be kept (${error.message})`;
  const { authenticationFailed, code, responseStatus, tlsFailed } = error as ImapError;
  if (authenticationFailed === true) return `${host} refuses the user or the password`;
  if (responseStatus === 'NO') return `${host} does not open the folder`;
  if (tlsFailed === true && code === undefined) return `${host} offers no STARTTLS, and the site demands it`;
  return `${host} cannot be used (${code ?? faultWord(error)})`;
}

async function openClient(
  settings: ImapWatchSettings,
  parts: ImapWatchParts,
  times: ImapTimes,
): Promise<ImapFlow> {
  const { imap, maxBytes } = settings;
  const { host, port, tls } = await addressOf('imap', imap, parts.secrets);
  const client = new ImapFlow({
    host,
    port,
    secure: imap.tls === 'tls',
    ...(imap.tls !== 'tls' && { doSTARTTLS: imap.tls === 'starttls' }),
    tls,
    auth: await signInAs(imap.auth, parts),
    logger: false,
    clientInfo: { name: 'Hearthline' },
    // Long enough that a round is not interrupted by it.
    autoIdleDelay: 300,
    connectionTimeout: times.connectMs,
    greetingTimeout: times.connectMs,
    socketTimeout: times.silentMs,
    maxLiteralSize: maxBytes + 1024 * 1024,
    maxResponseSize: maxBytes + 8 * 1024 * 1024,
    disableCompression: true,
    disableAutoEnable: true,
  });
  // It is told of again by the call that fails; without a listener it would end the process.
  client.on('error', () => undefined);
  return client;
}

export function startImapWatch(
  settings: ImapWatchSettings,
  parts: ImapWatchParts,
  times: ImapTimes = imapTimes,
): ImapWatch {
  const { logger } = parts;
  const { mailboxId, imap } = settings;
  const health = createPartHealth(parts.now);
  health.worse('degraded', `connecting to ${imap.host}`);
  let client: ImapFlow | undefined;
  let isClosed = false;
  let endPause: () => void = () => undefined;

  async function connectOnce(onUp: () => void): Promise<void> {
    client = await openClient(settings, parts, times);
    if (isClosed) return;
    try {
      await new ImapSession(settings, parts, client, health).run(times.pollMs, onUp);
    } finally {
      client.close();
    }
  }

  async function pause(ms: number): Promise<void> {
    if (isClosed) return;
    await new Promise<void>((done) => {
      const clock = setTimeout(done, ms);
      endPause = () => {
        clearTimeout(clock);
        done();
      };
    });
  }

  async function watch(): Promise<void> {
    let tries = 0;
    while (!isClosed) {
      let isRefused = false;
      // A server that accepts and drops at once is one that fails.
      let upAt = Number.POSITIVE_INFINITY;
      try {
        await connectOnce(() => {
          upAt = parts.now();
        });
        if (!isClosed) health.worse('degraded', `${imap.host} ended the connection`);
      } catch (error) {
        isRefused = isRefusedSignIn(error) || (error as ImapError).authenticationFailed === true;
        if (isRefused && 'oauth2' in imap.auth) parts.tokens.forget(imap.auth.oauth2);
        health.worse('down', explain(error, imap.host));
        logger.warn({ mailboxId, fault: explain(error, imap.host) }, 'mailbox cannot be fetched from');
      }
      tries = parts.now() - upAt >= stableMs ? 1 : tries + 1;
      await pause(backOffMs(tries, isRefused, times));
    }
  }

  const running = watch();
  return {
    health: () => health.get(),
    async close() {
      if (isClosed) return running;
      isClosed = true;
      endPause();
      const clock = setTimeout(() => client?.close(), endMs);
      await client?.logout().catch(() => undefined);
      client?.close();
      clearTimeout(clock);
      await running;
      health.off();
    },
  };
}
