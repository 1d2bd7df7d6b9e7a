/**
 * Boards come as a part of their own, asked for when the page is opened: it brings the validator of the contract, which no
 * other page needs. `#boards` is the list, `#boards?id=...` the editor.
 */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Notice } from '../../shared/parts/notice.tsx';
import { words } from '../reading.ts';

export function BoardsPage() {
  const [Loaded, setLoaded] = useState<{ page: ComponentType } | 'failed'>();
  useEffect(() => {
    import('../boards/boards-page.tsx').then(
      ({ BoardsPage: page }) => setLoaded({ page }),
      () => setLoaded('failed'),
    );
  }, []);
  if (Loaded === undefined) return <p class="quiet">{words.value.loading}</p>;
  if (Loaded === 'failed') return <Notice kind="bad">{words.value.errorUnreachable}</Notice>;
  return <Loaded.page />;
}
