/**
 * First start, sign-in and sign-out, one's own password, the list of sessions.
 * Races stopped: a sign-in never continues an existing session (fixation), the old one of the cookie ends.
 */
import { changePasswordRequestSchema, setupRequestSchema, signInRequestSchema } from '../../contract/rest.ts';
import { isAllowed } from '../../auth/policy.ts';
import { z } from 'zod';
import { clearCookie, readCookie } from '../cookies.ts';
import { shutOut } from '../parts.ts';
import type { ApiParts } from '../parts.ts';
import { notFound } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { RequestContext, Route } from '../route.ts';
import { answerStarted } from './answer.ts';
import { presentSession, presentSessionRow, sessionFacts } from './presenter.ts';

const listQuerySchema = z.strictObject({ all: z.literal('1').optional() });

function signInRoutes(parts: ApiParts): Route[] {
  const { signIn, setup, sessions } = parts.deps.access;
  const endOld = async (ctx: RequestContext<unknown>) => {
    const old = readCookie(ctx.req.headers, 'session', ctx.isSecure);
    const session = old === undefined ? undefined : await sessions.resume(old);
    if (!session) return;
    await sessions.end(session.sessionId);
    shutOut(parts, { kind: 'session', id: session.sessionId });
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/setup',
      access: 'open',
      handle: async () => ({ json: { isNeeded: await setup.isNeeded() } }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/setup',
      access: 'open',
      body: setupRequestSchema,
      handle: async (ctx) =>
        answerStarted(parts, await signIn.createFirstAdmin(ctx.body, ctx.caller), ctx.isSecure, 201),
    }),
    defineRoute({
      method: 'post',
      path: '/api/session',
      access: 'open',
      body: signInRequestSchema,
      async handle(ctx) {
        const result = await signIn.signIn(ctx.body, ctx.caller);
        if (result.outcome === 'started') await endOld(ctx);
        return answerStarted(parts, result, ctx.isSecure);
      },
    }),
  ];
}

function ownSessionRoutes(parts: ApiParts): Route[] {
  const { signIn, sessions } = parts.deps.access;
  const { audit } = parts.deps;
  return [
    defineRoute({
      method: 'get',
      path: '/api/session',
      access: 'session',
      forLimited: 'same',
      isForNewcomers: true,
      handle: async (_ctx, who) => ({
        json: presentSession(who.session, who.token, sessionFacts(parts)),
      }),
    }),
    defineRoute({
      method: 'delete',
      path: '/api/session',
      access: 'session',
      forLimited: 'same',
      isForNewcomers: true,
      async handle(ctx, who) {
        await sessions.end(who.session.sessionId);
        shutOut(parts, { kind: 'session', id: who.session.sessionId });
        await audit.append({ actor: who.actor, action: 'session.ended' });
        return { status: 204, cookies: [clearCookie('session', ctx.isSecure)] };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/me/password',
      access: 'session',
      forLimited: 'same',
      isForNewcomers: true,
      body: changePasswordRequestSchema,
      async handle(ctx, who) {
        const result = await signIn.changePassword(who.session, ctx.body, ctx.caller);
        if (result.outcome === 'started')
          for (const id of result.ended) shutOut(parts, { kind: 'session', id });
        return answerStarted(parts, result, ctx.isSecure);
      },
    }),
  ];
}

function sessionListRoutes(parts: ApiParts): Route[] {
  const { sessions } = parts.deps.access;
  return [
    defineRoute({
      method: 'get',
      path: '/api/sessions',
      access: 'session',
      forLimited: 'same',
      async handle(ctx, who) {
        const isAll =
          ctx.query(listQuerySchema).all === '1' && isAllowed(who.session.role, 'sessions.manage');
        const list = await sessions.list(isAll ? undefined : who.session.userId);
        return { json: { items: list.map((one) => presentSessionRow(one, who.session.sessionId)) } };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/sessions/:id',
      access: 'session',
      forLimited: 'same',
      async handle(ctx, who) {
        const id = ctx.id();
        const isManager = isAllowed(who.session.role, 'sessions.manage');
        const visible = await sessions.list(isManager ? undefined : who.session.userId);
        const target = visible.find((one) => one.sessionId === id);
        if (!target || !(await sessions.end(id))) throw notFound('session');
        shutOut(parts, { kind: 'session', id });
        const action = 'session.revoked';
        await parts.deps.audit.append({ actor: who.actor, action, target: `user:${target.username}` });
        return { status: 204 };
      },
    }),
  ];
}

export const sessionRoutes = (parts: ApiParts): Route[] => [
  ...signInRoutes(parts),
  ...ownSessionRoutes(parts),
  ...sessionListRoutes(parts),
];
