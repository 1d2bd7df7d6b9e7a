/**
 * Files on their way to the server, with progress: XMLHttpRequest, since fetch tells nothing of what has been sent. Each
 * ends as an attachment of its contact's draft, or stays with the reason why not until the agent takes it away.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { AttachmentView } from '../../server/contract/desk.ts';
import type { ErrorBody } from '../../server/contract/rest.ts';
import { csrfHeaders, noteRefusal } from '../shared/session.ts';

const uploadBoundMs = 600_000;

export interface Upload {
  uploadId: string;
  contactId: string;
  name: string;
  bytes: number;
  /** 0..1 */
  share: number;
  state: 'uploading' | 'refused';
  /** Of `refused`: `type`, `size`, `virus`, `count`, `unreachable`, or another code. */
  why?: string;
}

export interface Uploads {
  list: ReadonlySignal<readonly Upload[]>;
  add: (contactId: string, file: File, limits: { maxBytes: number; isFull: boolean }) => void;
  /** Stops it where it still runs. */
  remove: (uploadId: string) => void;
  stop: () => void;
}

function answerOf(request: XMLHttpRequest): AttachmentView | { why: string; code: string } {
  try {
    const body = JSON.parse(request.responseText) as AttachmentView & Partial<ErrorBody>;
    if (request.status === 201) return body;
    const code = body.error?.code ?? `http-${request.status}`;
    const reason = body.error?.details?.['reason'];
    if (typeof reason === 'string') return { why: reason, code };
    return { why: request.status === 413 ? 'size' : code, code };
  } catch {
    return { why: request.status === 413 ? 'size' : 'unreachable', code: 'unreachable' };
  }
}

export function createUploads(onDone: (contactId: string, attachment: AttachmentView) => void): Uploads {
  const list = signal<readonly Upload[]>([]);
  const running = new Map<string, XMLHttpRequest>();
  let count = 0;
  const change = (uploadId: string, to: Partial<Upload>) => {
    list.value = list.value.map((upload) => (upload.uploadId === uploadId ? { ...upload, ...to } : upload));
  };
  const remove = (uploadId: string) => {
    list.value = list.value.filter((upload) => upload.uploadId !== uploadId);
    running.get(uploadId)?.abort();
    running.delete(uploadId);
  };
  const start = (upload: Upload, file: File) => {
    const { uploadId, contactId } = upload;
    const request = new XMLHttpRequest();
    running.set(uploadId, request);
    const query = new URLSearchParams({ name: file.name });
    request.open(
      'POST',
      `/api/desk/contacts/${encodeURIComponent(contactId)}/attachments?${query.toString()}`,
    );
    request.setRequestHeader('accept', 'application/json');
    request.setRequestHeader('content-type', file.type === '' ? 'application/octet-stream' : file.type);
    for (const [name, value] of Object.entries(csrfHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) change(uploadId, { share: event.loaded / event.total });
    };
    request.onload = () => {
      running.delete(uploadId);
      const answer = answerOf(request);
      if ('attachmentId' in answer) {
        remove(uploadId);
        onDone(contactId, answer);
      } else {
        noteRefusal(answer.code);
        change(uploadId, { state: 'refused', why: answer.why });
      }
    };
    request.timeout = uploadBoundMs;
    request.onerror = request.ontimeout = () => {
      running.delete(uploadId);
      change(uploadId, { state: 'refused', why: 'unreachable' });
    };
    request.send(file);
  };
  return {
    list,
    add: (contactId, file, { maxBytes, isFull }) => {
      count += 1;
      const upload: Upload = {
        uploadId: `u${count}`,
        contactId,
        name: file.name,
        bytes: file.size,
        share: 0,
        state: 'uploading',
      };
      const why = isFull ? 'count' : file.size > maxBytes ? 'size' : undefined;
      list.value = [...list.value, why === undefined ? upload : { ...upload, state: 'refused', why }];
      if (why === undefined) start(upload, file);
    },
    remove,
    stop: () => {
      for (const request of running.values()) request.abort();
      running.clear();
      list.value = [];
    },
  };
}
