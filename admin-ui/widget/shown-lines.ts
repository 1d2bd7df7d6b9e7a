/** What the log shows: the server's lines, then what it has not told yet, grouped by person and time. Pure. */
import type { ChatSession } from './chat-session-types.ts';
import type { ShownLine } from './views/line.tsx';

const groupWithinMs = 300_000;

export function shownLines(state: ChatSession): ShownLine[] {
  const own = state.lines.filter((line) => line.from === 'customer');
  const newestOwn = state.out.length > 0 ? undefined : own[own.length - 1]?.seq;
  const shown: ShownLine[] = [];
  const add = (line: Omit<ShownLine, 'isFirst'>) => {
    const before = shown[shown.length - 1];
    const isFirst =
      before?.from !== line.from ||
      before.name !== line.name ||
      (line.at ?? 0) - (before.at ?? line.at ?? 0) > groupWithinMs;
    shown.push({ ...line, isFirst });
  };
  for (const line of state.lines)
    add({
      // The same key as while it was unsent: the line stays where it is, and is not read out twice.
      key: line.clientId ?? `line-${line.seq}`,
      from: line.from,
      name: line.name,
      at: line.at,
      text: line.text,
      attachments: line.attachments,
      status: line.from === 'customer' ? 'sent' : undefined,
      reason: undefined,
      clientId: line.clientId,
      isNewestOwn: line.seq === newestOwn,
    });
  for (const line of state.out)
    add({
      key: line.clientId,
      from: 'customer',
      name: undefined,
      at: line.order,
      text: line.text,
      attachments: line.attachments,
      status: line.status === 'acked' ? 'sent' : line.status,
      reason: line.reason,
      clientId: line.clientId,
      isNewestOwn: line === state.out[state.out.length - 1],
    });
  return shown;
}
