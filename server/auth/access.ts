/**
 * Joins the parts of sign-in for the composer: give it Postgres, Redis and a settings store, and pass the result
 * to the HTTP server. Bounds each Redis command in time, so that a request never hangs on a Redis that is away.
 */
import type { Sequelize } from 'sequelize';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { AppError } from '../lib/app-error.ts';
import { createDisplayEnrolment } from './display-enrolment.ts';
import type { DisplayEnrolment } from './display-enrolment.ts';
import { createDisplayRepo } from './display-repo.ts';
import { createPasswordHasher } from './password.ts';
import type { PasswordHasher, ScryptCost } from './password.ts';
import type { Clock, DisplayRepo, RedisCommands, SettingsStore, UserRepo } from './ports.ts';
import { createSessionStore } from './session-store.ts';
import type { SessionOptions, SessionStore } from './session-store.ts';
import { createSetupSecret } from './setup-secret.ts';
import type { SetupSecret } from './setup-secret.ts';
import { createSignIn } from './sign-in.ts';
import type { SignIn } from './sign-in.ts';
import { createTryLimiter } from './try-limiter.ts';
import type { TryLimiter } from './try-limiter.ts';
import { createUserRepo } from './user-repo.ts';

export interface AccessDeps {
  sequelize: Sequelize;
  redis: RedisCommands;
  settings: SettingsStore;
  audit: AuditTrail;
  clock: Clock;
  newId: (noun: string) => string;
  /** Tests only make it cheaper. */
  passwordCost?: ScryptCost;
  session?: SessionOptions;
}

export interface Access {
  users: UserRepo;
  displays: DisplayRepo;
  sessions: SessionStore;
  passwords: PasswordHasher;
  tries: TryLimiter;
  setup: SetupSecret;
  signIn: SignIn;
  enrolment: DisplayEnrolment;
}

const redisBoundMs = 3000;

export function boundedRedis(redis: RedisCommands, boundMs = redisBoundMs): RedisCommands {
  return {
    async sendCommand(args) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(
          () => reject(new AppError('not-ready', 503, 'Redis did not answer in time')),
          boundMs,
        );
      });
      try {
        return await Promise.race([redis.sendCommand(args), late]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

export function createAccess(deps: AccessDeps): Access {
  const { audit, clock, newId } = deps;
  const redis = boundedRedis(deps.redis);
  const users = createUserRepo(deps.sequelize);
  const displays = createDisplayRepo(deps.sequelize);
  const sessions = createSessionStore(redis, clock, deps.session);
  const passwords = createPasswordHasher(deps.passwordCost);
  const tries = createTryLimiter(redis, clock, deps.session?.prefix);
  const setup = createSetupSecret({ users, settings: deps.settings, clock });
  const signIn = createSignIn({ users, sessions, passwords, tries, setup, audit, clock, newId });
  const enrolment = createDisplayEnrolment({ displays, tries, audit, clock, newId });
  return { users, displays, sessions, passwords, tries, setup, signIn, enrolment };
}
