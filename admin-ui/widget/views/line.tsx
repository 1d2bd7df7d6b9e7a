/**
 * One line of the conversation. Text is only ever set as text. An address in an agent's line becomes a link when it is plain
 * http or https; a file is shown only from the appliance itself, whatever the line says.
 */
import { useState } from 'preact/hooks';
import type { ChatAttachment } from '../../../server/contract/chat.ts';
import { useReading } from '../reading.ts';
import { Icon } from './icons.tsx';

export interface ShownLine {
  key: string;
  from: 'customer' | 'agent' | 'system';
  name: string | undefined;
  at: number | undefined;
  text: string;
  attachments: readonly ChatAttachment[];
  /** Of the customer's own lines. */
  status: 'pending' | 'failed' | 'sent' | undefined;
  reason: string | undefined;
  clientId: string | undefined;
  /** Begins a group of lines of one person, close in time. */
  isFirst: boolean;
  /** The newest of the customer's own: says that it was sent. */
  isNewestOwn: boolean;
}

const address = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]])/;

function Text({ text, hasLinks }: { text: string; hasLinks: boolean }) {
  if (!hasLinks || !address.test(text)) return <>{text}</>;
  // Split by a pattern with one group: every second part is an address.
  return (
    <>
      {text.split(address).map((part, index) =>
        index % 2 === 0 ? (
          part
        ) : (
          <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ),
      )}
    </>
  );
}

function Attachment({ attachment }: { attachment: ChatAttachment }) {
  const { api, formats } = useReading();
  const [isBroken, setBroken] = useState(false);
  const url = api.fileUrl(attachment);
  if (url !== undefined && attachment.isPicture && !isBroken)
    return (
      <a class="picture" href={url} target="_blank" rel="noopener noreferrer">
        <img src={url} alt={attachment.name} onError={() => setBroken(true)} />
      </a>
    );
  const content = (
    <>
      <Icon name="file" />
      <span class="file-name">{attachment.name}</span>
      <span class="file-size">{formats.bytes(attachment.bytes)}</span>
    </>
  );
  return url === undefined ? (
    <span class="file">{content}</span>
  ) : (
    <a class="file" href={url} target="_blank" rel="noopener noreferrer">
      {content}
    </a>
  );
}

function failureText(words: ReturnType<typeof useReading>['words'], reason: string | undefined): string {
  switch (reason) {
    case 'ended':
      return words.failedEnded;
    case 'too-many':
      return words.failedTooMany;
    default:
      return words.failed;
  }
}

interface LineProps {
  line: ShownLine;
  /** Undefined where nothing can be sent any more. */
  onRetry: ((clientId: string) => void) | undefined;
  onDiscard: (clientId: string) => void;
}

function LineState({ line, onRetry, onDiscard }: LineProps) {
  const { words } = useReading();
  const { clientId } = line;
  if (line.status === 'pending')
    return (
      <p class="line-state is-pending" aria-hidden="true">
        {words.sending}
      </p>
    );
  if (line.status === 'failed' && clientId !== undefined)
    return (
      <p class="line-state is-failed">
        <span>{failureText(words, line.reason)}</span>
        {onRetry && (
          <button type="button" class="link" onClick={() => onRetry(clientId)}>
            {words.sendAgain}
          </button>
        )}
        <button type="button" class="link" onClick={() => onDiscard(clientId)}>
          {words.discard}
        </button>
      </p>
    );
  return line.status === 'sent' && line.isNewestOwn ? (
    <p class="line-state" aria-hidden="true">
      <Icon name="check" /> {words.sent}
    </p>
  ) : null;
}

export function Line(props: LineProps) {
  const { line } = props;
  const { words, formats } = useReading();
  const who = { customer: words.you, system: '', agent: line.name ?? words.agent }[line.from];
  return (
    <li class="line" data-from={line.from} data-status={line.status} data-first={line.isFirst}>
      {line.from === 'agent' && line.isFirst && (
        <span class="avatar" aria-hidden="true">
          {who.trim().slice(0, 1).toUpperCase()}
        </span>
      )}
      <p class={line.isFirst && line.from !== 'system' ? 'line-head' : 'unseen'}>
        <span>{who}</span>
        {line.at !== undefined && <time>{formats.time(line.at)}</time>}
      </p>
      {line.text !== '' && (
        <p class="bubble">
          <Text text={line.text} hasLinks={line.from === 'agent'} />
        </p>
      )}
      {line.attachments.map((attachment) => (
        <Attachment key={attachment.attachmentId} attachment={attachment} />
      ))}
      <LineState {...props} />
    </li>
  );
}
