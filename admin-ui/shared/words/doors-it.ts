/** Italian: the doors, and what every page says of a refusal. */
import type { Words } from '../words.ts';
import type { doorsEn } from './doors-en.ts';

export const doorsIt: Words<typeof doorsEn> = {
  appName: 'Hearthline',
  language: 'Lingua',
  signOut: 'Esci',
  changePassword: 'Cambia password',
  signInTitle: 'Accesso',
  username: 'Nome utente',
  password: 'Password',
  signIn: 'Accedi',
  newPassword: 'Nuova password',
  newPasswordAgain: 'Nuova password, di nuovo',
  currentPassword: 'Password attuale',
  passwordRule: 'Almeno {count} caratteri.',
  passwordsDiffer: 'Le due password sono diverse.',
  passwordTitle: 'Scegli la tua password',
  passwordOneTimeHelp: 'Hai usato una password monouso. Scegline una tua per continuare.',
  savePassword: 'Salva la password',
  passwordSaved: 'La password è cambiata. Le altre tue sessioni sono terminate.',
  errorUnreachable: 'Il server non risponde.',
  errorCredentials: 'Nome utente, password o segreto errati.',
  errorTooMany: 'Troppi tentativi. Riprova fra {time}.',
  errorForbidden: 'Non hai il permesso di farlo.',
  errorBadRequest: 'Un campo manca o è fuori dai limiti.',
  errorNotFound: 'Non esiste.',
  errorNotReady: 'Una parte del sistema non è ancora pronta. Riprova tra poco.',
  errorOther: 'Non ha funzionato ({code}).',
  retry: 'Riprova',
  loading: 'Carico …',
  cancel: 'Annulla',
};
