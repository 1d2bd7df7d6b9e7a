/**
 * What a mail of an alert says, in the language of the site, and what a webhook is posted. Names are somebody's typing: they
 * are one clean line before they come into a subject. Nobody's name, number or address is in either.
 */
import { DateTime } from 'luxon';
import type { AlertCondition, AlertWebhook, Severity } from '../../contract/alerts.ts';
import { figureFacts, type FigureName } from '../../contract/figures.ts';
import { cleanLine } from '../../lib/clean-text.ts';
import type { KeptAlert, NoticeKind, SystemMail } from './ports.ts';

export interface TextSite {
  readonly name: string;
  readonly language: 'en' | 'ru' | 'it';
  readonly timeZone: string;
  /** What the thing of a scope is called; absent: its id is. */
  nameOf(scope: string): string | undefined;
}

export interface Letter {
  /** What explains it, line by line; of the beginning of one alert on a trend. */
  readonly explained?: readonly string[];
  readonly noticeId: string;
  readonly kind: NoticeKind | 'summary';
  readonly at: number;
  readonly alerts: readonly KeptAlert[];
}

interface Words {
  severity: Record<Severity, string>;
  over: string;
  summary: (count: number) => string;
  summaryLine: string;
  scope: Record<'site' | 'queue' | 'channel' | 'number' | 'branch' | 'trunk' | 'team' | 'agent', string>;
  value: string;
  worst: string;
  condition: Record<'above' | 'below' | 'up' | 'down' | 'no-data', (value: string) => string>;
  since: string;
  until: string;
  footer: string;
}

const russianPlural = new Intl.PluralRules('ru');
const russianAlerts: Partial<Record<Intl.LDMLPluralRule, string>> = {
  one: 'оповещение',
  few: 'оповещения',
};

const words: Record<TextSite['language'], Words> = {
  en: {
    severity: { warning: 'Warning', critical: 'Critical' },
    over: 'Over',
    summary: (count) => `${count} ${count === 1 ? 'alert' : 'alerts'} during quiet hours`,
    summaryLine: 'During quiet hours these alerts ended. None of them stands any more.',
    scope: {
      site: 'Whole site',
      queue: 'Queue',
      channel: 'Channel',
      number: 'Number',
      branch: 'Flow branch',
      trunk: 'Trunk',
      team: 'Team',
      agent: 'Agent',
    },
    value: 'Value',
    worst: 'Worst value',
    condition: {
      above: (value) => `limit: above ${value}`,
      below: (value) => `limit: below ${value}`,
      up: (value) => `limit: ${value} more than usual`,
      down: (value) => `limit: ${value} less than usual`,
      'no-data': (value) => `limit: nothing for ${value}`,
    },
    since: 'Since',
    until: 'Until',
    footer: 'Acknowledge it on the page “Alerts” of Hearthline.',
  },
  ru: {
    severity: { warning: 'Предупреждение', critical: 'Критично' },
    over: 'Завершено',
    summary: (count) =>
      `${count} ${russianAlerts[russianPlural.select(count)] ?? 'оповещений'} за тихие часы`,
    summaryLine: 'За тихие часы эти оповещения завершились. Ни одно из них больше не активно.',
    scope: {
      site: 'Вся площадка',
      queue: 'Очередь',
      channel: 'Канал',
      number: 'Номер',
      branch: 'Ветвь сценария',
      trunk: 'Транк',
      team: 'Группа',
      agent: 'Оператор',
    },
    value: 'Значение',
    worst: 'Худшее значение',
    condition: {
      above: (value) => `порог: выше ${value}`,
      below: (value) => `порог: ниже ${value}`,
      up: (value) => `порог: на ${value} больше обычного`,
      down: (value) => `порог: на ${value} меньше обычного`,
      'no-data': (value) => `порог: ничего в течение ${value}`,
    },
    since: 'Начало',
    until: 'Конец',
    footer: 'Подтвердите его на странице «Оповещения» в Hearthline.',
  },
  it: {
    severity: { warning: 'Avviso', critical: 'Critico' },
    over: 'Terminato',
    summary: (count) => `${count} ${count === 1 ? 'allarme' : 'allarmi'} nelle ore di silenzio`,
    summaryLine: 'Nelle ore di silenzio questi allarmi sono terminati. Nessuno è ancora attivo.',
    scope: {
      site: 'Tutto il centro',
      queue: 'Coda',
      channel: 'Canale',
      number: 'Numero',
      branch: 'Ramo del flusso',
      trunk: 'Trunk',
      team: 'Squadra',
      agent: 'Operatore',
    },
    value: 'Valore',
    worst: 'Valore peggiore',
    condition: {
      above: (value) => `soglia: oltre ${value}`,
      below: (value) => `soglia: sotto ${value}`,
      up: (value) => `soglia: ${value} in più del solito`,
      down: (value) => `soglia: ${value} in meno del solito`,
      'no-data': (value) => `soglia: niente per ${value}`,
    },
    since: 'Dalle',
    until: 'Fino alle',
    footer: 'Si conferma nella pagina «Allarmi» di Hearthline.',
  },
};

