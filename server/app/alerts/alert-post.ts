/**
 * Tells of alerts by mail and webhook: that one began, and that it ended. What does not get through is tried again after a
 * growing pause, for an hour. It is told at least once: a try whose answer was lost is repeated under the same id.
 *
 *    (quiet hours) held ----> waiting <---> waiting (tried, later) ----> sent | failed
 *                   ^------------' quiet hours began meanwhile
 *
 * In quiet hours nothing is sent. At their end, what still stands is told as if it had begun then; what has begun and ended,
 * or only ended, within them is told in one summary to each recipient.
 *
 * It has its own pace and holds up nobody: one try at a time to each recipient, few in all, each bounded in time. A rule that
 * tells too often is cut short. Neither an address nor what a mail server said is logged or kept.
 */
import { alertNoticesPerHour, alertNoticeTriesMs } from '../../contract/alerts.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import type { AlertLedger } from './alert-ledger.ts';
import { driftLines, mailKeyOf } from './drift-texts.ts';
import { type Letter, noticeMail, webhookBody, type TextSite } from './alert-texts.ts';
import { isInSpan } from './site-clock.ts';
import {
  noticeKinds,
  ways,
  type AlertWays,
  type ExplainAlert,
  type KeptAlert,
  type Notice,
  type NoticeKind,
  type Sent,
  type Way,
} from './ports.ts';

export const noticeRetryMs = [5_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];
const atOnce = 8;
/** A relay may think for long; a webhook has its own, shorter bound. */
export const tellBoundMs = 90_000;
/** A mail is worth more soon than explained. */
export const explainBoundMs = 10_000;
const hourMs = 3_600_000;

export interface AlertPostParts {
  ledger: AlertLedger;
  explain: ExplainAlert;
  ways: AlertWays;
  site: () => TextSite;
  clock: ClockPort;
  newId: (noun: string) => string;
  logger: LoggerPort;
}

interface Entry {
  readonly alertId: string;
  readonly kind: NoticeKind;
}
/** One mail or post, of one alert or of several. */
interface Parcel {
  readonly way: Way;
  readonly recipient: string;
  readonly notice: Notice;
  readonly entries: Entry[];
}

/** Undefined: the rule tells nobody that way. */
function recipientOf({ to }: KeptAlert, way: Way): string | undefined {
  if (way === 'mail') return to.mail.length === 0 ? undefined : to.mail.toSorted().join('\n');
  return to.webhook && `${to.webhook.url}\n${to.webhook.secret}`;
}

export const withNotice = (alert: KeptAlert, way: Way, kind: NoticeKind, notice: Notice): KeptAlert => ({
  ...alert,
  notices: { ...alert.notices, [way]: { ...alert.notices[way], [kind]: notice } },
});

export class AlertPost {
  readonly #parts: AlertPostParts;
  /** By recipient: what is on its way to it. */
  readonly #inHand = new Map<string, Promise<void>>();
  /** By rule and way: when it told, within the last hour. */
  readonly #told = new Map<string, number[]>();
  readonly #over = new AbortController();

  constructor(parts: AlertPostParts) {
    this.#parts = parts;
  }

