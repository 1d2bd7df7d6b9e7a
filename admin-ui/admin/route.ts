/** Pages by the address behind `#`: the server needs to know none of them, and back and forward work. */
import { signal } from '@preact/signals';
import type { SessionView, TextChannel } from '../../server/contract/rest.ts';
import type { TextKey } from './reading.ts';

export const pages = [
  { id: 'live', word: 'pageLive', permission: 'live.watch' },
  { id: 'alerts', word: 'pageAlerts', permission: 'live.watch' },
  { id: 'recordings', word: 'pageRecordings', permission: 'recordings.list' },
  { id: 'contacts', word: 'pageContacts', permission: 'contacts.list' },
  { id: 'decisions', word: 'pageDecisions', permission: 'contacts.list' },
  { id: 'reports', word: 'pageReports', permission: 'reports.read' },
  { id: 'fairness', word: 'pageFairness', permission: 'fairness.read' },
  { id: 'hours', word: 'pageHours', permission: 'hours.read' },
  { id: 'channels', word: 'pageChannels', permission: 'channels.read' },
  { id: 'quarantine', word: 'pageQuarantine', permission: 'quarantine.manage', channels: ['mail'] },
  {
    id: 'blocks',
    word: 'pageBlocks',
    permission: 'blocks.manage',
    channels: ['mail', 'chat', 'form', 'webhook'],
  },
  { id: 'boards', word: 'pageBoards', permission: 'boards.manage' },
  { id: 'displays', word: 'pageDisplays', permission: 'displays.list' },
  { id: 'site', word: 'pageSite', permission: 'site.read' },
  { id: 'users', word: 'pageUsers', permission: 'users.list' },
  { id: 'residency', word: 'pageResidency', permission: 'residency.read' },
  { id: 'audit', word: 'pageAudit', permission: 'audit.read' },
] as const satisfies readonly {
  id: string;
  word: TextKey;
  permission: string;
  /** Shown while the site has one of them. */
  channels?: readonly TextChannel[];
}[];

/** What this user is shown. A page whose channels are off is not there, for a site of calls alone. */
export const pagesOf = ({ may, channels }: SessionView): (typeof pages)[number][] =>
  pages.filter(
    (entry) =>
      may.includes(entry.permission) &&
      (!('channels' in entry) || entry.channels.some((channel) => channels.includes(channel))),
  );
export type PageId = (typeof pages)[number]['id'] | 'password';

/** The address behind `#`, without the `/`: `decisions?contact=c_1`. */
const address = (): [string, string] => {
  const [id = '', query = ''] = window.location.hash.replace(/^#\/?/, '').split('?', 2);
  return [id, query];
};

function read(): PageId {
  const [id] = address();
  if (id === 'password') return id;
  return pages.find((page) => page.id === id)?.id ?? 'live';
}

export const page = signal<PageId>('live');
/** What a page was asked for in particular. */
export const pageQuery = signal(new URLSearchParams());

/**
 * Asked before the address leads elsewhere, by a page with something unsaved. True: the page stays, and `leave` goes there
 * when the user wants so all the same.
 */
type Guard = (leave: () => void) => boolean;
let guard: Guard | undefined;
/** Until the returned function is called, or one left all the same. */
export function guardLeaving(next: Guard): () => void {
  guard = next;
  return () => {
    if (guard === next) guard = undefined;
  };
}

export function watchRoute(): void {
  let shown = window.location.hash;
  const follow = () => {
    const wanted = window.location.hash;
    const leave = () => {
      guard = undefined;
      window.location.hash = wanted;
    };
    if (wanted !== shown && guard?.(leave)) {
      // Says where the user is; setting the hash would ask again.
      window.history.pushState(null, '', shown === '' ? '#' : shown);
      return;
    }
    shown = wanted;
    page.value = read();
    pageQuery.value = new URLSearchParams(address()[1]);
  };
  follow();
  window.addEventListener('hashchange', follow);
}

export function go(to: PageId): void {
  window.location.hash = `#/${to}`;
}
