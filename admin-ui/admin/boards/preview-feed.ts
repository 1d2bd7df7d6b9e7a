/**
 * What the preview is shown: the server's tree of the board as it is now, asked for shortly after each change and every two
 * seconds while the page can be seen. The preview is the wallboard itself in a frame of our own origin; it says when it is
 * ready, and is told everything anew each time it does. Messages of anybody else are nobody's.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Board, BoardTree } from '../../../server/contract/boards.ts';
import type { Refusal } from '../../shared/api-client.ts';
import type { Language } from '../../shared/words.ts';
import { api } from '../session.ts';

const changedForMs = 200;
const askEveryMs = 2000;
/** A frame that has not answered by then is said to be missing. */
const readyWithinMs = 6000;

export type PreviewMessage = { kind: 'hearthline-preview'; tree: BoardTree; language: Language };
const readyKind = 'hearthline-preview-ready';

const isReadyMessage = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'kind' in data && data.kind === readyKind;

export interface PreviewFeed {
  tree: BoardTree | undefined;
  refusal: Refusal | undefined;
  frame: 'starting' | 'ready' | 'missing';
}

function useFrame(frame: RefObject<HTMLIFrameElement | null>, onReady: () => void): PreviewFeed['frame'] {
  const [state, setState] = useState<PreviewFeed['frame']>('starting');
  const ready = useRef(onReady);
  ready.current = onReady;
  useEffect(() => {
    const onMessage = (event: MessageEvent<unknown>) => {
      if (event.origin !== window.location.origin || event.source !== frame.current?.contentWindow) return;
      if (!isReadyMessage(event.data)) return;
      setState('ready');
      ready.current();
    };
    window.addEventListener('message', onMessage);
    const timer = setTimeout(() => setState((now) => (now === 'starting' ? 'missing' : now)), readyWithinMs);
    return () => {
      window.removeEventListener('message', onMessage);
      clearTimeout(timer);
    };
  }, [frame]);
  return state;
}

/** Of several answers on their way, the newest counts. */
function useTree(board: Board): Pick<PreviewFeed, 'tree' | 'refusal'> {
  const [shown, setShown] = useState<Pick<PreviewFeed, 'tree' | 'refusal'>>({
    tree: undefined,
    refusal: undefined,
  });
  const asked = useRef(0);
  useEffect(() => {
    const ask = async () => {
      if (document.visibilityState === 'hidden') return;
      asked.current += 1;
      const mine = asked.current;
      const answer = await api<BoardTree>('/api/boards/preview', { method: 'POST', body: { board } });
      if (mine !== asked.current) return;
      setShown((old) =>
        answer.isOk ? { tree: answer.body, refusal: undefined } : { tree: old.tree, refusal: answer },
      );
    };
    const soon = setTimeout(() => void ask(), changedForMs);
    const again = setInterval(() => void ask(), askEveryMs);
    const onSeen = () => void ask();
    document.addEventListener('visibilitychange', onSeen);
    return () => {
      clearTimeout(soon);
      clearInterval(again);
      document.removeEventListener('visibilitychange', onSeen);
    };
  }, [board]);
  return shown;
}

export function usePreview(
  frame: RefObject<HTMLIFrameElement | null>,
  board: Board,
  language: Language,
): PreviewFeed {
  const { tree, refusal } = useTree(board);
  const tell = () => {
    if (!tree) return;
    const message: PreviewMessage = { kind: 'hearthline-preview', tree, language };
    frame.current?.contentWindow?.postMessage(message, window.location.origin);
  };
  const state = useFrame(frame, tell);
  useEffect(tell, [tree, language]);
  return { tree, refusal, frame: state };
}
