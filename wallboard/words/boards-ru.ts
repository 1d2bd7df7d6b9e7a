/** Russian of laid-out boards. */
import type { Words } from '../../admin-ui/shared/words.ts';
import type { boardsEn } from './boards-en.ts';

export const boardsRu: Words<typeof boardsEn> = {
  boardOf: 'Доска {number} из {count}',
  boardNone: 'Для этого табло не выбрано ни одной доски.',
  boardEmpty: 'На этой доске пока ничего нет.',
  target: 'Цель {value}',
  noTarget: 'Цель не задана',
  alerts: 'Оповещения',
  alertsNone: 'Оповещений нет',
  alertAcknowledged: 'Подтверждено',
  alertWarning: 'Предупреждение',
  alertCritical: 'Критично',
  waiters: 'Ждут дольше всех',
  waitersNone: 'Никто не ждёт',
  callbacks: 'Перезвоны',
  callbacksPending: { one: 'ждёт', few: 'ждут', many: 'ждут', other: 'ждут' },
  oldest: 'Старейший {time}',
  channels: 'Каналы',
  queuesTitle: 'Очереди',
  agentsNone: 'Нет операторов',
  queuesNone: 'Нет очередей',
  today: 'Сегодня',
  yesterday: 'Вчера',
  lastWeek: 'Неделю назад',
  perMinutes: 'по {minutes} мин',
  soundHint: 'Звук: нажмите клавишу',
  soundOn: 'A: без звука',
};
