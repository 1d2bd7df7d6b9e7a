/**
 * Every sentence the house itself speaks, by language. Rendered to WAV files at the first start; a
 * site's own prompts are rendered beside them when the site is imported. Pure data: what is said when is
 * decided elsewhere. A changed text is rendered anew at the next start.
 */
import { languages } from '../contract/site.ts';
import type { Language } from '../contract/site.ts';

export type Spoken = Readonly<Record<Language, string>>;

/** Prompts without words: one file for all languages. */
export const soundPrompts = ['music', 'ring-back', 'busy'] as const;

/** Positions with a sentence of their own; beyond, `position-more` is said. */
export const spokenPositions = 20;

const callers = {
  welcome: {
    en: 'Welcome. Thank you for calling.',
    ru: 'Здравствуйте. Спасибо за звонок.',
    it: 'Benvenuti. Grazie per aver chiamato.',
  },
  'please-wait': {
    en: 'Please hold the line. An agent will answer you shortly.',
    ru: 'Пожалуйста, оставайтесь на линии. Оператор ответит вам в ближайшее время.',
    it: 'La preghiamo di attendere in linea. Un operatore le risponderà al più presto.',
  },
  'all-busy': {
    en: 'All our agents are busy. Please call again later.',
    ru: 'Все операторы заняты. Пожалуйста, перезвоните позже.',
    it: 'Tutti gli operatori sono occupati. La preghiamo di richiamare più tardi.',
  },
  closed: {
    en: 'We are closed at the moment. Please call again during our opening hours.',
    ru: 'Сейчас мы не работаем. Пожалуйста, перезвоните в рабочее время.',
    it: 'In questo momento siamo chiusi. La preghiamo di richiamare negli orari di apertura.',
  },
  goodbye: {
    en: 'Thank you for calling. Goodbye.',
    ru: 'Спасибо за звонок. До свидания.',
    it: 'Grazie per aver chiamato. Arrivederci.',
  },
  'wait-more': {
    en: 'Your waiting time is more than thirty minutes.',
    ru: 'Время ожидания превышает тридцать минут.',
    it: 'Il tempo di attesa supera i trenta minuti.',
  },
  'position-more': {
    en: 'There are more than twenty callers before you.',
    ru: 'Перед вами в очереди больше двадцати человек.',
    it: 'Ci sono più di venti chiamate prima della sua.',
  },
} as const satisfies Record<string, Spoken>;

const agents = {
  'enter-agent-number': {
    en: 'Enter your agent number, then press the hash key.',
    ru: 'Введите номер оператора и нажмите решётку.',
    it: 'Inserisca il numero operatore, poi prema cancelletto.',
  },
  'enter-pin': {
    en: 'Enter your PIN, then press the hash key.',
    ru: 'Введите пин-код и нажмите решётку.',
    it: 'Inserisca il PIN, poi prema cancelletto.',
  },
  'enter-reason': {
    en: 'Enter the number of the reason, then press the hash key.',
    ru: 'Введите номер причины и нажмите решётку.',
    it: 'Inserisca il numero del motivo, poi prema cancelletto.',
  },
  'agent-logged-in': { en: 'You are logged in.', ru: 'Вы вошли в систему.', it: 'Accesso effettuato.' },
  'agent-logged-out': {
    en: 'You are logged out.',
    ru: 'Вы вышли из системы.',
    it: 'Disconnessione effettuata.',
  },
  'agent-ready': { en: 'You are ready.', ru: 'Вы готовы принимать звонки.', it: 'Lei è disponibile.' },
  'agent-not-ready': {
    en: 'You are not ready.',
    ru: 'Вы не принимаете звонки.',
    it: 'Lei non è disponibile.',
  },
  'wrap-up-ended': {
    en: 'Wrap-up has ended.',
    ru: 'Завершающая обработка окончена.',
    it: 'Lavoro dopo chiamata terminato.',
  },
  'wrap-up-extended': {
    en: 'You have more time for wrap-up.',
    ru: 'Время завершающей обработки продлено.',
    it: 'Tempo dopo chiamata prolungato.',
  },
  'wrong-pin': {
    en: 'The agent number or the PIN is wrong.',
    ru: 'Неверный номер оператора или пин-код.',
    it: 'Numero operatore o PIN errato.',
  },
  'too-many-tries': {
    en: 'Too many tries. Please wait a few minutes and try again.',
    ru: 'Слишком много попыток. Подождите несколько минут и попробуйте снова.',
    it: 'Troppi tentativi. Attenda qualche minuto e riprovi.',
  },
  'not-logged-in': {
    en: 'Nobody is logged in at this phone.',
    ru: 'На этом телефоне никто не вошёл в систему.',
    it: 'Nessun operatore è connesso a questo telefono.',
  },
  'unknown-code': {
    en: 'This code is not known.',
    ru: 'Такого кода нет.',
    it: 'Codice sconosciuto.',
  },
  'unknown-reason': {
    en: 'There is no such reason.',
    ru: 'Такой причины нет.',
    it: 'Motivo inesistente.',
  },
  'phone-not-allowed': {
    en: 'You cannot log in at this phone.',
    ru: 'С этого телефона войти нельзя.',
    it: 'Non è possibile accedere da questo telefono.',
  },
  'not-possible-now': {
    en: 'This is not possible now.',
    ru: 'Сейчас это невозможно.',
    it: 'Operazione non possibile in questo momento.',
  },
  'already-so': {
    en: 'Nothing to change.',
    ru: 'Изменений не требуется.',
    it: 'Nessuna modifica necessaria.',
  },
} as const satisfies Record<string, Spoken>;

