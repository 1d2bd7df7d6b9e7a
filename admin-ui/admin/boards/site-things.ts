/**
 * What a site has that figures can be asked of, with names: for the pickers of the editor. Asked for once when the editor
 * opens; an id that the site no longer has stands for itself, marked so.
 */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api } from '../session.ts';

/** `GET /api/site/names`. Names by id; what a site has none of may be absent. */
export interface SiteThings {
  queues?: Record<string, string>;
  agents?: Record<string, string>;
  teams?: Record<string, string>;
  numbers?: Record<string, string>;
  trunks?: Record<string, string>;
}
export type ThingKind = keyof SiteThings;

export const siteThings = signal<SiteThings>({});

export function useSiteThings(): void {
  useEffect(() => {
    void api<SiteThings>('/api/site/names').then((answer) => {
      if (answer.isOk) siteThings.value = answer.body;
    });
  }, []);
}

export interface Thing {
  id: string;
  name: string;
}

/** By name, as the reader's language sorts. */
export function thingsOf(kind: ThingKind, language: string): Thing[] {
  const sorter = new Intl.Collator(language, { numeric: true });
  return Object.entries(siteThings.value[kind] ?? {})
    .map(([id, name]) => ({ id, name }))
    .sort((a, b) => sorter.compare(a.name, b.name) || sorter.compare(a.id, b.id));
}
