/** Russian: the doors, and what every page says of a refusal. */
import type { Words } from '../words.ts';
import type { doorsEn } from './doors-en.ts';

export const doorsRu: Words<typeof doorsEn> = {
  appName: 'Hearthline',
  language: 'Язык',
  signOut: 'Выйти',
  changePassword: 'Сменить пароль',
  signInTitle: 'Вход',
  username: 'Имя пользователя',
  password: 'Пароль',
  signIn: 'Войти',
  newPassword: 'Новый пароль',
  newPasswordAgain: 'Новый пароль ещё раз',
  currentPassword: 'Текущий пароль',
  passwordRule: 'Не короче {count} символов.',
  passwordsDiffer: 'Пароли не совпадают.',
  passwordTitle: 'Выберите свой пароль',
  passwordOneTimeHelp: 'Вы вошли с одноразовым паролем. Чтобы продолжить, выберите свой.',
  savePassword: 'Сохранить пароль',
  passwordSaved: 'Пароль изменён. Другие ваши сеансы завершены.',
  errorUnreachable: 'Сервер недоступен.',
  errorCredentials: 'Неверное имя, пароль или секрет.',
  errorTooMany: 'Слишком много попыток. Повторите через {time}.',
  errorForbidden: 'У вас нет на это права.',
  errorBadRequest: 'Поле не заполнено или выходит за пределы.',
  errorNotFound: 'Такого нет.',
  errorNotReady: 'Часть системы ещё не готова. Повторите чуть позже.',
  errorOther: 'Не получилось ({code}).',
  retry: 'Повторить',
  loading: 'Загрузка …',
  cancel: 'Отмена',
};
