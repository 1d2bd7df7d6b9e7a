/**
 * The customer's side of a chat as a pure state machine: no clock, socket, storage or view. The shell (chat-session.ts)
 * carries out the effects. Follows server/contract/chat.ts.
 *
 *                opened                submitted             started (token)
 *     closed ------------> asking -------------> starting ----------------+
 *       ^  \                ^  ^  <-- refused --/    |                    |
 *       |   \ opened,       |  |                     | refused: closed    v         state, welcome
 *       |    \ not open     |  | gone                v                 starting ------------+
 *       |     +-------------|--|------------> offline         (waits for its welcome)       v
 *       |                   |  +------------------------------------------------- waiting <---> talking
 *       |                   |                                                         |            |
 *       +------ again ------|---------------------------------------- ended <---------+------------+
 *
 *     a token from another tab: closed, asking, offline, ended -> starting; none any more -> closed
 *
 * Law, tested: whatever is cut, doubled or restarted, and in however many tabs, a line that was written is in the server's
 * list exactly once, in the order of the tab that wrote it, or still stands in `out`; and every tab shows the same lines.
 *
 * Races it stops: a line told before its acknowledgement, or twice; an acknowledgement whose line is cut off; a line sent by
 * two tabs (one `clientId`); a session begun in two tabs (the last token wins, in all); a late frame of a left session.
 */
import type { ChatFrame, ChatLine, ChatRequest, ChatState } from '../../server/contract/chat.ts';
import {
  maxOutLines,
  mergeLines,
  newestSeq,
  putOut,
  settleOut,
  splitText,
  unsentText,
  withoutOut,
} from './chat-lines.ts';
import type { OutLine } from './chat-lines.ts';
import { closedChat, noDraft } from './chat-session-types.ts';
import type { ChatEffect, ChatEvent, ChatPhase, ChatSession, ChatStep, Share } from './chat-session-types.ts';

const step = (state: ChatSession, ...effects: ChatEffect[]): ChatStep => ({ state, effects });
function ignore(state: ChatSession, reason: string): ChatStep {
  return step({ ...state, ignored: { ...state.ignored, [reason]: (state.ignored[reason] ?? 0) + 1 } });
}

/** Written lines are taken from the moment there is a session to take them. */
export const canWrite = (state: ChatSession): boolean =>
  state.token !== undefined &&
  !state.isEnding &&
  (state.phase === 'starting' || state.phase === 'waiting' || state.phase === 'talking');

const lineFrame = (line: OutLine): ChatRequest => ({
  type: 'line',
  clientId: line.clientId,
  text: line.text,
  attachmentIds: line.attachments.map((attachment) => attachment.attachmentId),
});
const keepLine = (token: string, line: OutLine): ChatEffect => ({
  type: 'keep',
  share: { type: 'line', token, line },
});
const forgetLine = (token: string, clientId: string, how: 'acked' | 'discarded'): ChatEffect => ({
  type: 'forget',
  share: { type: 'settled', token, clientId, how },
});

/** Nothing is left of the session but what was typed; `isTaking`: unsent lines, too, go back into the draft. */
function withoutSession(state: ChatSession, phase: ChatPhase, isTaking: boolean): ChatSession {
  const draft = isTaking
    ? { text: unsentText(state.out, state.draft.text), attachments: [] }
    : { ...state.draft, attachments: [] };
  return { ...closedChat, phase, draft, ignored: state.ignored };
}

function withServerState(state: ChatSession, server: ChatState): ChatSession {
  const next = { ...state, phase: server.phase, place: {}, fault: undefined };
  if (server.phase === 'waiting') {
    const { phase: _, ...place } = server;
    return { ...next, place, agentName: undefined, isAgentTyping: false };
  }
  if (server.phase === 'talking') return { ...next, agentName: server.agentName };
  return { ...next, endedBy: server.by, isEnding: false, isAgentTyping: false };
}

function takeLines(
  state: ChatSession,
  token: string,
  incoming: readonly ChatLine[],
  isWhole: boolean,
): ChatStep {
  const merged = mergeLines(state.lines, incoming, isWhole);
  const { open, settled } = settleOut(state.out, merged.lines);
  const hasAgentLine =
    merged.lines !== state.lines &&
    merged.lines.slice(state.lines.length).some((line) => line.from === 'agent');
  const next = {
    ...state,
    lines: merged.lines,
    out: open,
    isAgentTyping: state.isAgentTyping && !hasAgentLine,
    isLive: state.isLive && !merged.hasHole,
  };
  const effects = settled.map((line) => forgetLine(token, line.clientId, 'acked'));
  return step(next, ...effects, ...(merged.hasHole ? [{ type: 'reconnect' } as const] : []));
}

