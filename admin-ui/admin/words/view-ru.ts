/** Russian: what a user who is limited to some teams and queues sees. */
import type { Words } from '../../shared/words.ts';
import type { viewEn } from './view-en.ts';

export const viewRu: Words<typeof viewEn> = {
  viewAll: 'Вся площадка',
  viewTeam: 'Группа {names}',
  viewTeams: 'Группы {names}',
  viewNothing: 'Ничего из того, что ещё есть на площадке',
  viewLegend: 'Что видит пользователь',
  viewOnly: 'Только эти группы и очереди',
  viewTeamsLabel: 'Группы',
  viewQueuesLabel: 'Очереди',
  viewHelp:
    'По группе — её операторов и их работу, по очереди — её обращения и показатели. Остальное скрыто.',
  viewNone: 'На площадке их нет.',
  viewChoose: 'Выберите хотя бы одну группу или очередь.',
  viewUnknown: 'Такой группы или очереди на площадке больше нет. Обновите страницу.',
  viewGone: 'больше нет на площадке',
  viewYours: 'Вам видно',
  viewPart: 'Показатели только ваших очередей и групп',
  errorOutsideView: 'Это не относится к группам и очередям, которые вам доступны.',
};