/** The Not Ready reasons a new site has; a site's own reasons are spoken by their names. */
const reasons = {
  'reason-break': { en: 'Break.', ru: 'Перерыв.', it: 'Pausa.' },
  'reason-lunch': { en: 'Lunch.', ru: 'Обед.', it: 'Pranzo.' },
  'reason-meeting': { en: 'Meeting.', ru: 'Совещание.', it: 'Riunione.' },
  'reason-training': { en: 'Training.', ru: 'Обучение.', it: 'Formazione.' },
} as const satisfies Record<string, Spoken>;

export type SpokenPromptId = keyof typeof callers | keyof typeof agents | keyof typeof reasons;

function positions(): [string, Spoken][] {
  return Array.from({ length: spokenPositions }, (_, index) => {
    const place = index + 1;
    return [
      `position-${place}`,
      {
        en: `You are number ${place} in the queue.`,
        ru: `Ваш номер в очереди: ${place}.`,
        it: `Lei è il numero ${place} in coda.`,
      },
    ];
  });
}

/** Waits with a sentence of their own, in minutes; beyond the last, `wait-more` is said. */
const spokenWaitMinutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30] as const;
const russianMinutes = { one: 'минута', few: 'минуты', many: 'минут', other: 'минуты', two: '', zero: '' };
const russianPlural = new Intl.PluralRules('ru');

function waits(): [string, Spoken][] {
  return spokenWaitMinutes.map((minutes) => [
    `wait-${minutes}`,
    {
      en: `Your waiting time is about ${minutes === 1 ? 'one minute' : `${minutes} minutes`}.`,
      ru: `Примерное время ожидания: ${minutes} ${russianMinutes[russianPlural.select(minutes)]}.`,
      it: `Il tempo di attesa è di circa ${minutes === 1 ? 'un minuto' : `${minutes} minuti`}.`,
    },
  ]);
}

/** Every built-in prompt that is spoken, by id. `music` is not spoken, and not here. */
export const promptCatalogue: ReadonlyMap<string, Spoken> = new Map<string, Spoken>([
  ...Object.entries(callers),
  ...positions(),
  ...waits(),
  ...Object.entries(agents),
  ...Object.entries(reasons),
]);

export function positionPromptId(position: number): string {
  return position <= spokenPositions ? `position-${Math.max(1, position)}` : 'position-more';
}

/** Rounded up to a wait that has a sentence: nobody minds being served sooner. */
export function waitPromptId(waitMs: number): string {
  const minutes = spokenWaitMinutes.find((one) => waitMs <= one * 60_000);
  return minutes === undefined ? 'wait-more' : `wait-${minutes}`;
}

export function reasonPromptId(reasonId: string): string {
  return `reason-${reasonId}`;
}

/** The catalogue as a flat list: one entry for each file to be rendered. */
export function catalogueTexts(): { id: string; language: Language; text: string }[] {
  return [...promptCatalogue].flatMap(([id, spoken]) =>
    languages.map((language) => ({ id, language, text: spoken[language] })),
  );
}
