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
import { alertDriftQuerySchema } from '../../contract/rest-drift.ts';
import type { RuleRefusal } from '../../app/alerts/alerts.ts';
import { isAllowed } from '../../auth/policy.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
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
      handle: async (ctx) => ({ json: await alerts.list(ctx.query(alertQuerySchema)) }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/alerts/count',
      access: 'live.watch',
      handle: async () => ({ json: alerts.count() }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/alerts/:id/drift',
      access: 'reports.read',
      async handle(ctx) {
        const found = await alerts.explain(ctx.id(), ctx.query(alertDriftQuerySchema).by);
        if (!found) throw notFound('explanation');
        return { json: found };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/alert-rules',
      access: 'alerts.manage',
      handle: async () => ({ json: { items: alerts.rules() } }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/alert-rules/scopes',
      access: 'alerts.manage',
      handle: async () => ({ json: { items: alerting.scopes() } }),
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
      body: alertRuleRequestSchema,
      async handle({ body }, who) {
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
      body: alertRuleChangeSchema,
      async handle(ctx, who) {
        const ruleId = ctx.id();
        const { rule, ifVersion } = ctx.body;
        checkWebhook(who, rule, alerts.rule(ruleId)?.rule);
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
      async handle(ctx, who) {
        const row = await alerts.removeRule(ctx.id());
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
    body: acknowledgeRequestSchema,
    async handle(ctx, who) {
      const alertId = ctx.id();
      const answer = alerting.alerts.acknowledge(alertId, who.session.username, ctx.body.note);
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
