/** Alerts and their rules of the stand-in: by the contract's own schemas, with the refusals that the page must tell apart. */
import express, { type Response, type Router } from 'express';
import {
  acknowledgeRequestSchema,
  alertRuleChangeSchema,
  alertRuleRequestSchema,
  alertRuleSchema,
  type AlertRow,
  type AlertRuleRow,
} from '../../server/contract/alerts.ts';

export interface AlertsStandIn {
  router: Router;
  alerts: AlertRow[];
  rules: AlertRuleRow[];
}

const minute = 60_000;

function makeRules(now: number): AlertRuleRow[] {
  const rules = [
    {
      name: 'A customer waits too long',
      severity: 'critical',
      figure: 'oldest-waiting',
      scope: 'queue:cards',
      condition: { kind: 'above', value: 180 },
    },
    {
      name: 'Service level of the hour',
      figure: 'service-level',
      window: 'rolling-60',
      condition: { kind: 'below', value: 80 },
    },
    {
      name: 'Nobody is ready',
      severity: 'critical',
      figure: 'agents-ready',
      scope: 'queue:accounts',
      condition: { kind: 'below', value: 1 },
    },
    {
      name: 'More give up than usual',
      figure: 'abandonment-rate-excluding-short',
      window: 'interval-30',
      condition: { kind: 'trend', direction: 'up', percent: 50 },
    },
    {
      name: 'No calls come in',
      severity: 'critical',
      figure: 'offered',
      scope: 'number:+442071838750',
      condition: { kind: 'no-data', forMinutes: 15, between: { from: '09:00', to: '18:00' } },
      to: { mail: ['it@northgate.example'] },
    },
    {
      name: 'Old queue',
      figure: 'waiting',
      scope: 'queue:old',
      condition: { kind: 'above', value: 10 },
      isOn: false,
    },
  ].map((rule) => alertRuleSchema.parse(rule));
  const facts: [AlertRuleRow['phase'], number | undefined][] = [
    ['standing', 312],
    ['standing', 71.4],
    ['pending', 0],
    ['calm', 4.2],
    ['calm', 95],
    ['calm', undefined],
  ];
  return rules.map((rule, index) => {
    const [phase, value] = facts[index]!;
    const at = { updatedAt: now - index * 90 * minute, updatedBy: 'ada' };
    const row = { ruleId: `rule_${index}`, version: 1, rule, phase, isUnknown: false, ...at };
    return value === undefined ? row : { ...row, value };
  });
}

function makeAlerts(now: number, rules: AlertRuleRow[]): AlertRow[] {
  const of = (index: number): Omit<AlertRow, 'alertId' | 'beganAt'> => {
    const { ruleId, rule } = rules[index]!;
    const { name, severity, scope, figure, window, condition } = rule;
    const scopeName = { 'queue:cards': 'Card services', 'queue:accounts': 'Current accounts' }[scope];
    const facts = { ruleId, name, severity, scope, figure, window, condition };
    return scopeName === undefined ? facts : { ...facts, scopeName };
  };
  return [
    {
      ...of(1),
      alertId: 'alert_2',
      beganAt: now - 42 * minute,
      value: 79.2,
      worst: 68.9,
      now: 71.4,
      acknowledgedAt: now - 35 * minute,
      acknowledgedBy: 'oliver',
      note: 'Two agents come from accounts',
      mail: { state: 'sent' },
    },
    {
      ...of(0),
      alertId: 'alert_1',
      beganAt: now - 3 * minute,
      value: 181,
      worst: 312,
      now: 312,
      mail: { state: 'sent' },
      webhook: { state: 'waiting', fault: 'unreachable', detail: 'ECONNREFUSED' },
    },
    {
      ...of(4),
      alertId: 'alert_0',
      beganAt: now - 26 * 60 * minute,
      endedAt: now - 25 * 60 * minute,
      ended: 'cleared',
      value: 900,
      worst: 4210,
      acknowledgedBy: 'ada',
      acknowledgedAt: now - 25.8 * 60 * minute,
      note: 'The carrier had a fault',
      mail: { state: 'failed', fault: 'no-mailbox' },
    },
    {
      ...of(2),
      alertId: 'alert_00',
      beganAt: now - 50 * 60 * minute,
      endedAt: now - 49.9 * 60 * minute,
      ended: 'rule-changed',
      value: 0,
      worst: 0,
    },
  ];
}

