/**
 * The life of a leg. Pure: what a leg may do in a state is decided here and nowhere else.
 *
 *   incoming   arrived --answer--> answering --sent--> up --+
 *                 |                    |                    |
 *                 +---- gone ----------+------- gone -------+--> ended
 *                 |                                         |
 *   outgoing   dialing --ring--> alerting --accept--> up ---+
 *                 |                  |
 *                 +---- close -------+--> closing --gone--> ended
 *
 * `closing`: we gave up an outgoing leg, its CANCEL is under way; a 200 that crosses is acknowledged and
 * ended at once. An event that is not allowed in a state is ignored: networks race.
 */
export type LegState = 'arrived' | 'answering' | 'dialing' | 'alerting' | 'up' | 'closing' | 'ended';
export type LegSignal = 'answer' | 'sent' | 'ring' | 'accept' | 'close' | 'gone';

const moves: Record<LegState, Partial<Record<LegSignal, LegState>>> = {
  arrived: { answer: 'answering', gone: 'ended' },
  answering: { sent: 'up', gone: 'ended' },
  dialing: { ring: 'alerting', accept: 'up', close: 'closing', gone: 'ended' },
  alerting: { accept: 'up', close: 'closing', gone: 'ended' },
  up: { gone: 'ended' },
  closing: { gone: 'ended' },
  ended: {},
};

/** The next state, or undefined where the signal means nothing in this one. */
export const nextLegState = (state: LegState, signal: LegSignal): LegState | undefined =>
  moves[state][signal];
