/** Italian: the page of users. */
import type { Words } from '../../shared/words.ts';
import type { usersEn } from './users-en.ts';

export const usersIt: Words<typeof usersEn> = {
  pageDesk: 'Postazione',
  pageUsers: 'Utenti',
  usersNew: 'Nuovo utente',
  usersCreate: 'Crea',
  usersRole: 'Ruolo',
  usersAgent: 'Numero operatore',
  usersAgentOptional: 'Numero operatore (facoltativo)',
  usersLastSignIn: 'Ultimo accesso',
  usersEnabled: 'Attivo',
  usersInvited: 'Password monouso',
  usersDisabled: 'Disattivato',
  usersChange: 'Modifica',
  usersPassword: 'Password',
  usersNewPassword: 'Nuova password',
  usersEnable: 'Attiva',
  usersDisable: 'Disattiva',
  usersChangeTitle: 'Modifica {name}',
  usersPasswordTitle: 'Nuova password monouso per {name}?',
  usersEnableTitle: 'Attivare {name}?',
  usersDisableTitle: 'Disattivare {name}?',
  usersSessionsEnd: 'Le sessioni aperte di questo utente finiscono subito.',
  usersOneTime: 'Password monouso di {name}:',
  usersOneTimeHelp: 'È mostrata solo ora e va cambiata al primo accesso.',
  usersOneTimeDone: 'L’ho annotata',
  usersTaken: 'Questo nome utente è già in uso.',
  usersLastAdmin: 'È l’ultimo amministratore.',
  usersAgentTaken: 'Un altro utente è già questo operatore.',
  usersAgentUnknown: 'Nella sede non c’è questo operatore.',
};
