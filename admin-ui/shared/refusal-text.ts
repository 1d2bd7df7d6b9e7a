/** What a refusal is called, by its code and never by its message. */
import type { Refusal } from './api-client.ts';
import type { Formats } from './format.ts';
import { fill } from './words.ts';

export interface RefusalWords {
  errorUnreachable: string;
  errorCredentials: string;
  errorTooMany: string;
  errorForbidden: string;
  errorBadRequest: string;
  errorNotFound: string;
  errorNotReady: string;
  errorOther: string;
}

export function refusalTextIn(w: RefusalWords, formats: Formats, refusal: Refusal): string {
  switch (refusal.code) {
    case 'unreachable':
      return w.errorUnreachable;
    case 'wrong-credentials':
      return w.errorCredentials;
    case 'too-many-tries': {
      const retryInSec = Number(refusal.details['retryInSec'] ?? 60);
      return fill(w.errorTooMany, { time: formats.duration(retryInSec * 1000) });
    }
    case 'forbidden':
    case 'bad-origin':
      return w.errorForbidden;
    case 'bad-request':
      return w.errorBadRequest;
    case 'not-found':
      return w.errorNotFound;
    case 'not-ready':
      return w.errorNotReady;
    default:
      return fill(w.errorOther, { code: refusal.code });
  }
}
