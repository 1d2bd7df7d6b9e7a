/** What the keys do: listens while nobody writes and no question is open. */
import { useEffect } from 'preact/hooks';
import { listMine, matches, neighbour } from '../desk-list.ts';
import { shortcutOf, type Shortcut } from '../keys.ts';
import { type Place, ringsPhone } from '../place.ts';

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=radio]), textarea, select'));

/** After the view has followed. */
function focusSoon(id: string): void {
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

function move({ desk, search }: Place, step: 1 | -1): void {
  const ids = listMine(desk.state.peek(), desk.sticky.peek())
    .filter(({ contact }) => matches(contact, search.peek()))
    .map(({ contact }) => contact.contactId);
  const next = neighbour(ids, desk.openId.peek(), step);
  if (next === undefined) return;
  desk.open(next);
  focusSoon(`row-${next}`);
}

function write({ desk }: Place, isNote: boolean): void {
  const contact = desk.openContact.peek();
  if (!contact || contact.channel === 'voice') return;
  desk.setDraft(contact.contactId, { isNote });
  focusSoon('composer-text');
}

function run(place: Place, shortcut: Shortcut): void {
  const { desk, actions, dialog } = place;
  const contact = desk.openContact.peek();
  switch (shortcut) {
    case 'next':
      return move(place, 1);
    case 'previous':
      return move(place, -1);
    case 'accept': {
      const offer = desk.state.peek().desk?.offers.find((one) => !ringsPhone(one));
      if (offer) void actions.accept(offer);
      return undefined;
    }
    case 'reply':
      return write(place, false);
    case 'note':
      return write(place, true);
    case 'transfer':
      if (contact) dialog.value = 'transfer';
      return undefined;
    case 'close':
      if (contact && contact.channel !== 'voice') dialog.value = 'close';
      return undefined;
    case 'search':
      document.getElementById('search')?.focus();
      return undefined;
    case 'help':
      dialog.value = 'keys';
      return undefined;
  }
}

export function useShortcuts(place: Place | undefined): void {
  useEffect(() => {
    if (!place) return undefined;
    const onKey = (event: KeyboardEvent) => {
      // By the page and not by the signal: the browser's word that a dialog is closed comes a moment later.
      const isAsking = document.querySelector('dialog[open]') !== null;
      if (event.defaultPrevented || isWriting(event.target) || isAsking) return;
      if (place.isPasswordOpen.peek()) return;
      const shortcut = shortcutOf(event);
      if (shortcut === undefined) return;
      event.preventDefault();
      run(place, shortcut);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [place]);
}
