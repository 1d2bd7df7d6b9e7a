/**
 * Alerts: what stands, what was, acknowledging, and the rules. Each change is in the audit trail. A rule that posts to a
 * machine opens a way out of the building: only administrators name one, and a rule that has one keeps it through the
 * changes of others.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  acknowledgeRequestSchema,
  alertQuerySchema,
  alertRuleChangeSchema,
  alertRuleRequestSchema,
  type AlertRule,
  type AlertRuleRow,
} from '../../contract/alerts.ts';
import type { RuleRefusal, ScopesSeen } from '../../app/alerts/alerts.ts';
import { isFigureWithin } from '../../app/boards/board-within.ts';
import { alertDriftQuerySchema } from '../../contract/rest-drift.ts';
import { isAllowed } from '../../auth/policy.ts';
import { scopesWithin, type View } from '../../auth/view.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute, outsideView } from '../route.ts';
import type { Route, SignedIn } from '../route.ts';

/** Who is told is left out: addresses are people's. */
const detailsOf = ({ name, isOn, severity, scope, figure, window, condition, to }: AlertRule) => ({
  name,
  isOn,
  severity,
  scope,
  figure,
  window,
  condition,
  mails: to.mail.length,
  ...(to.webhook && { webhook: new URL(to.webhook.url).origin }),
});

function refused(answer: RuleRefusal): Error {
  switch (answer.refused) {
    case 'not-found':
      return notFound('rule');
    case 'not-loaded':
      return refusal('not-ready', 'the rules are not read yet');
    case 'no-name':
      return refusal('bad-request', 'the name has nothing to be read in it', {
        faults: [{ path: ['rule', 'name'], message: 'nothing to be read is in it' }],
      });
    case 'full':
      return refusal('conflict', 'there are as many rules as may be', { reason: 'full' });
    case 'changed':
      return refusal('conflict', 'somebody else has changed the rule', {
        reason: 'changed',
        currentVersion: answer.currentVersion,
      });
  }
}

function checkWebhook(who: SignedIn, rule: AlertRule, was?: AlertRule): void {
  const { webhook } = rule.to;
  if (webhook === undefined || isDeepStrictEqual(webhook, was?.to.webhook)) return;
  if (!isAllowed(who.session.role, 'alerts.webhook'))
    throw refusal('forbidden', 'only an administrator may say where alerts are posted', {
      permission: 'alerts.webhook',
    });
}

const seenBy = (view: View): ScopesSeen | undefined =>
  view.within && { has: view.hasScope, scopes: scopesWithin(view.within) };

/** A rule about something else is not there for whoever is limited to some teams and queues. */
function checkSeen(row: AlertRuleRow | undefined, view: View): void {
  if (row && !view.hasScope(row.rule.scope)) throw notFound('rule');
}

function checkWithin({ figure, scope }: AlertRule, view: View): void {
  if (!isFigureWithin(figure, scope, view)) throw outsideView();
}

export function alertRoutes(parts: ApiParts): Route[] {
  return [...readingRoutes(parts), ...ruleRoutes(parts), acknowledgeRoute(parts)];
}

function readingRoutes({ deps: { alerting } }: ApiParts): Route[] {
  const { alerts } = alerting;
  return [
    defineRoute({
      method: 'get',
      path: '/api/alerts',
      access: 'live.watch',
      forLimited: 'narrowed',
      handle: async (ctx, { view }) => ({
        json: await alerts.list(ctx.query(alertQuerySchema), seenBy(view)),
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/alerts/count',
      access: 'live.watch',
      forLimited: 'narrowed',
      handle: async (_ctx, { view }) => ({ json: alerts.count(seenBy(view)) }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/alerts/:id/drift',
      access: 'reports.read',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const found = await alerts.explain(ctx.id(), ctx.query(alertDriftQuerySchema).by, seenBy(view));
        if (!found) throw notFound('explanation');
        return { json: found };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/alert-rules',
      access: 'alerts.manage',
      forLimited: 'narrowed',
      handle: async (_ctx, { view }) => ({
        json: { items: alerts.rules().filter(({ rule }) => view.hasScope(rule.scope)) },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/alert-rules/scopes',
      access: 'alerts.manage',
      forLimited: 'narrowed',
      handle: async (_ctx, { view }) => ({
        json: { items: alerting.scopes().filter(({ scope }) => view.hasScope(scope)) },
      }),
    }),
  ];
}

function ruleRoutes({ deps: { alerting, audit } }: ApiParts): Route[] {
  const { alerts } = alerting;
  const note = (who: SignedIn, action: string, { ruleId, rule }: AlertRuleRow) =>
    audit.append({ actor: who.actor, action, target: ruleId, details: detailsOf(rule) });
  return [
    defineRoute({
      method: 'post',
      path: '/api/alert-rules',
      access: 'alerts.manage',
      forLimited: 'narrowed',
      body: alertRuleRequestSchema,
      async handle({ body }, who) {
        checkWithin(body.rule, who.view);
        checkWebhook(who, body.rule);
        const added = await alerts.addRule(body.rule, who.session.username);
        if ('refused' in added) throw refused(added);
        await note(who, 'alert-rule.added', added.row);
        return { status: 201, json: added.row };
      },
    }),
    defineRoute({
      method: 'put',
      path: '/api/alert-rules/:id',
      access: 'alerts.manage',
      forLimited: 'narrowed',
      body: alertRuleChangeSchema,
      async handle(ctx, who) {
        const ruleId = ctx.id();
        const { rule, ifVersion } = ctx.body;
        const was = alerts.rule(ruleId);
        checkSeen(was, who.view);
        checkWithin(rule, who.view);
        checkWebhook(who, rule, was?.rule);
        const changed = await alerts.changeRule(ruleId, rule, ifVersion, who.session.username);
        if ('refused' in changed) throw refused(changed);
        await note(who, 'alert-rule.changed', changed.row);
        return { json: changed.row };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/alert-rules/:id',
      access: 'alerts.manage',
      forLimited: 'narrowed',
      async handle(ctx, who) {
        const ruleId = ctx.id();
        checkSeen(alerts.rule(ruleId), who.view);
        const row = await alerts.removeRule(ruleId);
        if (!row) throw notFound('rule');
        await note(who, 'alert-rule.removed', row);
        return { status: 204 };
      },
    }),
  ];
}

function acknowledgeRoute({ deps: { alerting, audit } }: ApiParts): Route {
  return defineRoute({
    method: 'post',
    path: '/api/alerts/:id/acknowledge',
    access: 'alerts.acknowledge',
    forLimited: 'narrowed',
    body: acknowledgeRequestSchema,
    async handle(ctx, who) {
      const alertId = ctx.id();
      const answer = alerting.alerts.acknowledge(
        alertId,
        who.session.username,
        ctx.body.note,
        seenBy(who.view),
      );
      if ('refused' in answer) {
        if (answer.refused === 'not-found') throw notFound('alert');
        throw refusal('conflict', 'it has ended, or was acknowledged before', { reason: answer.refused });
      }
      await audit.append({
        actor: who.actor,
        action: 'alert.acknowledged',
        target: alertId,
        details: { name: answer.row.name },
      });
      return { json: answer.row };
    },
  });
}
