/**
 * What sign-in needs from outside, and the records it keeps. Everything here is small, so that a test or the
 * composer can stand in for any of it.
 */
import type { DisplaySettings } from '../contract/boards.ts';
import type { Role } from '../contract/rest.ts';
import type { Language } from '../contract/site.ts';
import type { UserView } from '../contract/user-view.ts';

export interface Clock {
  /** Wall clock, ms UTC. */
  now(): number;
}

/** Redis as a plain command line: replies are strings, integers, null or arrays, the same in RESP2 and RESP3. */
export interface RedisCommands {
  sendCommand(args: string[]): Promise<unknown>;
}

/** A few named values that outlive restarts. */
export interface SettingsStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  remove(key: string): Promise<void>;
}

export interface UserRecord {
  id: string;
  username: string;
  passwordHash: string;
  /** The password was given by an administrator and has to be changed before anything else. */
  isOneTimePassword: boolean;
  role: Role;
  /** The agent of the site that the user is. */
  agentId?: string;
  /** What of the site the user is limited to; absent: the whole of it. */
  view?: UserView;
  createdAt: number;
  lastSignInAt?: number;
  isDisabled: boolean;
}

export interface UserRepo {
  hasAdmin(): Promise<boolean>;
  list(): Promise<UserRecord[]>;
  byId(id: string): Promise<UserRecord | undefined>;
  byUsername(username: string): Promise<UserRecord | undefined>;
  create(user: NewUserRecord): Promise<UserRecord | 'username-taken' | 'agent-taken'>;
  /** The first administrator: undefined when one exists already, however many ask at once. */
  createFirstAdmin(user: Omit<NewUserRecord, 'role' | 'agentId' | 'view'>): Promise<UserRecord | undefined>;
  setPassword(id: string, passwordHash: string, isOneTime: boolean): Promise<void>;
  noteSignIn(id: string, at: number): Promise<void>;
  /**
   * `last-admin`: refused, since nobody could administer the system afterwards. `view-of-role`: a view for a role that has none; a
   * view that is there goes with the role that had it.
   */
  update(
    id: string,
    change: UserChange,
  ): Promise<
    { user: UserRecord; before: UserRecord } | 'not-found' | 'last-admin' | 'agent-taken' | 'view-of-role'
  >;
}

/** null: none any more. */
export interface UserChange {
  isDisabled?: boolean;
  role?: Role;
  agentId?: string | null;
  view?: UserView | null;
}

export interface NewUserRecord {
  id: string;
  username: string;
  passwordHash: string;
  isOneTimePassword: boolean;
  role: Role;
  agentId?: string;
  view?: UserView;
  createdAt: number;
}

export interface DisplayRecord {
  id: string;
  name?: string;
  state: 'pending' | 'approved' | 'revoked';
  createdAt: number;
  approvedAt?: number;
  approvedBy?: string;
  revokedAt?: number;
  lastSeenAt?: number;
  language?: Language;
  userAgent?: string;
  settings?: DisplaySettings;
}

export interface DisplayRepo {
  list(): Promise<DisplayRecord[]>;
  byId(id: string): Promise<DisplayRecord | undefined>;
  byTokenHash(tokenHash: string): Promise<DisplayRecord | undefined>;
  byPendingCodeHash(codeHash: string, createdAfter: number): Promise<DisplayRecord | undefined>;
  /** Drops what is pending longer than its code lives, then adds; `full` when too many are pending. */
  addPending(
    display: PendingDisplay,
    bound: { expiredBefore: number; maxPending: number },
  ): Promise<'added' | 'full'>;
  /** A fresh code for a display still pending; false when it is not. Restarts its age. */
  renewPending(id: string, codeHash: string, at: number): Promise<boolean>;
  /** The code is burnt; undefined when it was not pending any more. */
  approve(id: string, change: { name: string; by: string; at: number }): Promise<DisplayRecord | undefined>;
  /** The token is void from here; undefined when there is no such display. */
  revoke(id: string, at: number): Promise<DisplayRecord | undefined>;
  rename(id: string, name: string): Promise<DisplayRecord | undefined>;
  /** Of an approved display: undefined where it is none. Boards that do not exist are named, and nothing is changed. */
  setSettings(
    id: string,
    settings: DisplaySettings,
  ): Promise<DisplayRecord | { unknownBoards: string[] } | undefined>;
  /** Of these, the ones that are approved now, with their settings. */
  settingsAmong(ids: string[]): Promise<Map<string, DisplaySettings | undefined>>;
  noteSeen(id: string, at: number): Promise<void>;
  /** Of these, the ones that are approved now. */
  approvedAmong(ids: string[]): Promise<Set<string>>;
}

export interface PendingDisplay {
  id: string;
  codeHash: string;
  tokenHash: string;
  createdAt: number;
  language?: Language;
  userAgent?: string;
}

/** The part of the audit trail that sign-in writes to. */
export interface AuditSink {
  append(entry: AuditEntry): Promise<void>;
}

export interface AuditEntry {
  /** `user:<name>`, `display:<id>`, `local` (the Unix socket), `stranger`. */
  actor: string;
  /** `noun.past-tense-verb`. */
  action: string;
  target?: string;
  details?: Record<string, unknown>;
}
