/** Files of a message: pictures that the check let through are shown small, all else is a line to be saved. */
import type { AttachmentView } from '../../../server/contract/desk.ts';
import { fill } from '../../shared/words.ts';
import { formats, words, type AgentWords } from '../reading.ts';
import { Icon } from './icons.tsx';

/** Why a file is not there; `limit` in bytes, where it is known. */
export function refusedText(w: AgentWords, why: string, limit?: number): string {
  switch (why) {
    case 'type':
      return w.refusedType;
    case 'size':
      return limit === undefined
        ? w.refusedSizePlain
        : fill(w.refusedSize, { limit: formats.value.bytes(limit) });
    case 'virus':
      return w.refusedVirus;
    case 'unchecked':
      return w.refusedUnchecked;
    case 'unreachable':
      return w.refusedUnreachable;
    default:
      return fill(w.refusedOther, { why });
  }
}

function File({ attachment }: { attachment: AttachmentView }) {
  const w = words.value;
  const { name, bytes, refused, attachmentId } = attachment;
  const address = `/api/desk/attachments/${encodeURIComponent(attachmentId)}`;
  if (refused !== undefined)
    return (
      <span class="file is-refused" title={name}>
        <Icon name="warn" />
        <span class="file-name" data-given>
          {name}
        </span>
        <small>{refusedText(w, refused)}</small>
      </span>
    );
  if (attachment.isPicture)
    return (
      <a class="picture" href={address} target="_blank" rel="noreferrer" title={name}>
        <img src={address} alt={name} loading="lazy" />
      </a>
    );
  return (
    <a class="file" href={address} download={name} aria-label={fill(w.openFile, { name })} title={name}>
      <Icon name="file" />
      <span class="file-name" data-given>
        {name}
      </span>
      <small>{formats.value.bytes(bytes)}</small>
    </a>
  );
}

export function Attachments({ list }: { list: readonly AttachmentView[] }) {
  if (list.length === 0) return null;
  return (
    <div class="files">
      {list.map((attachment) => (
        <File key={attachment.attachmentId} attachment={attachment} />
      ))}
    </div>
  );
}