export function createAlertsStandIn(now: () => number): AlertsStandIn {
  const rules = makeRules(now());
  const alerts = makeAlerts(now(), rules);
  const fail = (response: Response, status: number, code: string, details?: object) =>
    void response.status(status).json({ error: { code, message: code, ...(details && { details }) } });
  const stands = ({ endedAt }: AlertRow) => endedAt === undefined;
  const router = express.Router();
  router.get('/api/alerts', (request, response) => {
    const { show } = request.query;
    const items = alerts.filter((alert) =>
      show === 'standing' ? stands(alert) : show === 'ended' ? !stands(alert) : true,
    );
    response.json({ items });
  });
  router.get('/api/alerts/count', (_request, response) => {
    const standing = alerts.filter(stands);
    const unacknowledged = standing.filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
    response.json({ standing: standing.length, unacknowledged: unacknowledged.length });
  });
  router.post('/api/alerts/:id/acknowledge', (request, response) => {
    const { data } = acknowledgeRequestSchema.safeParse(request.body);
    const alert = alerts.find(({ alertId }) => alertId === request.params.id);
    if (!data) return fail(response, 400, 'bad-request');
    if (!alert) return fail(response, 404, 'not-found');
    if (!stands(alert)) return fail(response, 409, 'conflict', { reason: 'ended' });
    if (alert.acknowledgedAt !== undefined)
      return fail(response, 409, 'conflict', { reason: 'acknowledged' });
    Object.assign(alert, { acknowledgedAt: now(), acknowledgedBy: 'ada', ...data });
    response.json(alert);
  });
  router.get('/api/alert-rules', (_request, response) => void response.json({ items: rules }));
  router.get('/api/alert-rules/scopes', (_request, response) => {
    response.json({
      items: [
        { scope: 'queue:cards', name: 'Card services' },
        { scope: 'queue:accounts', name: 'Current accounts' },
        { scope: 'number:+442071838750', name: 'Main line' },
        { scope: 'trunk:carrier' },
      ],
    });
  });
  router.post('/api/alert-rules', (request, response) => {
    const { data, error } = alertRuleRequestSchema.safeParse(request.body);
    if (!data) return fail(response, 400, 'bad-request', { faults: error.issues });
    const at = { updatedAt: now(), updatedBy: 'ada' };
    const row: AlertRuleRow = {
      ruleId: `rule_${rules.length}`,
      version: 1,
      rule: data.rule,
      phase: 'calm',
      isUnknown: false,
      ...at,
    };
    rules.push(row);
    response.status(201).json(row);
  });
  router.put('/api/alert-rules/:id', (request, response) => {
    const { data, error } = alertRuleChangeSchema.safeParse(request.body);
    const row = rules.find(({ ruleId }) => ruleId === request.params.id);
    if (!data) return fail(response, 400, 'bad-request', { faults: error.issues });
    if (!row) return fail(response, 404, 'not-found');
    if (row.version !== data.ifVersion) return fail(response, 409, 'conflict', { reason: 'changed' });
    Object.assign(row, { rule: data.rule, version: row.version + 1 });
    response.json(row);
  });
  router.delete('/api/alert-rules/:id', (request, response) => {
    const at = rules.findIndex(({ ruleId }) => ruleId === request.params.id);
    if (at < 0) return fail(response, 404, 'not-found');
    rules.splice(at, 1);
    response.status(204).end();
  });
  return { router, alerts, rules };
}
