/**
 * Files on their way to the server, before the line that names them is sent. What has arrived goes into the draft, so that a
 * reload keeps it; what was still on its way is begun anew by the customer.
 */
import { useRef, useState } from 'preact/hooks';
import type { ChatAttachment, ChatConfig } from '../../../server/contract/chat.ts';
import { fill } from '../../shared/words.ts';
import type { Upload } from '../chat-api.ts';
import { maxAttachments } from '../chat-lines.ts';
import type { ChatSessionShell } from '../chat-session.ts';
import { useReading } from '../reading.ts';

export interface Uploading {
  id: number;
  name: string;
  /** 0..1 */
  share: number;
}

/** `types` are written as in the `accept` of a file field: image/png, image/*, .pdf. None at all: everything. */
export function isAccepted(file: { name: string; type: string }, types: readonly string[]): boolean {
  const name = file.name.toLowerCase();
  const mime = file.type.toLowerCase();
  return (
    types.length === 0 ||
    types.some((entry) => {
      const type = entry.trim().toLowerCase();
      if (type.startsWith('.')) return name.endsWith(type);
      return type.endsWith('/*') ? mime.startsWith(type.slice(0, -1)) : mime === type;
    })
  );
}

export function useUploads(session: ChatSessionShell, rules: ChatConfig['attachments']) {
  const { api, words, formats } = useReading();
  const [uploading, setUploading] = useState<readonly Uploading[]>([]);
  const [fault, setFault] = useState<string>();
  const running = useRef(new Map<number, Upload>());
  const lastId = useRef(0);
  /** In which order they were chosen: a small one arrives before a large one. */
  const chosen = useRef(new Map<string, number>());

  const send = async (file: File, token: string) => {
    lastId.current += 1;
    const id = lastId.current;
    const upload = api.upload(token, file, (share) =>
      setUploading((all) => all.map((one) => (one.id === id ? { ...one, share } : one))),
    );
    running.current.set(id, upload);
    setUploading((all) => [...all, { id, name: file.name, share: 0 }]);
    const answer = await upload.done;
    running.current.delete(id);
    setUploading((all) => all.filter((one) => one.id !== id));
    const { draft, token: tokenNow } = session.state();
    if (answer.isOk && tokenNow === token) {
      chosen.current.set(answer.body.attachmentId, id);
      const placeOf = (one: ChatAttachment) => chosen.current.get(one.attachmentId) ?? 0;
      const attachments = [...draft.attachments, answer.body].sort((a, b) => placeOf(a) - placeOf(b));
      session.dispatch({ type: 'drafted', draft: { ...draft, attachments } });
    } else if (!answer.isOk && answer.code !== 'aborted') {
      const name = file.name;
      const size = formats.bytes(rules?.maxBytes ?? 0);
      if (answer.status === 413) setFault(fill(words.fileTooLarge, { name, size }));
      else setFault(fill(answer.status === 415 ? words.fileType : words.fileFailed, { name }));
    }
  };

  const add = (files: readonly File[]) => {
    const { token, draft } = session.state();
    if (!rules || token === undefined || files.length === 0) return;
    setFault(undefined);
    let room = maxAttachments - draft.attachments.length - running.current.size;
    for (const file of files) {
      const { name } = file;
      if (room <= 0) setFault(fill(words.fileTooMany, { count: maxAttachments }));
      else if (file.size > rules.maxBytes)
        setFault(fill(words.fileTooLarge, { name, size: formats.bytes(rules.maxBytes) }));
      else if (!isAccepted(file, rules.types)) setFault(fill(words.fileType, { name }));
      else {
        room -= 1;
        void send(file, token);
      }
    }
  };
  return {
    uploading,
    fault,
    add,
    abort: (id: number) => running.current.get(id)?.abort(),
  };
}
