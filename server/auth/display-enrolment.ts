/**
 * Displays: enrolled devices with a read-only identity (a random token in their cookie; its hash in the database).
 *
 *     (none) --enrol--> pending --approve(code)--> approved --revoke--> revoked
 *                         |  15 min                                        |
 *                         +--> (none)                     enrol again: a new display
 *
 * A code is short because a person types it; so it is one use, short-lived, bounded in number and its tries are
 * limited. Race stopped: state changes are conditional updates in the repo, so of two approvals one wins.
 */
import type { DisplaySettings } from '../contract/boards.ts';
import { displayCodeAlphabet, displayCodeLength } from '../contract/rest.ts';
import type { DisplayState } from '../contract/rest.ts';
import type { Language } from '../contract/site.ts';
import type { AuditSink, Clock, DisplayRecord, DisplayRepo } from './ports.ts';
import { plainCode, randomText, randomToken, sha256Hex } from './secrets.ts';
import { perApprover, perEnroller } from './try-limiter.ts';
import type { TryLimiter } from './try-limiter.ts';

export const codeLifeMs = 15 * 60_000;
export const maxPendingDisplays = 50;
const noteSeenEveryMs = 60_000;

export interface DisplayEnrolment {
  enrol(request: {
    token?: string;
    language?: Language;
    userAgent: string;
    address: string;
  }): Promise<
    | { outcome: 'enrolled'; displayId: string; code: string; codeExpiresAt: number; token: string }
    | { outcome: 'already-approved' }
    | { outcome: 'too-many-tries'; retryInMs: number }
  >;
  state(token: string | undefined): Promise<DisplayState>;
  /** The approved display of a cookie. */
  identify(token: string | undefined): Promise<DisplayRecord | undefined>;
  approve(request: {
    code: string;
    name: string;
    by: string;
  }): Promise<DisplayRecord | 'code-unknown' | { retryInMs: number }>;
  revoke(displayId: string, by: string): Promise<DisplayRecord | undefined>;
  rename(displayId: string, name: string, by: string): Promise<DisplayRecord | undefined>;
  /** What an approved display shows; boards that do not exist are named. */
  configure(
    displayId: string,
    settings: DisplaySettings,
    by: string,
  ): Promise<DisplayRecord | { unknownBoards: string[] } | undefined>;
}

/** Which of the two trees a display is sent. */
export const showsOf = (settings: DisplaySettings | undefined): 'standard' | 'boards' =>
  settings && settings.boards.length > 0 ? 'boards' : 'standard';

export interface EnrolmentDeps {
  displays: DisplayRepo;
  tries: TryLimiter;
  audit: AuditSink;
  clock: Clock;
  newId: (noun: string) => string;
}

const codeHashOf = (code: string) => sha256Hex(`display-code:${plainCode(code)}`);
const tokenHashOf = (token: string) => sha256Hex(`display:${token}`);

export function createDisplayEnrolment(deps: EnrolmentDeps): DisplayEnrolment {
  const { displays, tries, audit, clock } = deps;

  const find = async (token: string | undefined) =>
    token === undefined || token.length > 100 ? undefined : displays.byTokenHash(tokenHashOf(token));

  const add = async (request: { language?: Language; userAgent: string }, codeHash: string) => {
    const now = clock.now();
    const token = randomToken();
    const id = deps.newId('display');
    const outcome = await displays.addPending(
      {
        id,
        codeHash,
        tokenHash: tokenHashOf(token),
        createdAt: now,
        userAgent: request.userAgent.slice(0, 200),
        ...(request.language === undefined ? {} : { language: request.language }),
      },
      { expiredBefore: now - codeLifeMs, maxPending: maxPendingDisplays },
    );
    return outcome === 'full' ? undefined : { id, token };
  };

  return {
    async enrol(request) {
      const turn = await tries.take(`enrol:${request.address}`, perEnroller);
      if (turn.retryInMs > 0) return { outcome: 'too-many-tries', retryInMs: turn.retryInMs };
      const now = clock.now();
      const code = randomText(displayCodeAlphabet, displayCodeLength);
      const codeExpiresAt = now + codeLifeMs;
      const old = await find(request.token);
      if (old?.state === 'approved') return { outcome: 'already-approved' };
      if (
        old?.state === 'pending' &&
        request.token !== undefined &&
        (await displays.renewPending(old.id, codeHashOf(code), now))
      )
        return { outcome: 'enrolled', displayId: old.id, code, codeExpiresAt, token: request.token };
      const added = await add(request, codeHashOf(code));
      if (!added) return { outcome: 'too-many-tries', retryInMs: 60_000 };
      return { outcome: 'enrolled', displayId: added.id, code, codeExpiresAt, token: added.token };
    },

    async state(token) {
      const display = await find(token);
      if (!display) return { state: 'none' };
      if (display.state === 'revoked') return { state: 'revoked' };
      const displayId = display.id;
      if (display.state === 'pending') {
        const codeExpiresAt = display.createdAt + codeLifeMs;
        return clock.now() < codeExpiresAt
          ? { state: 'pending', displayId, codeExpiresAt }
          : { state: 'none' };
      }
      const { language, settings } = display;
      return {
        state: 'approved',
        displayId,
        name: display.name ?? displayId,
        ...(language === undefined ? {} : { language }),
        shows: showsOf(settings),
        ...(settings === undefined ? {} : { settings }),
      };
    },

    async identify(token) {
      const display = await find(token);
      if (display?.state !== 'approved') return undefined;
      const now = clock.now();
      if (now - (display.lastSeenAt ?? 0) > noteSeenEveryMs) await displays.noteSeen(display.id, now);
      return display;
    },

    async approve({ code, name, by }) {
      const turn = await tries.take(`approve:${by}`, perApprover);
      if (turn.retryInMs > 0) return { retryInMs: turn.retryInMs };
      const now = clock.now();
      const found = await displays.byPendingCodeHash(codeHashOf(code), now - codeLifeMs);
      const display = found && (await displays.approve(found.id, { name, by, at: now }));
      if (!display) {
        await audit.append({
          actor: by,
          action: 'display.approval-refused',
          details: { reason: 'code-unknown' },
        });
        return 'code-unknown';
      }
      await tries.forgive(`approve:${by}`);
      await audit.append({ actor: by, action: 'display.approved', target: display.id, details: { name } });
      return display;
    },

    async revoke(displayId, by) {
      const display = await displays.revoke(displayId, clock.now());
      if (display) await audit.append({ actor: by, action: 'display.revoked', target: displayId });
      return display;
    },

    async rename(displayId, name, by) {
      const display = await displays.rename(displayId, name);
      if (display)
        await audit.append({ actor: by, action: 'display.renamed', target: displayId, details: { name } });
      return display;
    },

    async configure(displayId, settings, by) {
      const display = await displays.setSettings(displayId, settings);
      if (display && 'id' in display)
        await audit.append({
          actor: by,
          action: 'display.settings-changed',
          target: displayId,
          details: { ...settings },
        });
      return display;
    },
  };
}
