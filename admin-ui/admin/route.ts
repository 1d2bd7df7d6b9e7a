/** Pages by the address behind `#`: the server needs to know none of them, and back and forward work. */
import { signal } from '@preact/signals';
import type { TextKey } from './reading.ts';

export const pages = [
  { id: 'live', word: 'pageLive', permission: 'live.watch' },
  { id: 'recordings', word: 'pageRecordings', permission: 'recordings.list' },
  { id: 'contacts', word: 'pageContacts', permission: 'contacts.list' },
  { id: 'hours', word: 'pageHours', permission: 'hours.read' },
  { id: 'displays', word: 'pageDisplays', permission: 'displays.list' },
  { id: 'site', word: 'pageSite', permission: 'site.read' },
  { id: 'audit', word: 'pageAudit', permission: 'audit.read' },
] as const satisfies readonly { id: string; word: TextKey; permission: string }[];
export type PageId = (typeof pages)[number]['id'] | 'password';

function read(): PageId {
  const id = window.location.hash.replace(/^#\/?/, '');
  if (id === 'password') return id;
  return pages.find((page) => page.id === id)?.id ?? 'live';
}

export const page = signal<PageId>('live');

export function watchRoute(): void {
  page.value = read();
  window.addEventListener('hashchange', () => {
    page.value = read();
  });
}

export function go(to: PageId): void {
  window.location.hash = `#/${to}`;
}
