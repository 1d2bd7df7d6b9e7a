/** The agent's desk over HTTP: every route is about the agent that the signed-in user is, and no other. */
import { z } from 'zod';
import {
  closeRequestSchema,
  deskLogInSchema,
  deskStateSchema,
  readRequestSchema,
  sendMessageSchema,
  transferRequestSchema,
} from '../../contract/desk.ts';
import { emptyRequestSchema } from '../../contract/rest.ts';
import { issueDeskTicket } from '../parts.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route, SignedIn } from '../route.ts';
import type { DeskAnswer } from './port.ts';

export function agentOf(who: SignedIn): string {
  const { agentId } = who.session;
  if (agentId === undefined) throw refusal('forbidden', 'this user is no agent', { reason: 'no-agent' });
  return agentId;
}

export function checked(answer: DeskAnswer): void {
  if (!answer) return;
  if (answer.refused === 'not-yours') throw notFound('contact');
  throw refusal('conflict', 'this cannot be done now', { reason: answer.refused });
}

const done = { status: 204 };
const goneOffer: ReadonlySet<string> = new Set(['not-yours', 'unknown-offer']);

export function deskRoutes(parts: ApiParts): Route[] {
  const { desk, audit } = parts.deps;
  const view = (agentId: string) => {
    const found = desk.view(agentId);
    if (!found) throw refusal('forbidden', 'the site has no such agent', { reason: 'no-agent' });
    return { json: found };
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/desk',
      access: 'desk.use',
      forLimited: 'same',
      handle: async (_ctx, who) => view(agentOf(who)),
    }),
    defineRoute({
      method: 'get',
      path: '/api/desk/targets',
      access: 'desk.use',
      forLimited: 'same',
      async handle(_ctx, who) {
        const agentId = agentOf(who);
        view(agentId);
        return { json: desk.targets(agentId) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/ticket',
      access: 'desk.use',
      forLimited: 'same',
      body: emptyRequestSchema,
      handle: async (_ctx, who) => ({ json: issueDeskTicket(parts, who.session.sessionId, agentOf(who)) }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/log-in',
      access: 'desk.use',
      forLimited: 'same',
      body: deskLogInSchema,
      async handle({ body }, who) {
        const agentId = agentOf(who);
        checked(desk.logIn(agentId, body.phoneId));
        await audit.append({ actor: who.actor, action: 'agent.logged-in', target: `agent:${agentId}` });
        return view(agentId);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/state',
      access: 'desk.use',
      forLimited: 'same',
      body: deskStateSchema,
      async handle({ body }, who) {
        const agentId = agentOf(who);
        checked(desk.setState(agentId, body));
        return view(agentId);
      },
    }),
    ...(['accept', 'reject'] as const).map((verb) =>
      defineRoute({
        method: 'post',
        path: `/api/desk/offers/:id/${verb}`,
        access: 'desk.use',
        forLimited: 'same',
        body: emptyRequestSchema,
        async handle(ctx, who) {
          const answer = desk.answerOffer(agentOf(who), ctx.id(), verb === 'accept');
          // It ran out, was taken back, or is somebody else's: offers go so fast that nobody is told apart.
          if (answer && goneOffer.has(answer.refused))
            throw refusal('conflict', 'this offer is no longer there', { reason: 'offer-gone' });
          checked(answer);
          return done;
        },
      }),
    ),
    ...contactRoutes(parts),
  ];
}

function contactRoutes({ deps: { desk } }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/desk/contacts/:id',
      access: 'desk.use',
      forLimited: 'same',
      async handle(ctx, who) {
        const thread = await desk.thread(agentOf(who), ctx.id());
        if (!thread) throw notFound('contact');
        return { json: thread };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/messages',
      access: 'desk.use',
      forLimited: 'same',
      body: sendMessageSchema,
      async handle(ctx, who) {
        const sent = await desk.send(agentOf(who), ctx.id(), ctx.body);
        if ('refused' in sent)
          throw sent.refused === 'not-yours' ? notFound('contact') : refusedBy(sent.refused);
        return { status: 201, json: sent.message };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/transfer',
      access: 'desk.use',
      forLimited: 'same',
      body: transferRequestSchema,
      async handle(ctx, who) {
        checked(await desk.transfer(agentOf(who), ctx.id(), ctx.body));
        return done;
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/close',
      access: 'desk.use',
      forLimited: 'same',
      body: closeRequestSchema,
      async handle(ctx, who) {
        checked(await desk.close(agentOf(who), ctx.id(), ctx.body));
        return done;
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/read',
      access: 'desk.use',
      forLimited: 'same',
      body: readRequestSchema,
      async handle(ctx, who) {
        checked(await desk.read(agentOf(who), ctx.id(), ctx.body.seq));
        return done;
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/desk/contacts/:id/typing',
      access: 'desk.use',
      forLimited: 'same',
      body: emptyRequestSchema,
      async handle(ctx, who) {
        checked(desk.typing(agentOf(who), ctx.id()));
        return done;
      },
    }),
  ];
}

const refusedBy = (reason: string) => refusal('conflict', 'this cannot be sent', { reason });

/** What a file is called: the rest of its rules are the desk's. */
export const fileQuerySchema = z.strictObject({ name: z.string().min(1).max(200) });
