/**
 * The widget's requests to the appliance, which is another origin than the page's: no cookies, the token only in a header.
 * Outcomes are returned, never thrown. A file goes by XMLHttpRequest, the only thing that tells how much has gone.
 */
import type {
  ChatAttachment,
  ChatConfig,
  ChatStarted,
  FormConfig,
  FormRequest,
  FormTaken,
  StartChat,
} from '../../server/contract/chat.ts';
import type { ErrorBody } from '../../server/contract/rest.ts';
import { call, type Answer } from '../shared/api-client.ts';
import type { Language } from '../shared/words.ts';

const uploadWithinMs = 300_000;

export interface Upload {
  done: Promise<Answer<ChatAttachment>>;
  abort: () => void;
}
export type ChatApi = ReturnType<typeof createChatApi>;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `base`: the origin of the script, such as https://appliance. */
export function createChatApi(base: string) {
  const post = <T>(path: string, body: unknown, headers: Record<string, string> = {}) =>
    call<T>(`${base}${path}`, { method: 'POST', body, headers });

  function upload(token: string, file: File, onProgress: (share: number) => void): Upload {
    const request = new XMLHttpRequest();
    const done = new Promise<Answer<ChatAttachment>>((resolve) => {
      const refuse = (status: number, code: string) =>
        resolve({ isOk: false, status, code, message: '', details: {} });
      request.open('POST', `${base}/chat/files?name=${encodeURIComponent(file.name.slice(-200))}`);
      request.timeout = uploadWithinMs;
      request.setRequestHeader('authorization', `Bearer ${token}`);
      request.setRequestHeader('content-type', file.type || 'application/octet-stream');
      request.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
      request.onload = () => {
        const { status, responseText } = request;
        const body = parsed(responseText) as (Partial<ErrorBody> & ChatAttachment) | undefined;
        if (status === 201 && body) resolve({ isOk: true, status, body });
        else refuse(status, body?.error?.code ?? `http-${status}`);
      };
      request.onerror = () => refuse(0, 'unreachable');
      request.ontimeout = () => refuse(0, 'unreachable');
      request.onabort = () => refuse(0, 'aborted');
      request.send(file);
    });
    return { done, abort: () => request.abort() };
  }

  return {
    config: (widgetId: string, language: Language) =>
      call<ChatConfig>(`${base}/chat/${encodeURIComponent(widgetId)}/config?language=${language}`),
    start: (widgetId: string, request: StartChat) =>
      post<ChatStarted>(`/chat/${encodeURIComponent(widgetId)}/sessions`, request),
    transcript: (token: string, email: string) =>
      post<undefined>('/chat/transcript', { email }, { authorization: `Bearer ${token}` }),
    formConfig: (formId: string, language: Language) =>
      call<FormConfig>(`${base}/forms/${encodeURIComponent(formId)}/config?language=${language}`),
    form: (formId: string, request: FormRequest) =>
      post<FormTaken>(`/forms/${encodeURIComponent(formId)}`, request),
    upload,
    /** Where an attachment may be fetched; undefined for an address that is not the appliance's own. */
    fileUrl: (attachment: ChatAttachment): string | undefined => {
      try {
        const url = new URL(attachment.url, base);
        return url.origin === base ? url.href : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
