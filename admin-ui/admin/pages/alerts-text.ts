/** What an alert and a rule say, in the reader's language: figure, place, value and threshold with their units. */
import type {
  AlertEnd,
  AlertRow,
  AlertRule,
  NoticeFault,
  NoticeView,
  Severity,
} from '../../../server/contract/alerts.ts';
import {
  figureFacts,
  scopeKinds,
  type FigureName,
  type ScopeKind,
} from '../../../server/contract/figure-facts.ts';
import {
  channelName,
  figureName as nameOfFigure,
  scopeKindName,
  windowName,
} from '../../shared/figure-names.ts';
import { formatDuration } from '../../shared/format.ts';
import { fill } from '../../shared/words.ts';
import { language, words, type TextKey } from '../reading.ts';

export const severityWord: Record<Severity, TextKey> = { warning: 'alertWarning', critical: 'alertCritical' };
export const endWord: Record<AlertEnd, TextKey> = {
  cleared: 'alertEndCleared',
  'rule-changed': 'alertEndChanged',
  'rule-off': 'alertEndOff',
  'rule-deleted': 'alertEndDeleted',
  'scope-gone': 'alertEndScope',
};
const noticeFaultWord: Record<NoticeFault, TextKey> = {
  'no-mailbox': 'noticeNoMailbox',
  'no-secret': 'noticeNoSecret',
  refused: 'noticeRefused',
  unreachable: 'noticeUnreachable',
  'too-many': 'noticeTooMany',
};

type Asked = Pick<AlertRow, 'figure' | 'condition'>;

/** Whether its values are seconds. */
export const isTime = ({ figure, condition }: Asked): boolean => {
  const { unit } = figureFacts(figure);
  return condition.kind === 'no-data' || unit === 'ms' || unit === 'since';
};
export const isShare = ({ figure, condition }: Asked): boolean =>
  condition.kind !== 'no-data' && figureFacts(figure).unit === 'share';

/** A value in the units of its rule. */
export function valueText(asked: Asked, value: number): string {
  if (isTime(asked)) return formatDuration(value * 1000);
  const locale = { en: 'en-GB', ru: 'ru-RU', it: 'it-IT' }[language.value];
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value);
  if (!isShare(asked)) return number;
  return language.value === 'ru' ? `${number}\u00a0%` : `${number}%`;
}

export function limitText(asked: Asked): string {
  const { condition } = asked;
  const w = words.value;
  switch (condition.kind) {
    case 'above':
      return fill(w.alertAbove, { value: valueText(asked, condition.value) });
    case 'below':
      return fill(w.alertBelow, { value: valueText(asked, condition.value) });
    case 'trend':
      return fill(condition.direction === 'up' ? w.alertUp : w.alertDown, {
        value: `${condition.percent}\u00a0%`,
      });
    case 'no-data':
      return fill(w.alertSilent, { value: formatDuration(condition.forMinutes * 60_000) });
  }
}

export const figureName = (figure: FigureName): string => nameOfFigure(language.value, figure);

/** What it looks at: the figure and over which time. */
export function askedText({
  figure,
  window,
  condition,
}: Pick<AlertRule, 'figure' | 'window' | 'condition'>): string {
  if (condition.kind === 'no-data') return words.value.alertSilence;
  if (figureFacts(figure).over === 'now') return figureName(figure);
  return `${figureName(figure)} · ${windowName(language.value, window, 'short')}`;
}

export function splitScope(scope: string): { kind: ScopeKind; id: string } {
  const at = scope.indexOf(':');
  const kind = scopeKinds.find((one) => one === (at < 0 ? scope : scope.slice(0, at))) ?? 'site';
  return { kind, id: at < 0 ? '' : scope.slice(at + 1) };
}

export function scopeText(scope: string, name: string | undefined): string {
  const { kind, id } = splitScope(scope);
  const word = scopeKindName(language.value, kind);
  if (id === '') return word;
  if (kind === 'channel') return channelName(language.value, id);
  const [, channel] = kind === 'queue' ? id.split('/') : [];
  return `${word} ${name ?? id}${channel === undefined ? '' : `, ${channelName(language.value, channel)}`}`;
}

export function noticeText({ state, fault, detail }: NoticeView): string {
  const w = words.value;
  const why = fault === undefined ? [] : [w[noticeFaultWord[fault]]];
  const more = detail === undefined || fault === 'no-secret' ? [] : [detail];
  const rest = [...why, ...more].join(', ');
  const said = {
    held: w.noticeHeld,
    waiting: fault === undefined ? w.noticeWaiting : w.noticeRetry,
    sent: w.noticeSent,
    failed: w.noticeFailed,
  }[state];
  return rest === '' || state === 'held' ? said : `${said} (${rest})`;
}
