/**
 * What one browser keeps of a chat, and how its tabs tell each other. Durable over a reload: the token, the unsent lines and
 * how far was read (localStorage, under the bank's own origin), and the draft of each tab (sessionStorage). Nothing that the
 * server has acknowledged is kept here. Every line has a key of its own, so that two tabs never write over each other's.
 *
 * A browser that forbids storage loses only the reload; nothing here throws.
 */
import type { OutLine } from './chat-lines.ts';
import type { ConsentGiven, Draft, Share } from './chat-session-types.ts';

export interface StoredSession {
  token: string;
  consent?: ConsentGiven | undefined;
}
export interface ChatStorage {
  /** What a reload finds, in the order in which it is to be taken. */
  load: () => Share[];
  keep: (share: Share) => void;
  forget: (share: Extract<Share, { type: 'settled' }>) => void;
  leave: (token: string) => void;
  draft: () => Draft | undefined;
  keepDraft: (draft: Draft) => void;
  /** Small settings of the view: `panel` of this tab, `muted` of the browser. */
  isSet: (name: 'panel' | 'muted') => boolean;
  set: (name: 'panel' | 'muted', value: boolean) => void;
  /** True for one tab only, for each number: who makes the sound. */
  claim: (seq: number) => boolean;
}

type Area = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

function areaOf(find: () => Storage): Area | undefined {
  try {
    const area = find();
    const probe = 'hearthline-probe';
    area.setItem(probe, '1');
    area.removeItem(probe);
    return area;
  } catch {
    return undefined;
  }
}

export function createArea(find: () => Storage) {
  const area = areaOf(find);
  const write = (key: string, value: unknown) => {
    try {
      if (value === undefined) area?.removeItem(key);
      else area?.setItem(key, JSON.stringify(value));
    } catch {
      // Full: the reload would lose it; this page still has it in memory.
    }
  };
  const read = (key: string): unknown => {
    try {
      return JSON.parse(area?.getItem(key) ?? 'null');
    } catch {
      return null;
    }
  };
  const keys = (prefix: string): string[] => {
    const found: string[] = [];
    for (let index = 0; index < (area?.length ?? 0); index += 1) {
      const key = area?.key(index);
      if (key?.startsWith(prefix)) found.push(key);
    }
    return found;
  };
  return { isUsable: area !== undefined, read, write, keys };
}

/** To the other tabs of this origin; where there is no channel, by the storage's own event. */
function createBus(name: string, lasting: ReturnType<typeof createArea>, onShare: (share: Share) => void) {
  if (typeof BroadcastChannel === 'function') {
    const channel = new BroadcastChannel(name);
    channel.onmessage = (event: MessageEvent) => onShare(event.data as Share);
    return (share: Share) => channel.postMessage(share);
  }
  let count = 0;
  const key = `${name}:told`;
  window.addEventListener('storage', (event) => {
    if (event.key === key && event.newValue) onShare((JSON.parse(event.newValue) as { share: Share }).share);
  });
  return (share: Share) => {
    count += 1;
    lasting.write(key, { count, share });
  };
}

export function createChatStorage(widgetId: string, onShare: (share: Share) => void): ChatStorage {
  const prefix = `hearthline-chat:${widgetId}`;
  const lasting = createArea(() => window.localStorage);
  const passing = createArea(() => window.sessionStorage);
  const tell = createBus(prefix, lasting, onShare);
  const lineKey = (clientId: string) => `${prefix}:line:${clientId}`;
  const session = () => lasting.read(`${prefix}:session`) as StoredSession | null;

  return {
    load: () => {
      // Without storage nothing is known of other tabs, and nothing may be concluded from that.
      if (!lasting.isUsable) return [];
      const kept = session();
      if (!kept) return [{ type: 'session', token: undefined }];
      const { token, consent } = kept;
      const shares: Share[] = [{ type: 'session', token, consent }];
      for (const key of lasting.keys(`${prefix}:line:`)) {
        const stored = lasting.read(key) as { token: string; line: OutLine } | null;
        if (stored?.token === token) shares.push({ type: 'line', token, line: stored.line });
        else lasting.write(key, undefined);
      }
      const read = lasting.read(`${prefix}:read`) as { token: string; seq: number } | null;
      if (read?.token === token) shares.push({ type: 'read', token, seq: read.seq });
      return shares;
    },
    keep: (share) => {
      if (share.type === 'line') {
        lasting.write(lineKey(share.line.clientId), { token: share.token, line: share.line });
      } else if (share.type === 'read') lasting.write(`${prefix}:read`, share);
      else if (share.type === 'session') lasting.write(`${prefix}:session`, share);
      tell(share);
    },
    forget: (share) => {
      lasting.write(lineKey(share.clientId), undefined);
      tell(share);
    },
    leave: (token) => {
      for (const key of lasting.keys(`${prefix}:line:`))
        if ((lasting.read(key) as { token?: string } | null)?.token === token) lasting.write(key, undefined);
      // Another tab may have begun anew already: its session is not ours to take away.
      if (session()?.token !== token) return;
      for (const name of ['session', 'read', 'claimed']) lasting.write(`${prefix}:${name}`, undefined);
      tell({ type: 'session', token: undefined });
    },
    draft: () => (passing.read(`${prefix}:draft`) as Draft | null) ?? undefined,
    keepDraft: (draft) =>
      passing.write(
        `${prefix}:draft`,
        draft.text === '' && draft.attachments.length === 0 ? undefined : draft,
      ),
    isSet: (name) => (name === 'panel' ? passing : lasting).read(`${prefix}:${name}`) === true,
    set: (name, value) =>
      (name === 'panel' ? passing : lasting).write(`${prefix}:${name}`, value ? true : undefined),
    claim: (seq) => {
      const last = lasting.read(`${prefix}:claimed`);
      if (typeof last === 'number' && last >= seq) return false;
      lasting.write(`${prefix}:claimed`, seq);
      return true;
    },
  };
}
