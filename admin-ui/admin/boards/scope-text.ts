/** Scopes of one widget as the picker knows them: one kind, some ids of it, and of queues perhaps one channel. Pure. */
import type { ScopeKind } from '../../../server/contract/figures.ts';

export interface ScopeChoice {
  kind: ScopeKind;
  ids: string[];
  /** Of queues: only what came by this channel. */
  channel?: string;
}

export function readScopes(scopes: readonly string[]): ScopeChoice {
  const kind = (scopes[0]?.split(':', 1)[0] ?? 'site') as ScopeKind;
  const rests = scopes
    .filter((scope) => scope.startsWith(`${kind}:`))
    .map((scope) => scope.slice(kind.length + 1));
  if (kind !== 'queue') return { kind, ids: rests };
  const channel = rests[0]?.split('/')[1];
  return {
    kind,
    ids: [...new Set(rests.map((rest) => rest.split('/', 1)[0] ?? rest))],
    ...(channel === undefined ? {} : { channel }),
  };
}

export function writeScopes({ kind, ids, channel }: ScopeChoice): string[] {
  if (kind === 'site') return ['site'];
  const end = kind === 'queue' && channel !== undefined ? `/${channel}` : '';
  return ids.map((id) => `${kind}:${id}${end}`);
}
