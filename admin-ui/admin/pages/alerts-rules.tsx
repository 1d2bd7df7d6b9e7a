/** The rules of alerts: how each stands now, its switch, and the dialogs that make, change and delete one. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { AlertRuleList, AlertRuleRow } from '../../../server/contract/alerts.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Table } from '../parts/table.tsx';
import { words, type ConsoleWords } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { ruleRefusal } from './alerts-refusal.ts';
import { RuleEditor } from './alerts-editor.tsx';
import { useScopes } from './alerts-scope.tsx';
import { SeverityShape } from './alerts-shape.tsx';
import { askedText, limitText, scopeText, severityWord, valueText } from './alerts-text.ts';

const lookEveryMs = 5000;

function stateText(w: ConsoleWords, { rule, phase, isUnknown }: AlertRuleRow): string {
  if (!rule.isOn) return w.rulePhaseOff;
  if (isUnknown) return w.ruleUnknown;
  return {
    calm: w.rulePhaseCalm,
    pending: w.rulePhasePending,
    standing: w.rulePhaseStanding,
    clearing: w.rulePhaseStanding,
  }[phase];
}

function useRules() {
  const [rules, setRules] = useState<AlertRuleRow[]>();
  const [refusal, setRefusal] = useState<Refusal>();
  const load = useCallback(async () => {
    const answer = await api<AlertRuleList>('/api/alert-rules');
    if (answer.isOk) setRules(answer.body.items);
    setRefusal(answer.isOk ? undefined : answer);
  }, []);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), lookEveryMs);
    return () => clearInterval(timer);
  }, [load]);
  return { rules, refusal, load };
}

interface RowProps {
  row: AlertRuleRow;
  scopeName: string | undefined;
  onEdit: () => void;
  onDelete: () => void;
  onSwitch: () => void;
}

function RuleRow({ row, scopeName, onEdit, onDelete, onSwitch }: RowProps) {
  const { rule, value, phase, isUnknown } = row;
  const w = words.value;
  const isLoud = rule.isOn && (isUnknown || phase === 'standing' || phase === 'clearing');
  return (
    <tr data-rule={row.ruleId} class={rule.isOn ? '' : 'is-off'}>
      <td>
        <label class="switch">
          <input
            type="checkbox"
            role="switch"
            checked={rule.isOn}
            aria-label={fill(w.ruleSwitch, { name: rule.name })}
            onChange={onSwitch}
          />
        </label>
      </td>
      <td data-given class="two-lines">
        <b>
          <SeverityShape severity={rule.severity} />
          <span class="severity-word">{w[severityWord[rule.severity]]}</span> {rule.name}
        </b>
        <span class="quiet">{scopeText(rule.scope, scopeName)}</span>
      </td>
      <td class="two-lines">
        {askedText(rule)}
        <span class="quiet">{limitText(rule)}</span>
      </td>
      <td class="is-number">{value === undefined ? w.none : valueText(rule, value)}</td>
      <td class={isLoud ? 'is-loud' : ''}>{stateText(w, row)}</td>
      <td class="rule-actions">
        <button
          type="button"
          class="button is-small"
          aria-label={fill(w.ruleEditOf, { name: rule.name })}
          onClick={onEdit}
        >
          {w.ruleEdit}
        </button>
        <button
          type="button"
          class="button is-small"
          aria-label={fill(w.ruleDeleteOf, { name: rule.name })}
          onClick={onDelete}
        >
          {w.ruleDelete}
        </button>
      </td>
    </tr>
  );
}

function AskDelete({ row, onDone, onClose }: { row: AlertRuleRow; onDone: () => void; onClose: () => void }) {
  const [error, setError] = useState<string>();
  const w = words.value;
  const run = async () => {
    const answer = await api(`/api/alert-rules/${encodeURIComponent(row.ruleId)}`, { method: 'DELETE' });
    // Somebody else was faster: it is as it was asked for.
    if (answer.isOk || answer.status === 404) onDone();
    else setError(refusalText(answer));
  };
  return (
    <Dialog
      title={fill(w.ruleDeleteTitle, { name: row.rule.name })}
      confirm={w.ruleDelete}
      isDanger
      onConfirm={() => void run()}
      onClose={onClose}
    >
      <p>{w.ruleDeleteHelp}</p>
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
    </Dialog>
  );
}

export function AlertRules() {
  const { rules, refusal, load } = useRules();
  const scopes = useScopes();
  const [editing, setEditing] = useState<AlertRuleRow | 'new'>();
  const [deleting, setDeleting] = useState<AlertRuleRow>();
  const [error, setError] = useState<string>();
  const w = words.value;
  const flip = async ({ ruleId, rule, version }: AlertRuleRow) => {
    const answer = await api(`/api/alert-rules/${encodeURIComponent(ruleId)}`, {
      method: 'PUT',
      body: { rule: { ...rule, isOn: !rule.isOn }, ifVersion: version },
    });
    setError(answer.isOk ? undefined : ruleRefusal(words.peek(), answer));
    await load();
  };
  const close = () => {
    setEditing(undefined);
    setDeleting(undefined);
    void load();
  };
  return (
    <>
      <div class="rule-head">
        <button type="button" class="button is-main" onClick={() => setEditing('new')}>
          {w.ruleNew}
        </button>
      </div>
      {refusal && <Notice kind="bad">{refusalText(refusal)}</Notice>}
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
      {rules && (
        <Table
          name={w.alertsRules}
          columns={[
            { id: 'on', title: w.ruleOn },
            { id: 'rule', title: w.colRule },
            { id: 'asked', title: w.colCondition },
            { id: 'value', title: w.alertsNow, isNumber: true },
            { id: 'phase', title: w.colState },
            { id: 'do', title: w.colActions },
          ]}
          empty={w.alertsNoRules}
          isEmpty={rules.length === 0}
        >
          {rules.map((row) => (
            <RuleRow
              key={row.ruleId}
              row={row}
              scopeName={scopes.find(({ scope }) => scope === row.rule.scope)?.name}
              onEdit={() => setEditing(row)}
              onDelete={() => setDeleting(row)}
              onSwitch={() => void flip(row)}
            />
          ))}
        </Table>
      )}
      {editing !== undefined && (
        <RuleEditor
          row={editing === 'new' ? undefined : editing}
          scopes={scopes}
          onDone={close}
          onClose={close}
        />
      )}
      {deleting && <AskDelete row={deleting} onDone={close} onClose={close} />}
    </>
  );
}
