/** The desk as a whole: rail, list, and what is open; over it what must be answered first. */
import { useEffect, useState } from 'preact/hooks';
import type { DeskView } from '../../../server/contract/desk.ts';
import type { SessionView } from '../../../server/contract/rest.ts';
import { PasswordForm } from '../../shared/doors.tsx';
import { Mark } from '../../shared/parts/mark.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { unreadOf } from '../desk-state.ts';
import { createPlace, PlaceContext, usePlace, type Place } from '../place.ts';
import { formats, reading, words } from '../reading.ts';
import { Call } from './call.tsx';
import { CloseDialog } from './close-dialog.tsx';
import { Conversation } from './conversation.tsx';
import { CustomerFindDialog } from './customer-find.tsx';
import { CustomerNameDialog } from './customer-name.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { ContactList } from './list.tsx';
import { LogIn } from './log-in.tsx';
import { Rail } from './rail.tsx';
import { useShortcuts } from './shortcuts.ts';
import { ToldList } from './told-list.tsx';
import { TransferDialog } from './transfer-dialog.tsx';

function Empty({ view }: { view: DeskView }) {
  const w = words.value;
  const hasContacts = view.mine.length > 0;
  return (
    <section class="empty">
      <Mark />
      {!hasContacts && <h1>{w.emptyTitle}</h1>}
      {hasContacts && <p class="quiet">{w.emptyChoose}</p>}
      {!hasContacts && view.state === 'ready' && <p class="quiet">{w.emptyReady}</p>}
      {!hasContacts && view.state === 'not-ready' && <p class="quiet">{w.emptyNotReady}</p>}
    </section>
  );
}

function Main({ view }: { view: DeskView }) {
  const { desk, isPasswordOpen } = usePlace();
  const w = words.value;
  const contact = desk.openContact.value;
  if (isPasswordOpen.value)
    return (
      <section class="password-page">
        <h1>{w.changePassword}</h1>
        <PasswordForm reading={reading} />
        <button
          type="button"
          class="link-button"
          onClick={() => {
            isPasswordOpen.value = false;
          }}
        >
          {w.backToDesk}
        </button>
      </section>
    );
  if (view.state === 'logged-out' && view.mine.length === 0) return <LogIn view={view} />;
  if (!contact) return <Empty view={view} />;
  return contact.channel === 'voice' ? (
    <Call key={contact.contactId} contact={contact} view={view} />
  ) : (
    <Conversation key={contact.contactId} contact={contact} />
  );
}

function Dialogs({ view }: { view: DeskView }) {
  const { desk, dialog } = usePlace();
  const contact = desk.openContact.value;
  const now = dialog.value;
  // What it asked about has left the desk.
  useEffect(() => {
    if (now !== 'keys' && !contact) dialog.value = undefined;
  }, [now, contact, dialog]);
  if (now === 'keys') return <KeysDialog />;
  if (!contact) return null;
  if (now === 'customer-name') return <CustomerNameDialog key={contact.contactId} />;
  if (now === 'customer-find') return <CustomerFindDialog key={contact.contactId} />;
  if (now === 'transfer') return <TransferDialog key={contact.contactId} contact={contact} />;
  return now === 'close' ? <CloseDialog key={contact.contactId} contact={contact} view={view} /> : null;
}

function CutBand() {
  const { desk } = usePlace();
  const w = words.value;
  if (desk.socket.connection.value !== 'stale') return null;
  const time = formats.value.duration(desk.socket.silentSec.value * 1000);
  return (
    <div class="cut-band" role="alert">
      <Notice kind="bad">
        <b>{fill(w.cutTitle, { time })}</b> {w.cutHelp}
      </Notice>
    </div>
  );
}

function Barred({ why }: { why: 'no-agent' | 'forbidden' }) {
  const { session, signOut } = usePlace();
  const w = words.value;
  return (
    <main class="door">
      <p class="brand">
        <Mark />
        {w.appName}
      </p>
      <h1>{w.noAgentTitle}</h1>
      <p data-given>
        {why === 'no-agent' ? fill(w.noAgentHelp, { user: session.me.username }) : w.errorForbidden}
      </p>
      <p class="door-foot">
        <button type="button" class="button" onClick={() => void signOut()}>
          {w.signOut}
        </button>{' '}
        <a class="button" href="/">
          {w.openConsole}
        </a>
      </p>
    </main>
  );
}

/** How much waits for this agent, in the tab's title. */
function useTitle(place: Place | undefined): void {
  const state = place?.desk.state.value;
  const mine = state?.desk?.mine ?? [];
  const unread = state ? mine.reduce((sum, contact) => sum + unreadOf(state, contact), 0) : 0;
  const count = unread + (state?.desk?.offers.length ?? 0);
  const title = `${count > 0 ? `(${count}) ` : ''}${words.value.deskTitle} · Hearthline`;
  useEffect(() => {
    document.title = title;
  }, [title]);
}

function Desk({ place }: { place: Place }) {
  useTitle(place);
  useShortcuts(place);
  const view = place.desk.state.value.desk;
  const barred = place.desk.barred.value;
  if (barred) return <Barred why={barred} />;
  const isStale = place.desk.socket.connection.value === 'stale';
  return (
    <div class={`desk ${isStale ? 'is-stale' : ''}`} data-connection={place.desk.socket.connection.value}>
      <Rail desk={view} />
      {view ? <ContactList desk={view} /> : <section class="list" />}
      <main class="main">
        <CutBand />
        {view ? <Main view={view} /> : <p class="empty quiet">{words.value.connecting}</p>}
      </main>
      {view && <Dialogs view={view} />}
      <ToldList />
    </div>
  );
}

export function DeskPage({ session }: { session: SessionView }) {
  const [place, setPlace] = useState<Place>();
  useEffect(() => {
    const made = createPlace(session);
    setPlace(made);
    return made.stop;
  }, [session.me.userId]);
  return place ? (
    <PlaceContext.Provider value={place}>
      <Desk place={place} />
    </PlaceContext.Provider>
  ) : null;
}
