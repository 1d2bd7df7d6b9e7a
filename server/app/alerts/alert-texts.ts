/**
 * What a mail of an alert says, in the language of the site, and what a webhook is posted: the same words, beside the facts
 * for a program. Figures are called as on every page. Names are somebody's typing: they are one clean line before they come
 * into a subject. Nobody's name, number or address is in either.
 */
import { DateTime } from 'luxon';
import type { AlertWebhook, Severity } from '../../contract/alerts.ts';
import { figureFacts, scopeKinds, type ScopeKind } from '../../contract/figure-facts.ts';
import { channelName, figureName, nowName, scopeKindName, windowName } from '../../contract/figure-names.ts';
import type { Language } from '../../contract/site-values.ts';
import { cleanLine } from '../../lib/clean-text.ts';
import type { KeptAlert, NoticeKind, SystemMail } from './ports.ts';

export interface TextSite {
  readonly name: string;
  readonly language: Language;
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
  /** Instead of a figure, where a rule asks whether anything comes at all. */
  silence: string;
  worst: string;
  minutes: string;
  hours: string;
  condition: Record<'above' | 'below' | 'up' | 'down' | 'no-data', (value: string) => string>;
  period: string;
  since: string;
  until: string;
  /** Where to look: pages of the console by the names that they have there, and no address. */
  hint: Record<Letter['kind'], string>;
}

const russianPlural = new Intl.PluralRules('ru');
const russianAlerts: Partial<Record<Intl.LDMLPluralRule, string>> = {
  one: 'оповещение',
  few: 'оповещения',
};

const words: Record<Language, Words> = {
  en: {
    severity: { warning: 'Warning', critical: 'Critical' },
    over: 'Over',
    summary: (count) => `${count} ${count === 1 ? 'alert' : 'alerts'} during quiet hours`,
    summaryLine: 'During quiet hours these alerts ended. None of them stands any more.',
    silence: 'No contacts offered',
    worst: 'worst',
    minutes: 'min',
    hours: 'h',
    condition: {
      above: (value) => `limit: above ${value}`,
      below: (value) => `limit: below ${value}`,
      up: (value) => `limit: ${value} more than usual`,
      down: (value) => `limit: ${value} less than usual`,
      'no-data': (value) => `limit: nothing for ${value}`,
    },
    period: 'Period',
    since: 'Since',
    until: 'Until',
    hint: {
      began:
        'Acknowledge it in Hearthline on the page “Alerts”. What lies behind it is on the pages “Live” and “Reports”.',
      ended: 'Who took it is in Hearthline on the page “Alerts”, under “History”.',
      summary: 'Who took them is in Hearthline on the page “Alerts”, under “History”.',
    },
  },
  ru: {
    severity: { warning: 'Предупреждение', critical: 'Критично' },
    over: 'Завершено',
    summary: (count) =>
      `${count} ${russianAlerts[russianPlural.select(count)] ?? 'оповещений'} за тихие часы`,
    summaryLine: 'За тихие часы эти оповещения завершились. Ни одно из них больше не активно.',
    silence: 'Обращения не поступают',
    worst: 'худшее',
    minutes: 'мин',
    hours: 'ч',
    condition: {
      above: (value) => `порог: выше ${value}`,
      below: (value) => `порог: ниже ${value}`,
      up: (value) => `порог: на ${value} больше обычного`,
      down: (value) => `порог: на ${value} меньше обычного`,
      'no-data': (value) => `порог: ничего в течение ${value}`,
    },
    period: 'Период',
    since: 'Начало',
    until: 'Конец',
    hint: {
      began:
        'Подтвердите его в Hearthline на странице «Оповещения». Что за ним стоит, видно на страницах «Сейчас» и «Отчёты».',
      ended: 'Кто его подтвердил, видно в Hearthline на странице «Оповещения», раздел «История».',
      summary: 'Кто их подтвердил, видно в Hearthline на странице «Оповещения», раздел «История».',
    },
  },
  it: {
    severity: { warning: 'Avviso', critical: 'Critico' },
    over: 'Terminato',
    summary: (count) => `${count} ${count === 1 ? 'allarme' : 'allarmi'} nelle ore di silenzio`,
    summaryLine: 'Nelle ore di silenzio questi allarmi sono terminati. Nessuno è ancora attivo.',
    silence: 'Nessun contatto in arrivo',
    worst: 'peggiore',
    minutes: 'min',
    hours: 'h',
    condition: {
      above: (value) => `soglia: oltre ${value}`,
      below: (value) => `soglia: sotto ${value}`,
      up: (value) => `soglia: ${value} in più del solito`,
      down: (value) => `soglia: ${value} in meno del solito`,
      'no-data': (value) => `soglia: niente per ${value}`,
    },
    period: 'Periodo',
    since: 'Inizio',
    until: 'Fine',
    hint: {
      began:
        'Confermalo in Hearthline nella pagina «Allarmi». Che cosa c’è dietro si vede nelle pagine «In diretta» e «Rapporti».',
      ended: 'Chi l’ha confermato si vede in Hearthline nella pagina «Allarmi», in «Storico».',
      summary: 'Chi li ha confermati si vede in Hearthline nella pagina «Allarmi», in «Storico».',
    },
  },
};

