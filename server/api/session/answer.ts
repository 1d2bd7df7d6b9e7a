/** What setup, sign-in and change of password answer alike: a session and its cookie, or a refusal. */
import type { Refused, Started } from '../../auth/sign-in.ts';
import { setCookie } from '../cookies.ts';
import type { ApiParts } from '../parts.ts';
import { refusal, tooManyTries } from '../refusal.ts';
import type { RouteAnswer } from '../route.ts';
import { presentSession, sessionFacts } from './presenter.ts';

export function answerStarted(
  parts: ApiParts,
  result: Started | Refused,
  isSecure: boolean,
  status = 200,
): RouteAnswer {
  switch (result.outcome) {
    case 'started':
      return {
        status,
        json: presentSession(result.session, result.token, sessionFacts(parts)),
        cookies: [setCookie('session', result.token, isSecure)],
      };
    case 'wrong-credentials':
      throw refusal('wrong-credentials', 'this did not match');
    case 'too-many-tries':
      throw tooManyTries(result.retryInMs);
    case 'weak-password':
      throw refusal('bad-request', result.reason, { reason: 'weak-password', path: ['password'] });
    case 'not-needed':
      throw refusal('conflict', 'an administrator exists already', { reason: 'not-needed' });
  }
}
