/** A message of ours that the server has not confirmed yet: in its place in the thread, with what is happening to it. */
import { fill } from '../../shared/words.ts';
import type { Pending } from '../desk-state.ts';
import { usePlace } from '../place.ts';
import { formats, words, type TextKey } from '../reading.ts';
import { Icon } from './icons.tsx';
import { MessageText } from './message.tsx';

const whyWords: Record<string, TextKey> = {
  'customer-gone': 'noReplyGone',
  'no-address': 'noReplyAddress',
  automatic: 'noReplyAutomatic',
  'channel-off': 'noReplyOff',
  'by-phone': 'noReplyByPhone',
  'not-found': 'errorGone',
  'bad-request': 'errorBadRequest',
  forbidden: 'errorForbidden',
};

export function PendingMessage({ own, isMail }: { own: Pending; isMail: boolean }) {
  const { desk } = usePlace();
  const w = words.value;
  const known = whyWords[own.why ?? ''];
  const why = known === undefined ? (own.why ?? '') : w[known];
  const kind = own.isNote ? 'is-note' : isMail ? 'is-mail' : 'is-chat';
  const takeBack = () => {
    const draft = desk.draftOf(own.contactId);
    const before = own.isNote ? draft.note : draft.reply;
    const text = [own.text, before].filter((part) => part !== '').join('\n');
    desk.setDraft(
      own.contactId,
      own.isNote
        ? { isNote: true, note: text }
        : { isNote: false, reply: text, attachments: [...own.attachments, ...draft.attachments] },
    );
    desk.drop(own.clientId);
  };
  return (
    <article class={`message ${kind} by-agent is-pending`} data-pending={own.state}>
      <div class={isMail || own.isNote ? '' : 'bubble'}>
        <MessageText text={own.text} />
        {own.attachments.length > 0 && (
          <div class="files">
            {own.attachments.map((attachment) => (
              <span key={attachment.attachmentId} class="file">
                <Icon name="file" />
                <span class="file-name" data-given>
                  {attachment.name}
                </span>
                <small>{formats.value.bytes(attachment.bytes)}</small>
              </span>
            ))}
          </div>
        )}
      </div>
      <footer aria-live="polite">
        {own.state === 'sending' && (
          <span class="delivery with-icon">
            <Icon name="clock" />
            {w.pendingSending}
          </span>
        )}
        {own.state === 'waiting' && (
          <>
            <span class="delivery is-late with-icon">
              <Icon name="clock" />
              {w.pendingWaiting}
            </span>
            <button type="button" class="link-button" onClick={desk.sendAgain}>
              {w.sendNow}
            </button>
          </>
        )}
        {own.state === 'refused' && (
          <>
            <span class="delivery is-bad with-icon">
              <Icon name="warn" />
              {fill(w.pendingRefused, { why })}
            </span>
            <button type="button" class="link-button" onClick={takeBack}>
              {w.takeBack}
            </button>
            <button type="button" class="link-button" onClick={() => desk.drop(own.clientId)}>
              {w.discard}
            </button>
          </>
        )}
      </footer>
    </article>
  );
}
