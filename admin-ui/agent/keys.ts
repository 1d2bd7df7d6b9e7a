/**
 * Which shortcut a pressed key is: pure. By the letter where the layout is a Latin one, so that it is where its name is
 * printed; by the place of the key where the layout is Cyrillic, so that nobody has to switch it. With Ctrl, Alt or Meta
 * a key is the browser's, and while somebody writes it is the text's.
 */
export type Shortcut =
  'next' | 'previous' | 'accept' | 'reply' | 'note' | 'transfer' | 'close' | 'search' | 'help';

export interface PressedKey {
  key: string;
  code: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

const letters: Record<string, Shortcut> = {
  j: 'next',
  k: 'previous',
  a: 'accept',
  r: 'reply',
  n: 'note',
  t: 'transfer',
  e: 'close',
};

/** In the order in which they are told. */
export const shortcutKeys: readonly [string, Shortcut][] = [
  ['J', 'next'],
  ['K', 'previous'],
  ['A', 'accept'],
  ['R', 'reply'],
  ['N', 'note'],
  ['T', 'transfer'],
  ['E', 'close'],
  ['/', 'search'],
  ['?', 'help'],
];

const isCyrillic = (key: string) => /^\p{Script=Cyrillic}$/u.test(key);

export function shortcutOf(pressed: PressedKey): Shortcut | undefined {
  if (pressed.ctrlKey || pressed.altKey || pressed.metaKey) return undefined;
  const { key, code, shiftKey } = pressed;
  if (key === '?') return 'help';
  if (key === '/') return 'search';
  // Where a Latin keyboard has the slash, a Russian one has the full stop, and above it the comma.
  if (code === 'Slash' && key === '.') return 'search';
  if (code === 'Slash' && key === ',') return 'help';
  if (shiftKey) return undefined;
  if (isCyrillic(key)) return letters[code.replace(/^Key/, '').toLowerCase()];
  return letters[key.toLowerCase()];
}