/** English as in Europe, as on the screens: the day before the month, 24 hours. */
const locales: Record<Language, string> = { en: 'en-GB', ru: 'ru-RU', it: 'it-IT' };

/** `1:05 min` is a minute and five seconds, `1:00:00 h` an hour. */
function duration(sec: number, { minutes: minuteWord, hours: hourWord }: Words): string {
  const whole = Math.round(sec);
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)} ${hourWord}`
    : `${minutes}:${two(whole % 60)} ${minuteWord}`;
}

/** A value or threshold of a rule as people read it. */
function shown(value: number, { figure, condition }: KeptAlert, language: Language): string {
  const { unit } = figureFacts(figure);
  if (condition.kind === 'no-data' || unit === 'ms' || unit === 'since')
    return duration(value, words[language]);
  const number = new Intl.NumberFormat(locales[language], { maximumFractionDigits: 1 }).format(value);
  return unit === 'share' ? percent(number, language) : number;
}
const percent = (number: string, language: Language) =>
  language === 'ru' ? `${number}\u00a0%` : `${number}%`;

function limitOf(alert: KeptAlert, language: Language): string {
  const { condition } = alert;
  const say = words[language].condition;
  switch (condition.kind) {
    case 'above':
    case 'below':
      return say[condition.kind](shown(condition.value, alert, language));
    case 'trend':
      return say[condition.direction](percent(String(condition.percent), language));
    case 'no-data':
      return say['no-data'](shown(condition.forMinutes * 60, alert, language));
  }
}

const isKind = (kind: string): kind is ScopeKind => scopeKinds.some((known) => known === kind);

/** `Queue Main, Chat`: its kind, its name, and of a queue the channel where the rule asks about one. */
export function scopeText(scope: string, site: TextSite): string {
  const { language } = site;
  const [kind = 'site', id = ''] = scope.split(/:(.*)/s);
  const word = isKind(kind) ? scopeKindName(language, kind) : kind;
  if (id === '') return cleanLine(word, 200);
  if (kind === 'channel') return cleanLine(`${word} ${channelName(language, id)}`, 200);
  const channel = kind === 'queue' ? id.split('/')[1] : undefined;
  const of = channel === undefined ? '' : `, ${channelName(language, channel)}`;
  return cleanLine(`${word} ${site.nameOf(scope) ?? id}${of}`, 200);
}

const instant = (at: number, { timeZone, language }: TextSite): string =>
  DateTime.fromMillis(at, { zone: timeZone, locale: locales[language] }).toLocaleString(
    DateTime.DATETIME_MED,
  );

function linesOf(alert: KeptAlert, site: TextSite): string[] {
  const { figure, condition, worst, value, beganAt, endedAt, severity, window } = alert;
  const { language } = site;
  const say = words[language];
  const isSilence = condition.kind === 'no-data';
  const name = isSilence ? say.silence : figureName(language, figure);
  const reading = endedAt === undefined ? value : worst;
  const label = endedAt === undefined || reading === undefined ? name : `${name}, ${say.worst}`;
  const read = reading === undefined ? '' : `: ${shown(reading, alert, language)}`;
  const period = figureFacts(figure).over === 'now' ? nowName(language) : windowName(language, window);
  return [
    cleanLine(alert.name, 80),
    `${say.severity[severity]} · ${scopeText(alert.scope, site)}`,
    `${label}${read} (${limitOf(alert, language)})`,
    ...(isSilence ? [] : [`${say.period}: ${period}`]),
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
  const parts = [
    ...(kind === 'summary' ? [say.summaryLine] : []),
    ...blocks,
    ...(kind === 'began' && explained.length > 0 ? [explained.join('\n')] : []),
    ...rest,
    say.hint[kind],
  ];
  return {
    noticeId,
    subject: `${subject} · ${siteName}`,
    text: `${parts.join('\n\n')}\n`,
    language: site.language,
  };
}

export function webhookBody(letter: Letter, site: TextSite): AlertWebhook {
  const { noticeId, kind, at, alerts } = letter;
  const { subject, text } = noticeMail(letter, site);
  return {
    id: noticeId,
    kind: `alert.${kind}`,
    at,
    site: site.name,
    language: site.language,
    text: `${subject}\n\n${text}`,
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
  };
}
