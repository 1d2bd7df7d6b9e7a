/** Choosing what a figure is asked of, and which queues or teams a list shows. Many of them can be searched. */
import { useState } from 'preact/hooks';
import { type ScopeKind } from '../../../server/contract/figure-facts.ts';
import { channels } from '../../../server/contract/events.ts';
import { channelName, scopeKindName } from '../../shared/figure-names.ts';
import { language, words } from '../reading.ts';
import { limits } from '../session.ts';
import type { Fault } from './board-draft.ts';
import { Choice } from './panel-controls.tsx';
import { readScopes, writeScopes } from './scope-text.ts';
import { type Thing, type ThingKind, thingsOf } from './site-things.ts';

/** More than these need a search. */
const searchFrom = 9;

interface ManyProps {
  label: string;
  name: string;
  things: readonly Thing[];
  chosen: readonly string[];
  onChange: (ids: string[]) => void;
}

/** Check boxes; what was chosen and is gone stays to be seen and taken out. */
export function ManyOf({ label, name, things, chosen, onChange }: ManyProps) {
  const [find, setFind] = useState('');
  const w = words.value;
  const gone = chosen.filter((id) => !things.some((thing) => thing.id === id));
  const wanted = find.trim().toLocaleLowerCase();
  const shown = things.filter(
    ({ id, name: text }) => wanted === '' || `${text} ${id}`.toLocaleLowerCase().includes(wanted),
  );
  const toggle = (id: string, isOn: boolean) =>
    onChange(isOn ? [...chosen, id] : chosen.filter((one) => one !== id));
  const box = (id: string, text: string, note?: string) => (
    <label key={id} class="panel-check">
      <input
        type="checkbox"
        name={name}
        value={id}
        checked={chosen.includes(id)}
        onChange={(event) => toggle(id, event.currentTarget.checked)}
      />
      <span data-given title={text}>
        {text}
        {note !== undefined && <small class="quiet"> {note}</small>}
      </span>
    </label>
  );
  return (
    <div class="many-of" role="group" aria-label={label}>
      {things.length >= searchFrom && (
        <input
          type="search"
          class="many-find"
          placeholder={w.scopeFind}
          aria-label={`${w.scopeFind}: ${label}`}
          value={find}
          onInput={(event) => setFind(event.currentTarget.value)}
        />
      )}
      <div class="many-list">
        {gone.map((id) => box(id, id, w.scopeGone))}
        {shown.map(({ id, name: text }) => box(id, text))}
        {things.length === 0 && gone.length === 0 && <p class="quiet">{w.scopeNothing}</p>}
      </div>
    </div>
  );
}

const thingKind: Partial<Record<ScopeKind, ThingKind>> = {
  queue: 'queues',
  number: 'numbers',
  trunk: 'trunks',
  team: 'teams',
  agent: 'agents',
};

/** Those of which the site has some, and the one in use. */
function offeredKinds(inUse: ScopeKind): ScopeKind[] {
  const all: ScopeKind[] = ['site', 'queue', 'channel', 'team', 'agent', 'number', 'branch', 'trunk'];
  return all.filter((kind) => {
    const things = thingKind[kind];
    if (limits() && kind !== inUse && kind !== 'queue' && kind !== 'team' && kind !== 'agent') return false;
    if (kind === inUse || kind === 'site' || kind === 'channel') return true;
    return things !== undefined && thingsOf(things, language.value).length > 0;
  });
}

const channelThings = (): Thing[] =>
  channels.map((channel) => ({ id: channel, name: channelName(language.value, channel) }));

function thingsFor(kind: ScopeKind): Thing[] {
  const things = thingKind[kind];
  return kind === 'channel' ? channelThings() : things ? thingsOf(things, language.value) : [];
}

interface ScopeProps {
  scopes: readonly string[];
  fault: Fault | undefined;
  onChange: (scopes: string[]) => void;
}

export function ScopePicker({ scopes, fault, onChange }: ScopeProps) {
  const [emptyKind, setEmptyKind] = useState<ScopeKind>();
  const read = readScopes(scopes);
  // Nothing chosen says no kind: the one that was chosen last stands.
  const kind = scopes.length === 0 ? (emptyKind ?? 'queue') : read.kind;
  const choice = { ...read, kind };
  const w = words.value;
  const choose = (next: ScopeKind) => {
    setEmptyKind(next);
    const first = next === 'site' ? undefined : thingsFor(next)[0]?.id;
    onChange(writeScopes({ kind: next, ids: first === undefined ? [] : [first] }));
  };
  return (
    <>
      <Choice
        label={w.widgetOf}
        name="scope-kind"
        value={kind}
        options={offeredKinds(kind).map((value) => ({ value, text: scopeKindName(language.value, value) }))}
        onChoose={(value) => choose(value as ScopeKind)}
        {...(kind === 'site' ? {} : { help: w.widgetOfHelp })}
        fault={fault}
      />
      {kind !== 'site' && (
        <ManyOf
          key={kind}
          label={scopeKindName(language.value, kind, true)}
          name="scope"
          things={thingsFor(kind)}
          chosen={choice.ids}
          onChange={(ids) => {
            setEmptyKind(kind);
            onChange(writeScopes({ ...choice, ids }));
          }}
        />
      )}
      {kind === 'queue' && choice.ids.length > 0 && (
        <Choice
          label={scopeKindName(language.value, 'channel')}
          name="scope-channel"
          value={choice.channel ?? ''}
          options={[
            { value: '', text: w.scopeAnyChannel },
            ...channelThings().map(({ id, name }) => ({ value: id, text: name })),
          ]}
          onChoose={(channel) => {
            const { kind: _kind, ids } = choice;
            onChange(writeScopes({ kind: 'queue', ids, ...(channel === '' ? {} : { channel }) }));
          }}
        />
      )}
    </>
  );
}

interface OnlyProps {
  label: string;
  name: string;
  kind: ThingKind;
  chosen: readonly string[] | undefined;
  onChange: (ids: string[] | undefined) => void;
}

/** All, or only some. */
export function OnlySome({ label, name, kind, chosen, onChange }: OnlyProps) {
  const w = words.value;
  return (
    <>
      <Choice
        label={label}
        name={`${name}-which`}
        value={chosen === undefined ? 'all' : 'some'}
        options={[
          { value: 'all', text: w.widgetAll },
          { value: 'some', text: w.widgetChosen },
        ]}
        onChoose={(value) => onChange(value === 'all' ? undefined : [])}
      />
      {chosen !== undefined && (
        <ManyOf
          label={label}
          name={name}
          things={thingsOf(kind, language.value)}
          chosen={chosen}
          onChange={onChange}
        />
      )}
    </>
  );
}
