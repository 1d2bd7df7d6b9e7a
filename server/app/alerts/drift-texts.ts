/**
 * What explains a trend, in three lines of an alert's mail, in the language of the site. Queues, channels and numbers are told by
 * name; people never are: a mail leaves the house, and nobody's name goes with it (docs/security.md). Where agents are what
 * explains it, the mail says how much of it is their own change, and how many of them make the most of it.
 */
import { type DriftKey, driftKeysOf } from '../../contract/drift-facts.ts';
import { figureFacts, type FigureName } from '../../contract/figures.ts';
import type { DriftMember, DriftReport } from '../../contract/rest-drift.ts';
import { cleanLine } from '../../lib/clean-text.ts';

type Language = 'en' | 'ru' | 'it';
const linesAtMost = 3;

interface Words {
  head: (was: string, is: string, change: string) => string;
  points: string;
  parts: (rate: string, mix: string) => string;
  ownChange: string;
  shares: string;
  most: (count: number, part: string) => string;
  channel: Record<string, string>;
  where: string;
}
const plural = (
  language: Language,
  count: number,
  forms: Partial<Record<Intl.LDMLPluralRule, string>>,
): string => forms[new Intl.PluralRules(language).select(count)] ?? forms.other ?? '';

const words: Record<Language, Words> = {
  en: {
    head: (was, is, change) => `What explains it: usually ${was}, now ${is} (${change}). The largest parts:`,
    points: 'points',
    parts: (rate, mix) => `own change ${rate}, share of the work ${mix}`,
    ownChange: 'Agents by themselves',
    shares: 'Who had how much of the work',
    most: (count, part) =>
      `${plural('en', count, { one: 'One agent makes', other: `${count} agents make` })} up most of it: ${part}`,
    channel: { voice: 'Calls', callback: 'Callbacks', chat: 'Chats', mail: 'Mails' },
    where: 'By agent: “What explains it” on the page “Alerts”.',
  },
  ru: {
    head: (was, is, change) =>
      `Чем это объясняется: обычно ${was}, сейчас ${is} (${change}). Наибольший вклад:`,
    points: 'п. п.',
    parts: (rate, mix) => `собственное изменение ${rate}, доля работы ${mix}`,
    ownChange: 'Сами операторы',
    shares: 'Кому сколько работы досталось',
    most: (count, part) =>
      `${plural('ru', count, { one: `Больше всего дал ${count} оператор`, few: `Больше всего дали ${count} оператора`, other: `Больше всего дали ${count} операторов` })}: ${part}`,
    channel: { voice: 'Звонки', callback: 'Обратные звонки', chat: 'Чаты', mail: 'Письма' },
    where: 'По операторам: «Чем объясняется» на странице «Оповещения».',
  },
  it: {
    head: (was, is, change) =>
      `Che cosa lo spiega: di solito ${was}, ora ${is} (${change}). Le parti maggiori:`,
    points: 'punti',
    parts: (rate, mix) => `variazione propria ${rate}, quota del lavoro ${mix}`,
    ownChange: 'Gli operatori stessi',
    shares: 'Chi ha avuto quanto lavoro',
    most: (count, part) =>
      `${plural('it', count, { one: 'Un operatore fa', other: `${count} operatori fanno` })} la parte maggiore: ${part}`,
    channel: { voice: 'Chiamate', callback: 'Richiamate', chat: 'Chat', mail: 'Mail' },
    where: 'Per operatore: «Che cosa lo spiega» nella pagina «Allarmi».',
  },
};

/** What a mail asks by: not by people, where there is anything else that tells as much. */
export function mailKeyOf(figure: FigureName, scope: string): DriftKey | undefined {
  const keys = driftKeysOf(figure, scope);
  return keys.find((key) => key === 'queue') ?? keys[0];
}

function duration(ms: number): string {
  const whole = Math.round(Math.abs(ms) / 1000);
  const two = (part: number) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

class Shown {
  readonly #language: Language;
  readonly #isShare: boolean;

  constructor(figure: FigureName, language: Language) {
    this.#language = language;
    this.#isShare = figureFacts(figure).unit === 'share';
  }

  value(value: number): string {
    return this.#isShare ? `${this.#number(value * 100)} %` : duration(value);
  }

  /** With its sign; of shares in points. */
  part(value: number): string {
    const size = this.#isShare
      ? `${this.#number(Math.abs(value) * 100)} ${words[this.#language].points}`
      : duration(value);
    return /[1-9]/.test(size) ? `${value < 0 ? '−' : '+'}${size}` : size;
  }

  #number(value: number): string {
    return new Intl.NumberFormat(this.#language, { maximumFractionDigits: 1 }).format(value);
  }
}

/** Of those that go the way of the whole, the fewest that make up half of it; no name. */
function mostOf(members: readonly DriftMember[], change: number): { count: number; part: number } {
  const same = members.map(({ rate, mix }) => rate + mix).filter((part) => part * change > 0);
  let part = 0;
  let count = 0;
  for (const one of same) {
    if (Math.abs(part) >= Math.abs(change) / 2) break;
    part += one;
    count += 1;
  }
  return { count, part };
}

function agentLines(
  { members, change, rate, mix }: NonNullable<DriftReport['drift']>,
  language: Language,
  shown: Shown,
) {
  const say = words[language];
  const { count, part } = mostOf(members, change);
  return [
    `${say.ownChange}: ${shown.part(rate)}`,
    `${say.shares}: ${shown.part(mix)}`,
    ...(count > 0 ? [say.most(count, shown.part(part))] : []),
  ];
}

/** Empty where nothing is known. */
export function driftLines({ figure, by, drift }: DriftReport, language: Language): string[] {
  if (!drift) return [];
  const say = words[language];
  const shown = new Shown(figure, language);
  const head = say.head(shown.value(drift.base), shown.value(drift.value), shown.part(drift.change));
  if (by === 'agent') return [head, ...agentLines(drift, language, shown), say.where];
  const nameOf = ({ scope, name }: DriftMember) =>
    by === 'channel' ? (say.channel[scope.slice('channel:'.length)] ?? name) : name;
  const lines = drift.members
    .slice(0, linesAtMost)
    .map((one) =>
      cleanLine(
        `${nameOf(one)}: ${shown.part(one.rate + one.mix)} (${say.parts(shown.part(one.rate), shown.part(one.mix))})`,
        300,
      ),
    );
  return [head, ...lines];
}
