/**
 * The mail channel (S5): joins the ways in (the listener for the bank's relay, watched IMAP folders), the intake that hands
 * what they kept to the desk, and the way out. It holds what is open against the site in force: what the site does not name is
 * not opened, and what did not change is not closed.
 *
 * The race it stops: two sites in force after each other. Applying is done one at a time, each to its end.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { SenderCheck } from '../../app/text/block-list.ts';
import type {
  Channel,
  ChannelCapabilities,
  ChannelDesk,
  ChannelHealth,
  OutgoingMessage,
  SendResult,
} from '../../app/text/channel.ts';
import type { MailReadingPort } from '../../app/text/quarantine.ts';
import { deliveryFaults, withDetail } from '../../contract/delivery-faults.ts';
import type { Site } from '../../contract/site.ts';
import type { SiteMail } from '../../contract/site-text.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { faultWord } from './fault-word.ts';
import type { ImapWatchSettings } from './imap-session.ts';
import { imapTimes, startImapWatch, type ImapTimes, type ImapWatch } from './imap-watch.ts';
import { composeMail } from './mail-compose.ts';
import { mailChannelId } from './mail-incoming.ts';
import { composeNotice, type MailNotice } from './mail-notice.ts';
import { intakeTimes, startMailIntake, type IntakeTimes, type MailIntake } from './mail-intake.ts';
import {
  listenerLimits,
  startMailListener,
  type ListenerLimits,
  type MailListener,
} from './mail-listener.ts';
import { MailReader } from './mail-reader.ts';
import {
  createMailSender,
  relayConnections,
  senderTimes,
  type MailSender,
  type SenderTimes,
} from './mail-sender.ts';
import { createMailboxBook, type MailboxBook } from './mailbox-book.ts';
import { createOauthTokens } from './oauth-token.ts';
import { createPartHealth, sumOfHealth } from './part-health.ts';
import { allowFaults } from './peer-limits.ts';
import type { RawCounts, RawMailStore } from './raw-mail.ts';
import type { ReaderPort } from './reading-side.ts';
import { createSecretFiles, SecretFault } from '../../lib/secret-files.ts';

export interface MailChannelParts {
  readonly desk: ChannelDesk;
  readonly store: RawMailStore;
  readonly senders: SenderCheck;
  /** `<dataDir>/secrets` is where secrets are. */
  readonly dataDir: string;
  /** At least 32 bytes each; the first signs, all of them are believed. */
  readonly tokenKeys: readonly [Uint8Array, ...Uint8Array[]];
  readonly clock: Clock;
  readonly logger: Logger;
  /** One that others use as well, and close; absent: one of our own. */
  readonly reader?: ReaderPort;
  /** For tests: the defaults are meant to be used. */
  readonly times?: {
    readonly imap?: Partial<ImapTimes>;
    readonly sender?: Partial<SenderTimes>;
    readonly intake?: Partial<IntakeTimes>;
    readonly listener?: Partial<ListenerLimits>;
  };
}

export interface MailChannel extends Channel, MailReadingPort {
  /** A mail of the house itself, from the first mailbox; `off`: none sends. */
  sendNotice: (notice: MailNotice, signal: AbortSignal) => Promise<SendResult>;
  /** Mails that wait to be read, and those of the last day in quarantine. */
  counts(): RawCounts;
  /** Where the listener listens; undefined: there is none. */
  listenerPort(): number | undefined;
}

const megabyte = 1024 * 1024;
/** What a mail has room for beside the files, and what base64 makes of them. */
const shareOfFiles = 0.7;
/** To put a mail together, before the relay is asked. */
const composeMs = 60_000;

const maxBytesOf = (mail: SiteMail): number => mail.maxMegabytes * megabyte;

/** One part that is open or not, and what it was opened with. */
interface Open<Settings, Part> {
  readonly settings: Settings;
  readonly part: Part;
}

class MailGate {
  private readonly parts: MailChannelParts;
  private readonly secrets;
  private readonly tokens;
  private readonly ownReader: MailReader | undefined;
  readonly intake: MailIntake;
  private readonly watches = new Map<string, Open<ImapWatchSettings, ImapWatch>>();
  private listener: Open<unknown, MailListener> | undefined;
  private readonly listenerHealth;
  private retry: NodeJS.Timeout | undefined;
  private sender: Open<unknown, MailSender> | undefined;
  private site: Site | undefined;
  private book: MailboxBook = createMailboxBook([]);
  private lastChange: Promise<void> = Promise.resolve();
  private isClosed = false;

