/** Russian: the page of users. */
import type { Words } from '../../shared/words.ts';
import type { usersEn } from './users-en.ts';

export const usersRu: Words<typeof usersEn> = {
  pageDesk: 'Рабочее место',
  pageUsers: 'Пользователи',
  usersNew: 'Новый пользователь',
  usersCreate: 'Создать',
  usersRole: 'Роль',
  usersAgent: 'Номер оператора',
  usersAgentOptional: 'Номер оператора (если есть)',
  usersLastSignIn: 'Последний вход',
  usersEnabled: 'Включён',
  usersInvited: 'Одноразовый пароль',
  usersDisabled: 'Отключён',
  usersChange: 'Изменить',
  usersPassword: 'Пароль',
  usersNewPassword: 'Новый пароль',
  usersEnable: 'Включить',
  usersDisable: 'Отключить',
  usersChangeTitle: 'Изменить: {name}',
  usersPasswordTitle: 'Новый одноразовый пароль: {name}?',
  usersEnableTitle: 'Включить: {name}?',
  usersDisableTitle: 'Отключить: {name}?',
  usersSessionsEnd: 'Открытые сеансы этого пользователя сразу завершатся.',
  usersOneTime: 'Одноразовый пароль ({name}):',
  usersOneTimeHelp: 'Он показан только сейчас; при первом входе его нужно сменить.',
  usersOneTimeDone: 'Записано',
  usersTaken: 'Это имя пользователя занято.',
  usersLastAdmin: 'Это последний администратор.',
  usersAgentTaken: 'Этот оператор уже связан с другим пользователем.',
  usersAgentUnknown: 'На площадке нет такого оператора.',
};
