/** Of what a rule asks: the kind, and which of them; those that the site lists are chosen, agents and branches are typed. */
import { useEffect, useState } from 'preact/hooks';
import type { AlertScope, AlertScopeList } from '../../../server/contract/alerts.ts';
import { scopeKinds, type ScopeKind } from '../../../server/contract/figure-facts.ts';
import { channelNames, scopeKindName } from '../../shared/figure-names.ts';
import { language, words } from '../reading.ts';
import { api, limits } from '../session.ts';
import { splitScope } from './alerts-text.ts';

export function useScopes(): AlertScope[] {
  const [scopes, setScopes] = useState<AlertScope[]>([]);
  useEffect(() => {
    void api<AlertScopeList>('/api/alert-rules/scopes').then((answer) => {
      if (answer.isOk) setScopes(answer.body.items);
    });
  }, []);
  return scopes;
}

const typed = new Set<ScopeKind>(['agent', 'branch']);
const example: Partial<Record<ScopeKind, string>> = { agent: '101', branch: '700/closed' };

/** Of a part of the site: its queues, teams and agents. What the rule asks of is there in any case. */
const ofPart: ReadonlySet<ScopeKind> = new Set<ScopeKind>(['queue', 'team', 'agent']);
const kindsFor = (inUse: ScopeKind): ScopeKind[] =>
  scopeKinds.filter((kind) => !limits() || ofPart.has(kind) || kind === inUse);

interface ScopeFieldProps {
  scope: string;
  scopes: readonly AlertScope[];
  onScope: (scope: string) => void;
}

function choicesOf(kind: ScopeKind, scopes: readonly AlertScope[]): { value: string; text: string }[] {
  if (kind === 'channel')
    return Object.entries(channelNames(language.value)).map(([id, text]) => ({
      value: `channel:${id}`,
      text,
    }));
  return scopes
    .filter(({ scope }) => scope.startsWith(`${kind}:`))
    .map(({ scope, name }) => {
      const { id } = splitScope(scope);
      return { value: scope, text: name === undefined || name === id ? id : `${name} (${id})` };
    });
}

export function ScopeField({ scope, scopes, onScope }: ScopeFieldProps) {
  const { kind, id } = splitScope(scope);
  const w = words.value;
  const choices = choicesOf(kind, scopes);
  const isGone = id !== '' && !choices.some(({ value }) => value === scope);
  return (
    <>
      <div class="field">
        <label for="rule-scope">{w.ruleScope}</label>
        <select
          id="rule-scope"
          value={kind}
          onChange={(event) => {
            const next = scopeKinds.find((one) => one === event.currentTarget.value) ?? 'site';
            onScope(next === 'site' ? 'site' : `${next}:`);
          }}
        >
          {kindsFor(kind).map((one) => (
            <option key={one} value={one}>
              {scopeKindName(language.value, one)}
            </option>
          ))}
        </select>
      </div>
      {kind !== 'site' && (
        <div class="field">
          <label for="rule-scope-id">{w.ruleScopeId}</label>
          {typed.has(kind) ? (
            <input
              id="rule-scope-id"
              value={id}
              placeholder={example[kind] ?? ''}
              maxLength={80}
              required
              onInput={(event) => onScope(`${kind}:${event.currentTarget.value.trim()}`)}
            />
          ) : (
            <select
              id="rule-scope-id"
              value={scope}
              required
              onChange={(event) => onScope(event.currentTarget.value)}
            >
              <option value={`${kind}:`} disabled>
                {w.ruleScopeNone}
              </option>
              {isGone && <option value={scope}>{id}</option>}
              {choices.map(({ value, text }) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </div>
      )}
    </>
  );
}
