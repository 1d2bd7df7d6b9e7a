/**
 * Routes as data. Each one names who may call it, so a route without an answer to that cannot be written, and a test
 * can walk all of them. `mountRoutes` is the only way in: session, origin, token, permission, body, in this order;
 * a body is not even read before its sender was allowed.
 */
import express from 'express';
import type { Express, Request, Response } from 'express';
import type { z } from 'zod';
import type { AppError } from '../lib/app-error.ts';
import { addressKey } from '../lib/network.ts';
import type { Caller } from '../auth/sign-in.ts';
import { isAllowed } from '../auth/policy.ts';
import type { Permission } from '../auth/policy.ts';
import { isSameSecret } from '../auth/secrets.ts';
import { csrfTokenOf } from '../auth/session-store.ts';
import { isLimitable, type View, viewOf, wholeSite } from '../auth/view.ts';
import type { Session } from '../auth/session-store.ts';
import { bodyLimitBytes, csrfHeader, idSchema } from '../contract/rest.ts';
import { readCookie } from './cookies.ts';
import { isSameOrigin, isSecureRequest } from './origin.ts';
import type { ApiDeps } from './ports.ts';
import { notFound, refusal } from './refusal.ts';

/** open: strangers too (the handler judges). session: whoever is signed in. Else a permission of policy.ts. */
export type RouteAccess = 'open' | 'session' | Permission;

export interface RequestContext<B> {
  req: Request;
  res: Response;
  body: B;
  caller: Caller;
  isSecure: boolean;
  /** An id in the path; anything that cannot be one is not found. */
  id(): string;
  query<T>(schema: z.ZodType<T>): T;
}
export interface SignedIn {
  session: Session;
  token: string;
  /** For the audit trail. */
  actor: string;
  /** What of the site the caller sees, at this moment. */
  view: View;
}
/**
 * What a route is for somebody who is limited to some teams and queues. same: it tells nothing of contacts, agents or figures, or
 * only what is the caller's own. narrowed: its handler asks `who.view`. A route that does not say is refused to them.
 */
export type ForLimited = 'same' | 'narrowed';

/** What a handler answers; `undefined` when it has written the answer itself. */
export interface RouteAnswer {
  status?: number;
  json?: unknown;
  text?: { type: string; body: string };
  cookies?: string[];
}

interface RouteHead<B> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  body?: z.ZodType<B>;
  bodyLimitBytes?: number;
  /** May be called with a one-time password still in force. */
  isForNewcomers?: boolean;
}
export interface OpenRoute<B> extends RouteHead<B> {
  access: 'open';
  handle(ctx: RequestContext<B>): Promise<RouteAnswer | undefined>;
}
export interface SessionRoute<B> extends RouteHead<B> {
  access: Exclude<RouteAccess, 'open'>;
  forLimited?: ForLimited;
  handle(ctx: RequestContext<B>, who: SignedIn): Promise<RouteAnswer | undefined>;
}
/** A route with its body's type closed over. */
export interface Route extends Omit<RouteHead<never>, 'body'> {
  access: RouteAccess;
  forLimited?: ForLimited;
  run(deps: ApiDeps, req: Request, res: Response): Promise<void>;
}

const unsafeMethods = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** The session of a request's cookie, if it still stands. */
export async function findSession(deps: ApiDeps, req: Request): Promise<SignedIn | undefined> {
  const token = readCookie(req.headers, 'session', isSecureRequest(req, deps.settings));
  const session = token === undefined ? undefined : await deps.access.sessions.resume(token);
  if (!session || token === undefined) return undefined;
  return { session, token, actor: `user:${session.username}`, view: viewOfSession(deps, session) };
}

export function viewOfSession(deps: Pick<ApiDeps, 'hours' | 'channels'>, { role, view }: Session): View {
  if (!view || !isLimitable(role)) return wholeSite;
  return viewOf(view, deps.hours.isSet ? deps.channels.site() : undefined);
}

export const outsideView = (): AppError =>
  refusal('outside-view', 'this is not of the teams and queues that you are limited to');

