/** A list that the server gives in pages: one page is held, and the cursors that led to it, so memory stays flat. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Refusal } from '../../shared/api-client.ts';
import { api } from '../session.ts';

interface PageOf<T> {
  items: T[];
  nextCursor?: string | undefined;
}

export interface Paged<T> {
  items: T[] | undefined;
  refusal: Refusal | undefined;
  hasOlder: boolean;
  hasNewer: boolean;
  older: () => void;
  newer: () => void;
  reload: () => void;
}

export function usePaged<T>(path: string, limit = 50): Paged<T> {
  const [trail, setTrail] = useState<string[]>([]);
  const [page, setPage] = useState<PageOf<T>>();
  const [refusal, setRefusal] = useState<Refusal>();
  const asked = useRef(0);
  const cursor = trail.at(-1);
  const load = useCallback(async () => {
    asked.current += 1;
    const mine = asked.current;
    const query = new URLSearchParams({ limit: String(limit), ...(cursor === undefined ? {} : { cursor }) });
    const answer = await api<PageOf<T>>(`${path}${path.includes('?') ? '&' : '?'}${query.toString()}`);
    // A slow answer to an earlier question must not replace a newer one.
    if (mine !== asked.current) return;
    if (answer.isOk) {
      setPage(answer.body);
      setRefusal(undefined);
    } else setRefusal(answer);
  }, [path, limit, cursor]);
  useEffect(() => {
    void load();
    return () => {
      asked.current += 1;
    };
  }, [load]);
  return {
    items: page?.items,
    refusal,
    hasOlder: page?.nextCursor !== undefined,
    hasNewer: trail.length > 0,
    older: () => {
      if (page?.nextCursor !== undefined) setTrail([...trail, page.nextCursor]);
    },
    newer: () => setTrail(trail.slice(0, -1)),
    reload: () => void load(),
  };
}