  /** It began, or ended: from now on it is to be told of. Answers it with its notices; the caller puts it down. */
  noted(alert: KeptAlert, kind: NoticeKind): KeptAlert {
    const now = this.#parts.clock.now();
    let noted = alert;
    for (const way of ways) {
      if (recipientOf(alert, way) === undefined) continue;
      const began = alert.notices[way]?.began;
      // Who was never told that it began need not hear that it ended.
      if (kind === 'ended' && (began === undefined || began.state === 'failed')) continue;
      const noticeId = this.#parts.newId('notice');
      const notice: Notice = { state: 'waiting', tries: 0, dueAt: now, nextTryAt: now, noticeId };
      noted = withNotice(noted, way, kind, this.#isQuiet(alert, now) ? { ...notice, state: 'held' } : notice);
    }
    return noted;
  }

  /** Begins to send what is due; does not wait for it. */
  pass(): void {
    if (this.#over.signal.aborted) return;
    const now = this.#parts.clock.now();
    this.#followQuietHours(now);
    const due = this.#parcels().filter(({ notice }) => notice.nextTryAt <= now);
    for (const parcel of due.sort((a, b) => a.notice.dueAt - b.notice.dueAt)) {
      if (this.#inHand.size >= atOnce) return;
      const key = `${parcel.way}\n${parcel.recipient}`;
      if (this.#inHand.has(key)) continue;
      if (parcel.notice.tries === 0 && this.#isTooMuch(parcel, now)) {
        this.#settle(parcel, { outcome: 'failed', fault: 'too-many' });
        continue;
      }
      const sending = this.#send(parcel).finally(() => {
        this.#inHand.delete(key);
        this.pass();
      });
      this.#inHand.set(key, sending);
    }
  }

  /** When nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#inHand.size > 0) await Promise.all(this.#inHand.values());
  }

  /** What is on its way is let go; it is told again after the next start. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.idle();
  }

  #isQuiet({ to: { quiet } }: KeptAlert, now: number): boolean {
    return quiet !== undefined && isInSpan(quiet, this.#parts.site().timeZone, now);
  }

  #followQuietHours(now: number): void {
    const { ledger, newId } = this.#parts;
    const summaries = new Map<string, string>();
    for (const alert of ledger.all()) {
      const isQuiet = this.#isQuiet(alert, now);
      let changed = alert;
      for (const way of ways)
        for (const kind of noticeKinds) {
          const notice = changed.notices[way]?.[kind];
          if (isQuiet && notice?.state === 'waiting' && !this.#isInHand(alert, way))
            changed = withNotice(changed, way, kind, { ...notice, state: 'held' });
          if (isQuiet || notice?.state !== 'held') continue;
          const due: Notice = { ...notice, state: 'waiting', tries: 0, dueAt: now, nextTryAt: now };
          const key = `${way}\n${recipientOf(alert, way)}`;
          if (alert.endedAt !== undefined && !summaries.has(key)) summaries.set(key, newId('notice'));
          const summary = { ...due, noticeId: summaries.get(key) ?? due.noticeId, isSummary: true };
          changed = withNotice(changed, way, kind, alert.endedAt === undefined ? due : summary);
        }
      if (changed !== alert) ledger.put(changed);
    }
  }

  #isInHand(alert: KeptAlert, way: Way): boolean {
    return this.#inHand.has(`${way}\n${recipientOf(alert, way)}`);
  }

  #parcels(): Parcel[] {
    const parcels = new Map<string, Parcel>();
    for (const alert of this.#parts.ledger.all())
      for (const way of ways) {
        const recipient = recipientOf(alert, way);
        const { began, ended } = alert.notices[way] ?? {};
        // In their order: its end is told of when its beginning was.
        const kinds =
          began?.state === 'waiting' && ended?.noticeId !== began.noticeId ? ['began' as const] : noticeKinds;
        for (const kind of kinds) {
          const notice = alert.notices[way]?.[kind];
          if (notice?.state !== 'waiting' || recipient === undefined) continue;
          const entries = parcels.get(notice.noticeId)?.entries ?? [];
          entries.push({ alertId: alert.alertId, kind });
          parcels.set(notice.noticeId, { way, recipient, notice, entries });
        }
      }
    return [...parcels.values()];
  }

  #isTooMuch({ way, notice, entries }: Parcel, now: number): boolean {
    const ruleId = this.#parts.ledger.get(entries[0]!.alertId)?.ruleId;
    if (notice.isSummary === true || ruleId === undefined) return false;
    for (const [key, times] of this.#told) if (now - times.at(-1)! >= hourMs) this.#told.delete(key);
    const key = `${way} ${ruleId}`;
    const recent = (this.#told.get(key) ?? []).filter((at) => now - at < hourMs);
    if (recent.length >= alertNoticesPerHour) return true;
    this.#told.set(key, [...recent, now]);
    return false;
  }

  async #send(parcel: Parcel): Promise<void> {
    const { ledger, ways: by, site, clock, logger } = this.#parts;
    const { way, notice, entries } = parcel;
    const told = [...new Set(entries.map(({ alertId }) => alertId))].map((alertId) => ledger.get(alertId)!);
    const { to } = told[0]!;
    const kind = notice.isSummary === true ? 'summary' : entries[0]!.kind;
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(tellBoundMs)]);
    const letter = { noticeId: notice.noticeId, kind, at: clock.now(), alerts: told } as const;
    const sent = await Promise.resolve()
      .then(() =>
        way === 'mail'
          ? this.#mail(letter, told, signal)
          : by.webhook(to.webhook!, webhookBody(letter, site()), signal),
      )
      .catch((err: unknown): Sent => {
        logger.warn({ err, way }, 'an alert could not be told');
        return { outcome: 'later', fault: 'unreachable' };
      });
    if (!this.#over.signal.aborted) this.#settle(parcel, sent);
  }

  async #mail(letter: Letter, told: readonly KeptAlert[], signal: AbortSignal): Promise<Sent> {
    const site = this.#parts.site();
    const [alert] = told;
    const explained = letter.kind === 'began' && alert ? await this.#explained(alert) : [];
    return this.#parts.ways.mail(
      { ...noticeMail({ ...letter, explained }, site), to: alert!.to.mail },
      signal,
    );
  }

  /** Never rejects, and soon gives up: the mail goes without it. */
  async #explained(alert: KeptAlert): Promise<string[]> {
    const { explain, site, logger } = this.#parts;
    const by = mailKeyOf(alert.figure, alert.scope);
    if (alert.condition.kind !== 'trend' || by === undefined) return [];
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), explainBoundMs);
    });
    try {
      const report = await Promise.race([explain(alert, by), bound]);
      return report ? driftLines(report, site().language) : [];
    } catch (err) {
      logger.warn({ err }, 'what explains an alert could not be asked');
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  #settle({ way, notice, entries }: Parcel, sent: Sent): void {
    const { ledger, clock } = this.#parts;
    const now = clock.now();
    const { noticeId, dueAt, isSummary } = notice;
    const tries = notice.tries + 1;
    const pauseMs = noticeRetryMs[Math.min(notice.tries, noticeRetryMs.length - 1)]!;
    const isOver = now + pauseMs - dueAt > alertNoticeTriesMs;
    const state =
      sent.outcome === 'later' && !isOver ? 'waiting' : sent.outcome === 'sent' ? 'sent' : 'failed';
    const next: Notice = {
      state,
      tries,
      dueAt,
      nextTryAt: now + pauseMs,
      noticeId,
      ...(isSummary !== undefined && { isSummary }),
      ...(sent.outcome !== 'sent' && {
        fault: sent.fault,
        ...(sent.detail !== undefined && { detail: sent.detail }),
      }),
    };
    for (const { alertId, kind } of entries) {
      const alert = ledger.get(alertId);
      if (!alert) continue;
      const settled = withNotice(alert, way, kind, next);
      const end = settled.notices[way]?.ended;
      // A beginning that could not be told: its end is not told either.
      const isEndIdle =
        kind === 'began' && state === 'failed' && end?.state === 'waiting' && end.noticeId !== noticeId;
      ledger.put(
        isEndIdle ? withNotice(settled, way, 'ended', { ...next, noticeId: end.noticeId }) : settled,
      );
    }
  }
}
