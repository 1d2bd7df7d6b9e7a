/** What a mail and a webhook say of an alert: the figure by the name of the pages, its place, value, limit, period, times. */
import { expect } from 'chai';
import { en } from '../../../../../admin-ui/admin/words/en.ts';
import { it as italian } from '../../../../../admin-ui/admin/words/it.ts';
import { ru } from '../../../../../admin-ui/admin/words/ru.ts';
import {
  noticeMail,
  webhookBody,
  type Letter,
  type TextSite,
} from '../../../../../server/app/alerts/alert-texts.ts';
import type { KeptAlert } from '../../../../../server/app/alerts/ports.ts';
import { alertWebhookSchema } from '../../../../../server/contract/alerts.ts';
import { languages, type Language } from '../../../../../server/contract/site-values.ts';

const beganAt = Date.parse('2026-03-04T11:05:00Z');
const pages = { en, ru, it: italian };

const siteIn = (language: Language): TextSite => ({
  name: 'Bank',
  language,
  timeZone: 'Europe/Rome',
  nameOf: (scope) => (scope.startsWith('queue:main') ? 'Main' : undefined),
});
const alertOf = (more: Partial<KeptAlert> = {}): KeptAlert => ({
  alertId: 'alert_1',
  ruleId: 'rule_1',
  name: 'Somebody waits too long',
  severity: 'critical',
  scope: 'queue:main',
  figure: 'asa',
  window: 'rolling-15',
  condition: { kind: 'above', value: 60 },
  beganAt,
  value: 75,
  worst: 3905,
  to: { board: true, mail: [] },
  notices: {},
  ...more,
});
const letterOf = (alert: KeptAlert, kind: Letter['kind'] = 'began'): Letter => ({
  noticeId: 'notice_1',
  kind,
  at: beganAt,
  alerts: [alert],
});
const mailOf = (alert: KeptAlert, language: Language = 'en', kind?: Letter['kind']) =>
  noticeMail(letterOf(alert, kind), siteIn(language));
const linesOf = (...told: Parameters<typeof mailOf>) => mailOf(...told).text.split('\n');

describe('texts of alerts', () => {
  it('name the figure, its place, its value against the limit with their unit, the period and since when', () => {
    expect(linesOf(alertOf())).to.deep.equal([
      'Somebody waits too long',
      'Critical · Queue Main',
      'Average speed of answer: 1:15 min (limit: above 1:00 min)',
      'Period: Last 15 minutes',
      'Since: 4 Mar 2026, 12:05',
      '',
      'Acknowledge it in Hearthline on the page “Alerts”. What lies behind it is on the pages “Live” and “Reports”.',
      '',
    ]);
    expect(linesOf(alertOf(), 'ru').slice(1, 5)).to.deep.equal([
      'Критично · Очередь Main',
      'Средняя скорость ответа: 1:15 мин (порог: выше 1:00 мин)',
      'Период: Последние 15 минут',
      'Начало: 4 мар. 2026 г., 12:05',
    ]);
    expect(linesOf(alertOf(), 'it').slice(1, 5)).to.deep.equal([
      'Critico · Coda Main',
      'Tempo medio di risposta: 1:15 min (soglia: oltre 1:00 min)',
      'Periodo: Ultimi 15 minuti',
      'Inizio: 4 mar 2026, 12:05',
    ]);
  });

  it('have the worst value and the end when it is over, and hours by their own word', () => {
    const ended = alertOf({ endedAt: beganAt + 600_000 });
    expect(mailOf(ended, 'en', 'ended').subject).to.equal('[Over] Somebody waits too long · Bank');
    expect(linesOf(ended, 'en', 'ended').slice(2, 7)).to.deep.equal([
      'Average speed of answer, worst: 1:05:05 h (limit: above 1:00 min)',
      'Period: Last 15 minutes',
      'Since: 4 Mar 2026, 12:05',
      'Until: 4 Mar 2026, 12:15',
      '',
    ]);
  });

  it('say which formula a figure is of, and shares as each language writes them', () => {
    const share = alertOf({
      figure: 'service-level',
      window: 'today',
      condition: { kind: 'below', value: 80 },
      value: 71.44,
      scope: 'queue:main/chat',
    });
    expect(linesOf(share).slice(1, 4)).to.deep.equal([
      'Critical · Queue Main, Chat',
      'Service level, abandons ignored: 71.4% (limit: below 80%)',
      'Period: Today',
    ]);
    expect(linesOf(share, 'it')[2]).to.equal(
      'Livello di servizio, abbandoni esclusi: 71,4% (soglia: sotto 80%)',
    );
    const trend = alertOf({
      figure: 'offered',
      value: 120,
      scope: 'channel:voice',
      condition: { kind: 'trend', direction: 'up', percent: 40, days: 7, atLeast: 20 },
    });
    expect(linesOf(trend, 'ru').slice(1, 3)).to.deep.equal([
      'Критично · Канал Звонки',
      'Поступило: 120 (порог: на 40\u00a0% больше обычного)',
    ]);
  });

  it('say “now” of how things stand, and no figure where nothing comes', () => {
    expect(linesOf(alertOf({ figure: 'waiting', scope: 'site', value: 12 })).slice(1, 4)).to.deep.equal([
      'Critical · Whole site',
      'Waiting: 12 (limit: above 60)',
      'Period: now',
    ]);
    const silence = alertOf({
      condition: { kind: 'no-data', forMinutes: 15 },
      value: 930,
      scope: 'number:700',
    });
    expect(linesOf(silence).slice(1, 4)).to.deep.equal([
      'Critical · Number 700',
      'No contacts offered: 15:30 min (limit: nothing for 15:00 min)',
      'Since: 4 Mar 2026, 12:05',
    ]);
  });

  it('lead to pages by the names that these have, in each language, and to no address', () => {
    for (const language of languages) {
      const { pageAlerts, pageLive, pageReports, alertsHistory } = pages[language];
      const began = mailOf(alertOf(), language).text;
      for (const page of [pageAlerts, pageLive, pageReports])
        expect(began, language).to.match(new RegExp(`[“«]${page}[”»]`));
      const ended = alertOf({ endedAt: beganAt + 1000 });
      for (const kind of ['ended', 'summary'] as const)
        for (const page of [pageAlerts, alertsHistory])
          expect(mailOf(ended, language, kind).text, language).to.match(new RegExp(`[“«]${page}[”»]`));
      expect(began).to.not.match(/https?:|www\./);
    }
  });

  it('are in a webhook as well, beside the facts', () => {
    const body = webhookBody(letterOf(alertOf()), siteIn('it'));
    expect(alertWebhookSchema.parse(body)).to.deep.equal(body);
    expect(body).to.include({ language: 'it', site: 'Bank' });
    expect(body.text.split('\n')[0]).to.equal('[Critico] Somebody waits too long · Bank');
    expect(body.text).to.include('Tempo medio di risposta: 1:15 min');
  });
});
