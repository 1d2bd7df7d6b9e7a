/** Italian: what explains a change. */
import type { Words } from '../../shared/words.ts';
import type { driftEn } from './drift-en.ts';

export const driftIt: Words<typeof driftEn> = {
  drift: 'Che cosa lo spiega',
  driftOf: 'Che cosa lo spiega: {name}',
  driftChange: '{figure}: di solito {base}, all’inizio dell’allarme {value} ({change})',
  driftCompared: {
    one: 'Confronto con la stessa ora di # giorno',
    other: 'Confronto con la stessa ora di # giorni insieme',
  },
  driftBy: 'Spiegato per',
  driftUsual: 'Di solito',
  driftNow: 'Ora',
  driftShare: 'Quota del lavoro',
  driftOwn: 'Variazione propria',
  driftMix: 'Per la quota',
  driftTogether: 'Insieme',
  driftOthers: { one: 'Un altro', other: 'Altri #' },
  driftWhole: 'Variazione totale',
  driftHelp:
    'Variazione propria: più lento o più veloce del solito. Quota: più o meno lavoro a chi è più lento o più veloce della media. Tutte le parti sommate danno la variazione.',
  driftHelpShare:
    'Variazione propria: valore più alto o più basso del solito. Quota: più o meno lavoro dove il valore è più alto o più basso della media. Tutte le parti sommate danno la variazione.',
  driftNothing: 'In uno dei due periodi questo indicatore non c’è: non c’è nulla da confrontare.',
  driftPoints: '{value} punti',
  driftNoNumber: 'Senza numero',
};
