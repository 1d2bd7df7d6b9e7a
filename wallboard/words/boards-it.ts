/** Italian of laid-out boards. */
import type { Words } from '../../admin-ui/shared/words.ts';
import type { boardsEn } from './boards-en.ts';

export const boardsIt: Words<typeof boardsEn> = {
  boardOf: 'Tabellone {number} di {count}',
  boardNone: 'Nessun tabellone assegnato a questo schermo.',
  boardEmpty: 'Su questo tabellone non c’è ancora nulla.',
  target: 'Obiettivo {value}',
  noTarget: 'Nessun obiettivo',
  alerts: 'Allarmi',
  alertsNone: 'Nessun allarme',
  alertAcknowledged: 'Confermato',
  alertWarning: 'Avviso',
  alertCritical: 'Critico',
  waiters: 'Attese più lunghe',
  waitersNone: 'Nessuno in attesa',
  callbacks: 'Richiamate',
  callbacksPending: { one: 'in sospeso', many: 'in sospeso', other: 'in sospeso' },
  oldest: 'Più vecchia {time}',
  channels: 'Canali',
  queuesTitle: 'Code',
  agentsNone: 'Nessun operatore',
  queuesNone: 'Nessuna coda',
  today: 'Oggi',
  yesterday: 'Ieri',
  lastWeek: 'Una settimana fa',
  perMinutes: 'ogni {minutes} min',
  soundHint: 'Suono: premi un tasto',
  soundOn: 'A: silenzia',
};
