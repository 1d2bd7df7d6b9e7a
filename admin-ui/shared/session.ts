/**
 * Who is signed in, and every request made in that name; one session a page. Adds the CSRF header to what changes
 * something; a session that ended anywhere (another tab, idle time, an administrator) shows the sign-in page at once.
 */
import { signal } from '@preact/signals';
import type { csrfHeader as CsrfHeader, SessionView, SetupState } from '../../server/contract/rest.ts';
import { call, type Answer, type CallOptions } from './api-client.ts';

/** Equal to the contract's by type: importing the value would bring the whole validator to the browser. */
export const csrfHeader: typeof CsrfHeader = 'x-hearthline-csrf';

export type Stage =
  | { at: 'starting' }
  | { at: 'unreachable' }
  | { at: 'setup' }
  | { at: 'signed-out' }
  | { at: 'in'; session: SessionView };

export const stage = signal<Stage>({ at: 'starting' });

export function enter(session: SessionView): void {
  stage.value = { at: 'in', session };
}

export function may(permission: string): boolean {
  return stage.value.at === 'in' && stage.value.session.may.includes(permission);
}

export async function begin(): Promise<void> {
  const session = await call<SessionView>('/api/session');
  if (session.isOk) {
    enter(session.body);
    return;
  }
  if (session.status !== 401) {
    stage.value = { at: 'unreachable' };
    return;
  }
  const setup = await call<SetupState>('/api/setup');
  if (!setup.isOk) stage.value = { at: 'unreachable' };
  else stage.value = setup.body.isNeeded ? { at: 'setup' } : { at: 'signed-out' };
}

/** What an unsafe request of this session must carry. */
export function csrfHeaders(): Record<string, string> {
  const now = stage.peek();
  return now.at === 'in' ? { [csrfHeader]: now.session.csrfToken } : {};
}

/** An answer that says that nobody is signed in any more. */
export function noteRefusal(code: string): void {
  if (code === 'sign-in-required' && stage.peek().at === 'in') stage.value = { at: 'signed-out' };
}

export async function api<T>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const isUnsafe = options.method !== undefined && options.method !== 'GET';
  const token = isUnsafe ? csrfHeaders() : {};
  const answer = await call<T>(path, { ...options, headers: { ...token, ...options.headers } });
  if (!answer.isOk) noteRefusal(answer.code);
  return answer;
}

export async function signOut(): Promise<void> {
  const answer = await api('/api/session', { method: 'DELETE' });
  // Without an answer the cookie still works: saying "signed out" would be a lie.
  if (answer.isOk || answer.status === 401) stage.value = { at: 'signed-out' };
}