/** `1:05` is a minute and five seconds, `1:00:00` an hour. */
function duration(sec: number): string {
  const whole = Math.round(sec);
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A value or threshold of a rule as people read it. */
function shown(
  value: number,
  figure: FigureName,
  condition: AlertCondition,
  language: TextSite['language'],
): string {
  const { unit } = figureFacts(figure);
  if (condition.kind === 'no-data' || unit === 'ms' || unit === 'since') return duration(value);
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);
  return unit === 'share' ? `${number} %` : number;
}

function limitOf({ figure, condition }: KeptAlert, language: TextSite['language']): string {
  const say = words[language].condition;
  switch (condition.kind) {
    case 'above':
    case 'below':
      return say[condition.kind](shown(condition.value, figure, condition, language));
    case 'trend':
      return say[condition.direction](`${condition.percent} %`);
    case 'no-data':
      return say['no-data'](duration(condition.forMinutes * 60));
  }
}

export function scopeText(scope: string, site: TextSite): string {
  const [kind = 'site', id = ''] = scope.split(/:(.*)/s);
  const word = words[site.language].scope[kind as keyof Words['scope']] ?? kind;
  return cleanLine(id === '' ? word : `${word} ${site.nameOf(scope) ?? id}`, 200);
}

const instant = (at: number, { timeZone, language }: TextSite): string =>
  DateTime.fromMillis(at, { zone: timeZone, locale: language }).toLocaleString(DateTime.DATETIME_MED);

function linesOf(alert: KeptAlert, site: TextSite): string[] {
  const { figure, condition, worst, value, beganAt, endedAt, severity } = alert;
  const say = words[site.language];
  const reading = endedAt === undefined ? value : worst;
  const label = endedAt === undefined ? say.value : say.worst;
  return [
    cleanLine(alert.name, 80),
    `${say.severity[severity]} · ${scopeText(alert.scope, site)}`,
    ...(reading === undefined
      ? []
      : [`${label}: ${shown(reading, figure, condition, site.language)} (${limitOf(alert, site.language)})`]),
    `${say.since}: ${instant(beganAt, site)}`,
    ...(endedAt === undefined ? [] : [`${say.until}: ${instant(endedAt, site)}`]),
  ];
}

/** So many are told of by themselves; the rest are counted. */
const toldOfInFull = 50;

export function noticeMail(
  { noticeId, kind, alerts, explained = [] }: Letter,
  site: TextSite,
): Omit<SystemMail, 'to'> {
  const say = words[site.language];
  const [first] = alerts;
  const name = cleanLine(first!.name, 80);
  const siteName = cleanLine(site.name, 80);
  const blocks = alerts.slice(0, toldOfInFull).map((alert) => linesOf(alert, site).join('\n'));
  const rest = alerts.length > toldOfInFull ? [`+ ${alerts.length - toldOfInFull}`] : [];
  const subject = {
    began: `[${say.severity[first!.severity]}] ${name}`,
    ended: `[${say.over}] ${name}`,
    summary: say.summary(alerts.length),
  }[kind];
  const parts = {
    began: [...blocks, ...(explained.length > 0 ? [explained.join('\n')] : []), say.footer],
    ended: blocks,
    summary: [say.summaryLine, ...blocks, ...rest],
  }[kind];
  return {
    noticeId,
    subject: `${subject} · ${siteName}`,
    text: `${parts.join('\n\n')}\n`,
    language: site.language,
  };
}

export const webhookBody = ({ noticeId, kind, at, alerts }: Letter, site: TextSite): AlertWebhook => ({
  id: noticeId,
  kind: `alert.${kind}`,
  at,
  site: site.name,
  alerts: alerts.map((alert) => ({
    alertId: alert.alertId,
    ruleId: alert.ruleId,
    name: alert.name,
    severity: alert.severity,
    scope: alert.scope,
    figure: alert.figure,
    window: alert.window,
    condition: alert.condition,
    beganAt: alert.beganAt,
    ...(alert.endedAt !== undefined && { endedAt: alert.endedAt }),
    ...(alert.value !== undefined && { value: alert.value }),
    ...(alert.worst !== undefined && { worst: alert.worst }),
  })),
});
