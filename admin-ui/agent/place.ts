/** Everything a view of the desk may need, made once a sign-in and handed down. */
import { effect, signal, type Signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { DeskContact } from '../../server/contract/desk.ts';
import type { SessionView } from '../../server/contract/rest.ts';
import type { Refusal } from '../shared/api-client.ts';
import { browserEnv } from '../shared/live-client.ts';
import { api, begin, signOut, stage } from '../shared/session.ts';
import { fill } from '../shared/words.ts';
import { createAlerts, type Alerts } from './alerts.ts';
import { createDesk, type Desk } from './desk.ts';
import { createDeskActions, type DeskActions } from './desk-actions.ts';
import { createDeskCustomers, type DeskCustomers } from './desk-customers.ts';
import { nameOf, type News } from './desk-list.ts';
import { forgetKept } from './drafts.ts';
import { words, type AgentWords } from './reading.ts';
import { createTold, deskRefusalText, type Told } from './told.ts';

export type DialogName = 'transfer' | 'close' | 'keys' | 'customer-name' | 'customer-find';

export interface Place {
  session: SessionView;
  desk: Desk;
  actions: DeskActions;
  customers: DeskCustomers;
  alerts: Alerts;
  told: Told;
  dialog: Signal<DialogName | undefined>;
  /** Only if it is this one: the browser's word that a dialog is closed may come when another has been opened. */
  closeDialog: (name: DialogName) => void;
  search: Signal<string>;
  isPasswordOpen: Signal<boolean>;
  /** Read aloud: new offers. */
  said: Signal<string>;
  /** Leaves nothing of the customers' in this tab. */
  signOut: () => Promise<void>;
  stop: () => void;
}

const offerSoundEveryMs = 4000;

export const channelWord = {
  voice: 'channelVoice',
  callback: 'channelCallback',
  chat: 'channelChat',
  mail: 'channelMail',
} as const;

/** It is taken by lifting the handset. */
export const ringsPhone = ({ channel }: Pick<DeskContact, 'channel'>): boolean =>
  channel === 'voice' || channel === 'callback';

export const nameIn = (w: AgentWords, contact: DeskContact): string => nameOf(contact) ?? w.unknownCustomer;

const newClientId = () =>
  crypto
    .getRandomValues(new Uint8Array(16))
    .reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');

/** What of a change is heard, shown outside the page, or said at its foot. */
function hear(place: Place, news: readonly News[]): void {
  const { desk, alerts, told, actions, said } = place;
  for (const { kind, contact, ...rest } of news) {
    const w = words.peek();
    const queue = contact.queueName;
    const isHidden = !desk.isSeen.peek();
    if (kind === 'offered') {
      const text = fill(w.offerSaid, { channel: w[channelWord[contact.channel]], queue });
      // The same words again are read aloud only where the text differs.
      said.value = said.peek() === text ? `${text}\u00a0` : text;
      // A call rings by itself.
      if (!ringsPhone(contact)) alerts.offered();
      if (isHidden)
        alerts.show(fill(w.notifyOffer, { queue }), `offer ${contact.contactId}`, () => undefined);
    } else if (kind === 'message') {
      if (isHidden || desk.openId.peek() !== contact.contactId) alerts.wrote();
      if (isHidden)
        alerts.show(fill(w.notifyMessage, { queue }), `contact ${contact.contactId}`, () =>
          desk.open(contact.contactId),
        );
    } else if (actions.isOwnDoing(contact.contactId)) continue;
    else if (kind === 'left') {
      // A call ends on the phone, before the agent's eyes and ears.
      if (!ringsPhone(contact))
        told.tell('note', (now) => fill(now.contactLeft, { name: nameIn(now, contact) }));
    } else if ('isLate' in rest) {
      const { isLate } = rest;
      told.tell('note', (now) => fill(isLate ? now.offerLate : now.offerGone, { queue }));
    }
  }
}

/** Sounds again while something is offered, and stops with it. */
function repeatOffers(desk: Desk, alerts: Alerts): () => void {
  const timer = setInterval(() => {
    const offers = desk.state.peek().desk?.offers ?? [];
    const isLive = desk.socket.connection.peek() === 'live';
    if (isLive && offers.some((offer) => !ringsPhone(offer))) alerts.offered();
  }, offerSoundEveryMs);
  return () => clearInterval(timer);
}

function watchEyes(isSeen: Signal<boolean>): () => void {
  const look = () => {
    isSeen.value = document.visibilityState === 'visible' && document.hasFocus();
  };
  look();
  document.addEventListener('visibilitychange', look);
  window.addEventListener('focus', look);
  window.addEventListener('blur', look);
  return () => {
    document.removeEventListener('visibilitychange', look);
    window.removeEventListener('focus', look);
    window.removeEventListener('blur', look);
  };
}

export function createPlace(session: SessionView): Place {
  const told = createTold();
  const alerts = createAlerts();
  const desk = createDesk({
    userId: session.me.userId,
    request: api,
    env: browserEnv,
    newClientId,
    onEnd: () => void begin(),
  });
  const tellRefusal = (refusal: Refusal) => told.tell('bad', () => deskRefusalText(refusal));
  const actions = createDeskActions(desk, api, tellRefusal);
  const customers = createDeskCustomers(api, tellRefusal);
  // Anew after each cut: a colleague may have said meanwhile who it is.
  const followCustomer = effect(() => {
    if (desk.socket.connection.value === 'live') customers.follow(desk.openId.value);
  });
  const stops = [followCustomer, repeatOffers(desk, alerts), watchEyes(desk.isSeen), desk.stop, alerts.stop];
  const place: Place = {
    session,
    desk,
    actions,
    customers,
    alerts,
    told,
    dialog: signal<DialogName | undefined>(undefined),
    closeDialog: (name) => {
      if (place.dialog.peek() === name) place.dialog.value = undefined;
    },
    search: signal(''),
    isPasswordOpen: signal(false),
    said: signal(''),
    signOut: async () => {
      await signOut();
      if (stage.peek().at === 'in') return;
      place.stop();
      forgetKept();
    },
    stop: () => {
      for (const stop of stops.splice(0)) stop();
    },
  };
  desk.onNews((news) => hear(place, news));
  desk.onLost(({ text, attachments }) => {
    const what = text === '' ? attachments.map(({ name }) => name).join(', ') : text;
    told.tell('bad', (w) => fill(w.messageLost, { text: what.slice(0, 200) }));
  });
  desk.start();
  return place;
}

export const PlaceContext = createContext<Place | undefined>(undefined);

export function usePlace(): Place {
  const place = useContext(PlaceContext);
  if (!place) throw new Error('a view of the desk stands outside of it');
  return place;
}