function welcome(
  state: ChatSession,
  token: string,
  frame: Extract<ChatFrame, { type: 'welcome' }>,
): ChatStep {
  const taken = takeLines({ ...state, isLive: true }, token, frame.lines, true);
  // What another tab saw acknowledged is among these lines; if not, it was another session's.
  const out = taken.state.out.filter((line) => line.status !== 'acked');
  const next = withServerState({ ...taken.state, out }, frame.state);
  const again = out
    .filter((line) => line.status === 'pending')
    .map((line): ChatEffect => ({ type: 'send', frame: lineFrame(line) }));
  const end: ChatEffect[] = next.isEnding ? [{ type: 'send', frame: { type: 'end' } }] : [];
  return step(next, ...taken.effects, ...again, ...end);
}

function acknowledge(
  state: ChatSession,
  token: string,
  frame: Extract<ChatFrame, { type: 'ack' | 'nack' }>,
): ChatStep {
  const line = state.out.find((candidate) => candidate.clientId === frame.clientId);
  if (!line) return ignore(state, `${frame.type}-of-unknown`);
  if (frame.type === 'ack')
    return step(
      { ...state, out: putOut(state.out, { ...line, status: 'acked' }) },
      forgetLine(token, line.clientId, 'acked'),
    );
  if (line.status === 'acked') return ignore(state, 'nack-of-acked');
  const failed: OutLine = { ...line, status: 'failed', reason: frame.reason };
  return step({ ...state, out: putOut(state.out, failed) }, keepLine(token, failed));
}

function takeFrame(state: ChatSession, frame: Extract<ChatEvent, { type: 'frame' }>['frame']): ChatStep {
  const { token } = state;
  if (token === undefined) return ignore(state, 'frame-without-session');
  if (frame.type === 'gone')
    return step(
      { ...withoutSession(state, 'asking', true), fault: 'gone' },
      { type: 'disconnect' },
      { type: 'leave', token },
    );
  if (frame.type === 'welcome') return welcome(state, token, frame);
  if (!state.isLive) return ignore(state, 'frame-before-welcome');
  switch (frame.type) {
    case 'lines':
      return takeLines(state, token, frame.lines, false);
    case 'ack':
    case 'nack':
      return acknowledge(state, token, frame);
    case 'state':
      return step(withServerState(state, frame.state));
    case 'typing':
      return state.phase === 'talking'
        ? step({ ...state, isAgentTyping: true })
        : ignore(state, 'typing-while-not-talking');
    default:
      return ignore(state, 'frame-unknown');
  }
}

function takeShare(state: ChatSession, share: Share): ChatStep {
  if (share.type === 'session') {
    if (share.token === state.token) return step(state);
    if (share.token === undefined)
      return step(withoutSession(state, 'closed', false), { type: 'disconnect' });
    const next = withoutSession(state, 'starting', true);
    return step(
      { ...next, token: share.token, consent: share.consent },
      { type: 'connect', token: share.token },
    );
  }
  if (share.token !== state.token) return ignore(state, 'share-of-another-session');
  const known = 'clientId' in share ? share.clientId : share.type === 'line' ? share.line.clientId : '';
  const mine = state.out.find((line) => line.clientId === known);
  switch (share.type) {
    case 'line': {
      if (mine?.status === 'acked' || state.lines.some((line) => line.clientId === known))
        return ignore(state, 'share-of-kept-line');
      return step({ ...state, out: putOut(state.out, share.line) });
    }
    case 'settled': {
      if (!mine) return ignore(state, 'settled-of-unknown');
      return step({
        ...state,
        out:
          share.how === 'acked'
            ? putOut(state.out, { ...mine, status: 'acked' })
            : withoutOut(state.out, known),
      });
    }
    case 'read':
      return step({ ...state, readSeq: Math.max(state.readSeq, share.seq) });
  }
}

function write(state: ChatSession, line: OutLine): ChatStep {
  const { token } = state;
  if (token === undefined || !canWrite(state)) return ignore(state, 'write-without-session');
  if (line.text === '' && line.attachments.length === 0) return ignore(state, 'write-nothing');
  if (state.out.length >= maxOutLines) return ignore({ ...state, fault: 'too-many' }, 'write-too-many');
  const [text, rest] = splitText(line.text);
  const kept = { ...line, text };
  const sent: ChatEffect[] = state.isLive ? [{ type: 'send', frame: lineFrame(kept) }] : [];
  return step(
    // What several lost lines left may be too long for one: the rest stays in the draft.
    { ...state, out: putOut(state.out, kept), draft: { ...noDraft, text: rest }, fault: undefined },
    keepLine(token, kept),
    ...sent,
  );
}

