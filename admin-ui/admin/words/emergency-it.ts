/** Italian: the emergency switch of the live page. */
import type { Words } from '../../shared/words.ts';
import type { emergencyEn } from './emergency-en.ts';

export const emergencyIt: Words<typeof emergencyEn> = {
  emergencyTitle: 'Interruttore di emergenza',
  emergencyOpen: 'Emergenza …',
  emergencyAll: 'Emergenza: tutte le code',
  emergencyQueue: 'Emergenza: coda «{queue}»',
  emergencyCount: 'In tutto ne sono attive {count}.',
  emergencySeenBy: 'Lo vede chiunque guardi questa pagina. Possono spegnerla supervisori e amministratori.',
  emergencyOver: 'Nessuna emergenza è più attiva.',
  emergencyUnread: 'Al momento non si può sapere se un’emergenza è attiva. {why}',
  emergencyWhich: 'Per quali code?',
  emergencyScopeAll: 'Tutte le code',
  emergencyWaiting: { one: '# in attesa', other: '# in attesa' },
  emergencyIsOn: 'attiva',
  emergencyWhat: 'Che cosa succede',
  emergencyChoose: 'Prima scegli. Non succede nulla finché non confermi.',
  emergencyAlready: 'È già attiva.',
  emergencyNowAll:
    'Chi attende in tutte le code va subito al messaggio di emergenza; le conversazioni in corso continuano.',
  emergencyNowQueue:
    'Chi attende in «{queue}» va subito al messaggio di emergenza; le conversazioni in corso continuano.',
  emergencyThen: 'Anche chi chiama dopo va lì, finché l’emergenza non viene spenta.',
  emergencyRinging:
    'Se il telefono di un operatore squilla, si può ancora rispondere; se non risponde, anche quella chiamata va lì.',
  emergencyElsewhere:
    'Se il file del sito indica per le emergenze un’altra coda o un numero, le chiamate vanno là.',
  emergencyTold: 'Lo vede chiunque guardi questa pagina. Il tuo nome resta nel registro di audit.',
  emergencyOn: 'Attiva',
  emergencyOnAll: 'Attiva per tutte le code',
  emergencyOnQueue: 'Attiva per questa coda',
  emergencyOff: 'Spegni',
  emergencyOffAsk: 'Spegni …',
  emergencyOffTitleAll: 'Spegnere l’emergenza di tutte le code?',
  emergencyOffTitleQueue: 'Spegnere l’emergenza di «{queue}»?',
  emergencyOffAll: 'Da ora si attende di nuovo nelle code. Chi è già stato mandato via non torna.',
  emergencyOffQueue: 'Da ora si attende di nuovo in «{queue}». Chi è già stato mandato via non torna.',
  emergencyStillAll:
    'L’emergenza di tutte le code resta attiva: finché non viene spenta, in «{queue}» non attende nessuno.',
  emergencyStillQueues: 'Resta attiva per: {queues}.',
  emergencyUnsure: 'Non si sa se la modifica è riuscita: guarda la pagina quando il server risponde.',
};