function checkOrigin(deps: ApiDeps, req: Request, who: SignedIn | undefined): void {
  if (!unsafeMethods.has(req.method)) return;
  if (!isSameOrigin(req, deps.settings)) throw refusal('bad-origin', 'the request comes from another site');
  if (!who) return;
  const sent = req.headers[csrfHeader];
  if (typeof sent !== 'string' || !isSameSecret(sent, csrfTokenOf(who.token)))
    throw refusal('bad-origin', `the ${csrfHeader} header is missing or wrong`);
}

function checkPermission(
  who: SignedIn,
  route: { access: RouteAccess; isForNewcomers?: boolean; forLimited?: ForLimited },
): void {
  if (who.session.mustChangePassword && route.isForNewcomers !== true)
    throw refusal('forbidden', 'change your one-time password first', { reason: 'must-change-password' });
  if (route.access === 'open') return;
  if (route.access !== 'session' && !isAllowed(who.session.role, route.access))
    throw refusal('forbidden', 'your role may not do this', { permission: route.access });
  if (who.view.within && route.forLimited === undefined) throw outsideView();
}

const parserOf = (limit: number) =>
  express.json({ limit, strict: true, inflate: false, type: 'application/json' });
const parsers = new Map<number, ReturnType<typeof express.json>>();

async function readJson(req: Request, res: Response, limit: number): Promise<unknown> {
  if (req.is('application/json') === false) throw refusal('bad-request', 'send the body as application/json');
  const parser = parsers.get(limit) ?? parserOf(limit);
  parsers.set(limit, parser);
  await new Promise<void>((resolve, reject) => {
    parser(req, res, (error?: unknown) => (error === undefined ? resolve() : reject(error as Error)));
  });
  return req.body ?? {};
}

export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 20).map((issue) => ({
    path: issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
    message: issue.message.slice(0, 200),
  }));
  throw refusal('bad-request', 'a field is missing or out of its limits', { faults });
}

export function defineRoute<B = undefined>(route: OpenRoute<B> | SessionRoute<B>): Route {
  const { method, path, access, isForNewcomers } = route;
  const forLimited = route.access === 'open' ? undefined : route.forLimited;
  const run = async (deps: ApiDeps, req: Request, res: Response): Promise<void> => {
    const who = route.access === 'open' ? undefined : await findSession(deps, req);
    if (route.access !== 'open' && !who) throw refusal('sign-in-required', 'sign in first');
    checkOrigin(deps, req, who);
    if (who) checkPermission(who, route);
    const ctx: RequestContext<B> = {
      req,
      res,
      // Without a schema B is undefined.
      body: (route.body
        ? parse(route.body, await readJson(req, res, route.bodyLimitBytes ?? bodyLimitBytes))
        : undefined) as B,
      caller: { address: addressKey(req.ip ?? 'unknown'), userAgent: req.headers['user-agent'] ?? '' },
      isSecure: isSecureRequest(req, deps.settings),
      id() {
        const id = idSchema.safeParse(req.params['id']);
        if (!id.success) throw notFound('thing');
        return id.data;
      },
      query: (schema) => parse(schema, { ...req.query }),
    };
    const answer =
      route.access === 'open' ? await route.handle(ctx) : await route.handle(ctx, who as SignedIn);
    if (answer) sendAnswer(res, answer);
  };
  return {
    method,
    path,
    access,
    run,
    ...(isForNewcomers !== undefined && { isForNewcomers }),
    ...(forLimited && { forLimited }),
  };
}

function sendAnswer(res: Response, answer: RouteAnswer): void {
  res.setHeader('Cache-Control', 'no-store');
  if (answer.cookies) res.setHeader('Set-Cookie', answer.cookies);
  res.status(answer.status ?? 200);
  if (answer.json !== undefined) res.json(answer.json);
  else if (answer.text) res.type(answer.text.type).send(answer.text.body);
  else res.end();
}

export function mountRoutes(app: Express, deps: ApiDeps, routes: readonly Route[]): void {
  for (const route of routes) app[route.method](route.path, (req, res) => route.run(deps, req, res));
}
