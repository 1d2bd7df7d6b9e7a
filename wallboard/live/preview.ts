/**
 * The editor's preview: the same page in a frame, fed by messages instead of a socket. It takes them from its own origin and
 * its own parent only, asks the server for nothing, and shows the latest.
 */
import { batch, signal, type ReadonlySignal } from '@preact/signals';
import type { BoardTree } from '../../server/contract/boards.ts';
import { isLanguage } from '../../admin-ui/shared/words.ts';
import { showLanguage } from './reading.ts';
import type { BoardSource } from './screen.ts';

export const previewKind = 'hearthline-preview';
export const previewReadyKind = 'hearthline-preview-ready';

export const isPreviewAddress = (search: string): boolean => new URLSearchParams(search).has('preview');

interface PreviewMessage {
  kind: typeof previewKind;
  tree: BoardTree;
  language?: unknown;
}
const isTree = (tree: unknown) => typeof tree === 'object' && tree !== null && 'boards' in tree;

function isPreviewMessage(data: unknown): data is PreviewMessage {
  const message = data as Partial<PreviewMessage> | null;
  return message?.kind === previewKind && isTree(message.tree);
}

export interface Preview {
  source: BoardSource<BoardTree>;
  stop: () => void;
}

const tickMs = 250;

export function listenForPreview(from: Window = window): Preview {
  const tree = signal<BoardTree | undefined>(undefined);
  const serverSec = signal(Math.floor(Date.now() / 1000));
  const still = <T>(value: T): ReadonlySignal<T> => signal(value);
  const take = (event: MessageEvent) => {
    if (event.origin !== from.location.origin || event.source !== from.parent) return;
    const message: unknown = event.data;
    if (!isPreviewMessage(message)) return;
    const { language } = message;
    batch(() => {
      tree.value = message.tree;
      if (isLanguage(language)) showLanguage(language);
    });
  };
  from.addEventListener('message', take);
  const ticker = setInterval(() => {
    serverSec.value = Math.floor(Date.now() / 1000);
  }, tickMs);
  from.parent.postMessage({ kind: previewReadyKind }, from.location.origin);
  return {
    source: {
      tree,
      serverSec,
      silentSec: still(0),
      isStale: still(false),
      connection: still('live'),
      paint: still(undefined),
    },
    stop: () => {
      clearInterval(ticker);
      from.removeEventListener('message', take);
    },
  };
}
