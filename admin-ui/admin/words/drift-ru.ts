/** Russian: what explains a change. */
import type { Words } from '../../shared/words.ts';
import type { driftEn } from './drift-en.ts';

export const driftRu: Words<typeof driftEn> = {
  drift: 'Чем объясняется',
  driftOf: 'Чем объясняется: {name}',
  driftChange: '{figure}: обычно {base}, в начале оповещения {value} ({change})',
  driftCompared: {
    one: 'Сравнение с тем же временем за # день',
    few: 'Сравнение с тем же временем за # дня вместе',
    many: 'Сравнение с тем же временем за # дней вместе',
    other: 'Сравнение с тем же временем за # дня вместе',
  },
  driftBy: 'Объяснить по',
  driftUsual: 'Обычно',
  driftNow: 'Сейчас',
  driftShare: 'Доля работы',
  driftOwn: 'За счёт себя',
  driftMix: 'За счёт доли',
  driftTogether: 'Вместе',
  driftOthers: { one: 'Ещё #', few: 'Ещё #', many: 'Ещё #', other: 'Ещё #' },
  driftWhole: 'Всё изменение',
  driftHelp:
    'За счёт себя: медленнее или быстрее обычного. За счёт доли: больше или меньше работы у того, кто медленнее или быстрее всех в среднем. Все части в сумме дают изменение.',
  driftHelpShare:
    'За счёт себя: показатель выше или ниже обычного. За счёт доли: больше или меньше работы там, где показатель выше или ниже среднего. Все части в сумме дают изменение.',
  driftNothing: 'За одно из двух времён такого показателя нет: сравнивать не с чем.',
  driftPoints: '{value} п. п.',
  driftNoNumber: 'Без номера',
};