  constructor(parts: MailChannelParts) {
    const { clock, store, desk, senders, tokenKeys, logger, times } = parts;
    this.parts = parts;
    this.secrets = createSecretFiles(join(parts.dataDir, 'secrets'));
    this.tokens = createOauthTokens({ secrets: this.secrets, monotonicMs: () => clock.monotonicMs() });
    this.listenerHealth = createPartHealth(() => clock.now());
    const reader = parts.reader ?? (this.ownReader = new MailReader());
    this.intake = startMailIntake(
      { store, desk, reader, senders, tokenKeys, logger, now: () => clock.now() },
      { ...intakeTimes, ...times?.intake },
    );
  }

  get mail(): SiteMail | undefined {
    return this.site?.mail;
  }

  get senderTimes(): SenderTimes {
    return { ...senderTimes, ...this.parts.times?.sender };
  }

  /** Never rejects: what cannot be opened is told by health. */
  change(site: Site | undefined): Promise<void> {
    if (!this.isClosed) this.lastChange = this.lastChange.then(() => this.changeNow(site));
    return this.lastChange;
  }

  private async changeNow(site: Site | undefined): Promise<void> {
    this.site = site;
    const { mail } = this;
    this.book = createMailboxBook(mail?.mailboxes ?? []);
    this.intake.apply(site && mail ? { book: this.book, language: site.site.language } : undefined);
    await Promise.all([this.changeListener(), this.changeWatches(), this.changeSender()]);
  }

  private get common() {
    const { clock, logger } = this.parts;
    return { now: () => clock.now(), monotonicMs: () => clock.monotonicMs(), logger };
  }

  private async changeListener(): Promise<void> {
    clearTimeout(this.retry);
    const { mail } = this;
    const wanted = mail?.listener && { ...mail.listener, maxBytes: maxBytesOf(mail) };
    if (this.listener && isDeepStrictEqual(this.listener.settings, wanted)) return;
    const old = this.listener;
    this.listener = undefined;
    await old?.part.close();
    if (!wanted) {
      this.listenerHealth.off();
      return;
    }
    try {
      const faults = allowFaults(wanted.allow);
      const part = await startMailListener(
        { ...wanted, ...(await this.listenerTls(wanted)) },
        {
          ...this.common,
          keep: (raw) => this.intake.keep(raw),
          mailboxOf: (address) => this.book.byAddress(address)?.id,
        },
        { ...listenerLimits, ...this.parts.times?.listener },
      );
      this.listener = { settings: wanted, part };
      if (faults.length === 0) this.listenerHealth.up();
      else this.listenerHealth.worse('degraded', `no address and no network: ${faults.join(', ')}`);
    } catch (error) {
      const detail =
        error instanceof SecretFault ? error.message : `port ${wanted.port}: ${faultWord(error)}`;
      this.listenerHealth.worse('down', detail);
      this.parts.logger.warn({ fault: detail }, 'the mail listener cannot be opened');
      // The port may come free, and the file be put right.
      this.retry = setTimeout(() => void this.change(this.site), 30_000);
      this.retry.unref();
    }
  }

  private async listenerTls({ certificate, key }: NonNullable<SiteMail['listener']>) {
    if (certificate === undefined || key === undefined) return {};
    return {
      tls: { certificate: await this.secrets.bytes(certificate), key: await this.secrets.bytes(key) },
    };
  }

  private async changeWatches(): Promise<void> {
    const { mail, watches } = this;
    const wanted = new Map<string, ImapWatchSettings>();
    for (const { id: mailboxId, imap } of mail?.mailboxes ?? [])
      if (mail && imap) wanted.set(mailboxId, { mailboxId, imap, maxBytes: maxBytesOf(mail) });
    const gone = [...watches].filter(([id, { settings }]) => !isDeepStrictEqual(settings, wanted.get(id)));
    for (const [id] of gone) watches.delete(id);
    await Promise.all(gone.map(([, { part }]) => part.close()));
    for (const [id, settings] of wanted) {
      if (watches.has(id)) continue;
      const { secrets, tokens, intake, parts } = this;
      const part = startImapWatch(
        settings,
        { ...this.common, secrets, tokens, store: parts.store, keep: (raw) => intake.keep(raw) },
        { ...imapTimes, ...parts.times?.imap },
      );
      watches.set(id, { settings, part });
    }
  }

