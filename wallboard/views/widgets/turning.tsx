/** What does not fit at once turns by pages, on the server's clock, all displays of a hall together. */
import { fill } from '../../../admin-ui/shared/words.ts';
import { pageOf } from '../../live/pages.ts';
import type { Screen } from '../../live/screen.ts';
import { Lines, rem, type Head } from './frame.tsx';

export interface Turn<T> {
  shown: readonly T[];
  page: number;
  pages: number;
}

export function turn<T>(all: readonly T[], perPage: number, serverSec: number): Turn<T> {
  const pages = Math.max(1, Math.ceil(all.length / Math.max(1, perPage)));
  // Pages of one size: a last one with two tiles looks like a fault.
  const size = Math.max(1, Math.ceil(all.length / pages));
  const page = pageOf(serverSec, pages);
  return { shown: all.slice(page * size, (page + 1) * size), page, pages };
}

export const pageText = (screen: Screen, page: number, pages: number) =>
  pages > 1 ? fill(screen.words.page, { page: page + 1, pages }) : '';

/** A list's head: its title, and at the right which page of it this is. */
export function ListHead({ head, screen, right }: { head: Head; screen: Screen; right?: string }) {
  return (
    <header class="widget-head is-list">
      <Lines fit={head.title} name="widget-title" isGiven={head.isGiven} />
      {right !== undefined && right !== '' && (
        <span class="widget-page" style={{ fontSize: rem(Math.min(0.235 * screen.zoom, head.title.size)) }}>
          {right}
        </span>
      )}
    </header>
  );
}
/** Width that the page's words take beside a title. */
export const pageRem = (screen: Screen) => 1.15 * screen.zoom;

/** A list or figure that has nothing to say, said so. */
export function Nothing({ text, screen }: { text: string; screen: Screen }) {
  return (
    <p class="nothing" style={{ fontSize: rem(0.28 * screen.zoom) }}>
      {text}
    </p>
  );
}
