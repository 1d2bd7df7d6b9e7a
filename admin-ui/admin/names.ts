/**
 * Names for the ids that lists of the past hold. Asked for when such a page opens, so a name that was changed is the new
 * one; an id that the site no longer has stands for itself, as everything does until the answer is there.
 */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api } from './session.ts';

/** `GET /api/site/names`. */
interface SiteNames {
  queues?: Record<string, string>;
  agents?: Record<string, string>;
  teams?: Record<string, string>;
}

/** For choices; empty until the first page has asked. */
export const siteNames = signal<SiteNames>({});

export interface NameOf {
  queue: (id: string | undefined) => string | undefined;
  agent: (id: string | undefined) => string | undefined;
}

export function useNames(): NameOf {
  useEffect(() => {
    void api<SiteNames>('/api/site/names').then((answer) => {
      if (answer.isOk) siteNames.value = answer.body;
    });
  }, []);
  const { queues, agents } = siteNames.value;
  return {
    queue: (id) => (id === undefined ? undefined : (queues?.[id] ?? id)),
    agent: (id) => (id === undefined ? undefined : (agents?.[id] ?? id)),
  };
}
