/**
 * Users: list, create with a one-time password, renew it, disable, change role. Whatever takes a right away ends
 * the user's sessions and sockets in the same request.
 */
import { isDeepStrictEqual } from 'node:util';
import { createUserRequestSchema, emptyRequestSchema, updateUserRequestSchema } from '../../contract/rest.ts';
import type { UserView } from '../../contract/user-view.ts';
import { newOneTimePassword } from '../../auth/password.ts';
import { isLimitable, unknownIn } from '../../auth/view.ts';
import { endSessionsOf } from '../parts.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal, tooManyTries } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { presentUser } from './presenter.ts';

const busyRetryMs = 2000;

async function oneTimePassword(parts: ApiParts) {
  const password = newOneTimePassword();
  const hash = await parts.deps.access.passwords.hash(password);
  if (hash === undefined) throw tooManyTries(busyRetryMs);
  return { password, hash };
}

const agentTaken = () => refusal('conflict', 'another user is this agent', { reason: 'agent-taken' });

const viewOfRole = () =>
  refusal('bad-request', 'only supervisors and viewers are limited to teams and queues', {
    reason: 'view-of-role',
  });

function checkView({ deps }: ApiParts, view: UserView | null | undefined): void {
  if (!view) return;
  const faults = unknownIn(view, deps.hours.isSet ? deps.channels.site() : undefined).slice(0, 20);
  if (faults.length > 0)
    throw refusal('bad-request', 'the site has no such team or queue', { reason: 'unknown-in-site', faults });
}

export function userRoutes(parts: ApiParts): Route[] {
  const { access, audit, clock, newId } = parts.deps;
  const { users } = access;
  return [
    defineRoute({
      method: 'get',
      path: '/api/users',
      access: 'users.list',
      handle: async () => ({ json: { items: (await users.list()).map(presentUser) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/users',
      access: 'users.manage',
      body: createUserRequestSchema,
      async handle({ body }, who) {
        const { agentId, view, ...rest } = body;
        if (view && !isLimitable(body.role)) throw viewOfRole();
        checkView(parts, view);
        const { password, hash } = await oneTimePassword(parts);
        const user = await users.create({
          ...rest,
          ...(agentId !== undefined && { agentId }),
          ...(view && { view }),
          id: newId('user'),
          passwordHash: hash,
          isOneTimePassword: true,
          createdAt: clock.now(),
        });
        if (user === 'agent-taken') throw agentTaken();
        if (user === 'username-taken')
          throw refusal('conflict', 'this user name is taken', { reason: 'username-taken' });
        const target = `user:${user.username}`;
        await audit.append({
          actor: who.actor,
          action: 'user.created',
          target,
          details: {
            role: user.role,
            ...(user.agentId !== undefined && { agentId: user.agentId }),
            ...(user.view && { view: user.view }),
          },
        });
        return { status: 201, json: { user: presentUser(user), oneTimePassword: password } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/users/:id/password',
      access: 'users.manage',
      body: emptyRequestSchema,
      async handle(ctx, who) {
        const user = await users.byId(ctx.id());
        if (!user) throw notFound('user');
        const { password, hash } = await oneTimePassword(parts);
        await access.signIn.liftLockOut(user.username);
        await users.setPassword(user.id, hash, true);
        await endSessionsOf(parts, user.id);
        const target = `user:${user.username}`;
        await audit.append({ actor: who.actor, action: 'password.reset', target });
        return {
          json: { user: presentUser({ ...user, isOneTimePassword: true }), oneTimePassword: password },
        };
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/api/users/:id',
      access: 'users.manage',
      body: updateUserRequestSchema,
      async handle(ctx, who) {
        const { isDisabled, role, agentId, view } = ctx.body;
        checkView(parts, view);
        const change = {
          ...(isDisabled === undefined ? {} : { isDisabled }),
          ...(role === undefined ? {} : { role }),
          ...(agentId === undefined ? {} : { agentId }),
          ...(view === undefined ? {} : { view }),
        };
        const outcome = await users.update(ctx.id(), change);
        if (outcome === 'not-found') throw notFound('user');
        if (outcome === 'agent-taken') throw agentTaken();
        if (outcome === 'view-of-role') throw viewOfRole();
        if (outcome === 'last-admin')
          throw refusal('conflict', 'this is the last administrator', { reason: 'last-admin' });
        const { user, before } = outcome;
        await endSessionsOf(parts, user.id);
        const target = `user:${user.username}`;
        const views = { view: user.view ?? null, viewBefore: before.view ?? null };
        const details = { ...change, ...(!isDeepStrictEqual(user.view, before.view) && views) };
        await audit.append({ actor: who.actor, action: 'user.changed', target, details });
        return { json: presentUser(user) };
      },
    }),
  ];
}