  private async changeSender(): Promise<void> {
    const wanted = this.mail?.smarthost;
    if (this.sender && isDeepStrictEqual(this.sender.settings, wanted)) return;
    const old = this.sender;
    this.sender = undefined;
    await old?.part.close();
    if (!wanted) return;
    const { secrets, tokens } = this;
    const part = createMailSender(wanted, { ...this.common, secrets, tokens }, this.senderTimes);
    this.sender = { settings: wanted, part };
  }

  async send(outgoing: OutgoingMessage, signal: AbortSignal): Promise<SendResult> {
    const { site, sender, book } = this;
    if (!site?.mail || !sender) return { outcome: 'off' };
    const mailbox = book.byId(outgoing.endpointId);
    if (!mailbox) return { outcome: 'failed', fault: withDetail('noMailbox', outgoing.endpointId) };
    const { desk, tokenKeys, clock, logger } = this.parts;
    try {
      const composed = await composeMail(outgoing, {
        mailbox,
        tokenKey: tokenKeys[0],
        timeZone: site.site.timeZone,
        maxBytes: maxBytesOf(site.mail),
        now: () => clock.now(),
        readFile: (sha256) => desk.readFile(sha256),
      });
      if ('fault' in composed) return { outcome: 'failed', fault: composed.fault };
      return await sender.part.send(composed.mail, signal);
    } catch (error) {
      logger.warn(
        { messageId: outgoing.messageId, fault: faultWord(error) },
        'a mail cannot be composed now',
      );
      return { outcome: 'later', fault: deliveryFaults.notComposed };
    }
  }

  async sendNotice(notice: MailNotice, signal: AbortSignal): Promise<SendResult> {
    const { sender, book } = this;
    const [mailbox] = book.all;
    if (!sender || !mailbox) return { outcome: 'off' };
    const mail = composeNotice(notice, mailbox, this.parts.clock.now());
    if (!mail) return { outcome: 'failed', fault: deliveryFaults.noAddress };
    return sender.part.send(mail, signal);
  }

  health(): ChannelHealth {
    if (!this.mail) return { state: 'off' };
    const watches = [...this.watches].map(
      ([mailboxId, { part }]) => [`mailbox ${mailboxId}`, part.health()] as const,
    );
    const listener = this.mail.listener ? [['listener', this.listenerHealth.get()] as const] : [];
    const relay = this.sender ? [['relay', this.sender.part.health(), true] as const] : [];
    return sumOfHealth([...listener, ...watches], [...relay, ['intake', this.intake.health(), true]]);
  }

  counts(): RawCounts {
    return this.intake.counts();
  }

  listenerPort(): number | undefined {
    return this.listener?.part.port;
  }

  /** The ways in first, so that nothing comes while the rest goes. */
  async close(): Promise<void> {
    if (this.isClosed) return this.lastChange;
    const changed = this.change(undefined);
    this.isClosed = true;
    this.lastChange = changed.then(async () => {
      const intake = this.intake.close();
      await this.ownReader?.close();
      await intake;
    });
    return this.lastChange;
  }
}

export function createMailChannel(parts: MailChannelParts): MailChannel {
  const gate = new MailGate(parts);
  return {
    id: mailChannelId,
    get capabilities(): ChannelCapabilities {
      const maxBytes = Math.floor((gate.mail ? maxBytesOf(gate.mail) : 0) * shareOfFiles);
      return {
        work: 'mail',
        isLive: false,
        hasHtml: true,
        attachments: { maxBytes, maxCount: 50 },
        sending: { atOnce: relayConnections, boundMs: gate.senderTimes.mailMs + composeMs },
      };
    },
    apply: (site) => gate.change(site),
    send: (outgoing, signal) => gate.send(outgoing, signal),
    sendNotice: (notice, signal) => gate.sendNotice(notice, signal),
    health: () => gate.health(),
    close: () => gate.close(),
    counts: () => gate.counts(),
    isOn: () => gate.mail !== undefined,
    wake: () => gate.intake.wake(),
    onSettled: (listener) => gate.intake.onSettled(listener),
    listenerPort: () => gate.listenerPort(),
  };
}