function started(state: ChatSession, event: Extract<ChatEvent, { type: 'started' }>): ChatStep {
  const { token, clientId, order } = event;
  if (state.phase !== 'starting' || state.token !== undefined) return ignore(state, 'started-twice');
  const begun = { ...state, token, fault: undefined };
  const { text, attachments } = state.draft;
  const first =
    text === '' ? step(begun) : write(begun, { clientId, text, attachments, order, status: 'pending' });
  const session = { type: 'session', token, consent: state.consent } as const;
  return step(first.state, { type: 'keep', share: session }, ...first.effects, { type: 'connect', token });
}

function retry(state: ChatSession, event: Extract<ChatEvent, { type: 'retried' }>): ChatStep {
  const failed = state.out.find((line) => line.clientId === event.clientId && line.status === 'failed');
  if (!failed || state.token === undefined || !canWrite(state)) return ignore(state, 'retry-of-unknown');
  const { draft } = state;
  const { text, attachments } = failed;
  const line: OutLine = {
    clientId: event.newClientId,
    order: event.order,
    text,
    attachments,
    status: 'pending',
  };
  const without = { ...state, out: withoutOut(state.out, failed.clientId) };
  const written = write(without, line);
  return step(
    { ...written.state, draft },
    forgetLine(state.token, failed.clientId, 'discarded'),
    ...written.effects,
  );
}

function end(state: ChatSession): ChatStep {
  if (!canWrite(state)) return ignore(state, 'end-without-session');
  const said: ChatEffect[] = state.isLive ? [{ type: 'send', frame: { type: 'end' } }] : [];
  return step({ ...state, isEnding: true }, ...said);
}

export function nextChat(state: ChatSession, event: ChatEvent): ChatStep {
  const { token, phase } = state;
  switch (event.type) {
    case 'opened':
      if (phase !== 'closed' && phase !== 'asking' && phase !== 'offline')
        return ignore(state, 'opened-in-session');
      return step({ ...state, phase: event.isOpen ? 'asking' : 'offline' });
    case 'submitted': {
      if (phase !== 'asking') return ignore(state, 'submitted-twice');
      const { consent } = event.request;
      const given = consent && { version: consent.version, at: event.at };
      return step(
        { ...state, phase: 'starting', consent: given, fault: undefined },
        { type: 'start', request: event.request },
      );
    }
    case 'started':
      return started(state, event);
    case 'refused':
      if (phase !== 'starting' || token !== undefined) return ignore(state, 'refused-late');
      return step({ ...state, phase: event.code === 'closed' ? 'offline' : 'asking', fault: event.code });
    case 'frame':
      return takeFrame(state, event.frame);
    case 'lost': {
      const next = { ...state, isLive: false, isAgentTyping: false };
      // An ended chat needs no socket, unless it is still to be learnt what became of a line.
      const isDone = phase === 'ended' && !state.out.some((line) => line.status === 'pending');
      return isDone ? step(next, { type: 'disconnect' }) : step(next);
    }
    case 'wrote': {
      const { clientId, text, attachments, order } = event;
      return write(state, { clientId, text, attachments, order, status: 'pending' });
    }
    case 'retried':
      return retry(state, event);
    case 'discarded': {
      const failed = state.out.some((line) => line.clientId === event.clientId && line.status === 'failed');
      if (!failed || token === undefined) return ignore(state, 'discard-of-unknown');
      const without = { ...state, out: withoutOut(state.out, event.clientId) };
      return step(without, forgetLine(token, event.clientId, 'discarded'));
    }
    case 'drafted':
      return step({ ...state, draft: event.draft });
    case 'typed':
      return phase === 'talking' && state.isLive
        ? step(state, { type: 'send', frame: { type: 'typing' } })
        : ignore(state, 'typed-alone');
    case 'typing-over':
      return step({ ...state, isAgentTyping: false });
    case 'seen': {
      const seq = newestSeq(state.lines);
      if (token === undefined || seq <= state.readSeq) return step(state);
      return step({ ...state, readSeq: seq }, { type: 'keep', share: { type: 'read', token, seq } });
    }
    case 'end-asked':
      return end(state);
    case 'again':
      if (phase !== 'ended' || token === undefined) return ignore(state, 'again-in-session');
      return step(withoutSession(state, 'closed', true), { type: 'disconnect' }, { type: 'leave', token });
    case 'shared':
      return takeShare(state, event.share);
  }
}

/** Lines of agents that no tab has had in sight. */
export const unreadCount = (state: ChatSession): number =>
  state.lines.filter((line) => line.from === 'agent' && line.seq > state.readSeq).length;
