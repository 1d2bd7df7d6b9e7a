/** The dialog of one rule: when, of what, how urgent, and who is told. What it may be is the server's to say; it says why not. */
import { useState } from 'preact/hooks';
import type { AlertRule, AlertRuleRow, AlertScope, Severity } from '../../../server/contract/alerts.ts';
import { Field } from '../../shared/parts/field.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { words } from '../reading.ts';
import { api, limits, may } from '../session.ts';
import { homeScope } from '../boards/own-widget.ts';
import { ConditionFields, NumberField, SpanField, type ConditionProps } from './alerts-condition.tsx';
import { ruleRefusal } from './alerts-refusal.ts';
import { ScopeField } from './alerts-scope.tsx';
import { SeverityShape } from './alerts-shape.tsx';
import { severityWord } from './alerts-text.ts';

const fresh: AlertRule = {
  name: '',
  isOn: true,
  severity: 'warning',
  scope: 'site',
  figure: 'oldest-waiting',
  window: 'today',
  attribution: 'event',
  condition: { kind: 'above', value: 120 },
  forSec: 30,
  clearSec: 30,
  to: { board: true, mail: [] },
};
const severities: readonly Severity[] = ['warning', 'critical'];

function SeverityField({ rule, onRule }: ConditionProps) {
  const w = words.value;
  return (
    <fieldset class="field severity-field">
      <legend>{w.ruleSeverity}</legend>
      {severities.map((severity) => (
        <label key={severity}>
          <input
            type="radio"
            name="rule-severity"
            value={severity}
            checked={rule.severity === severity}
            onChange={() => onRule({ severity })}
          />
          <SeverityShape severity={severity} /> {w[severityWord[severity]]}
        </label>
      ))}
    </fieldset>
  );
}

interface ToldProps {
  to: AlertRule['to'];
  mails: string;
  onTo: (to: AlertRule['to']) => void;
  onMails: (text: string) => void;
}

function ToldFields({ to, mails, onTo, onMails }: ToldProps) {
  const w = words.value;
  const setHook = (part: Partial<NonNullable<AlertRule['to']['webhook']>>) => {
    const { webhook, ...rest } = to;
    const next = { url: '', secret: '', ...webhook, ...part };
    onTo(next.url === '' && next.secret === '' ? rest : { ...rest, webhook: next });
  };
  return (
    <fieldset class="rule-told">
      <legend>{w.ruleTell}</legend>
      <div class="rule-told-fields">
        <label class="check">
          <input
            type="checkbox"
            checked={to.board}
            onChange={(event) => onTo({ ...to, board: event.currentTarget.checked })}
          />{' '}
          {w.ruleBoard}
        </label>
        <div class="field is-broad">
          <label for="rule-mails">{w.ruleMails}</label>
          <textarea
            id="rule-mails"
            rows={2}
            value={mails}
            aria-describedby="rule-mails-help"
            spellcheck={false}
            onInput={(event) => onMails(event.currentTarget.value)}
          />
          <small id="rule-mails-help" class="quiet">
            {w.ruleMailsHelp}
          </small>
        </div>
        <div class="is-broad">
          <SpanField
            id="rule-quiet"
            label={w.ruleQuiet}
            span={to.quiet}
            onSpan={(quiet) => {
              const { quiet: _old, ...rest } = to;
              onTo(quiet ? { ...rest, quiet } : rest);
            }}
          />
          <p class="quiet rule-quiet-help">{w.ruleQuietHelp}</p>
        </div>
        {may('alerts.webhook') && (
          <>
            <Field
              id="rule-webhook"
              label={w.ruleWebhook}
              help={w.ruleWebhookHelp}
              value={to.webhook?.url ?? ''}
              placeholder="https://"
              maxLength={500}
              spellcheck={false}
              required={to.webhook !== undefined}
              onText={(url) => setHook({ url: url.trim() })}
            />
            <Field
              id="rule-secret"
              label={w.ruleSecret}
              help={w.ruleSecretHelp}
              value={to.webhook?.secret ?? ''}
              placeholder="alert-hook"
              maxLength={63}
              spellcheck={false}
              required={to.webhook !== undefined}
              onText={(secret) => setHook({ secret: secret.trim() })}
            />
          </>
        )}
        {to.webhook && !may('alerts.webhook') && (
          <p class="quiet is-broad" data-given>
            {w.ruleWebhook}: {to.webhook.url}
          </p>
        )}
      </div>
    </fieldset>
  );
}

export interface RuleEditorProps {
  /** Absent: a new one. */
  row: AlertRuleRow | undefined;
  scopes: readonly AlertScope[];
  onDone: () => void;
  onClose: () => void;
}

export function RuleEditor({ row, scopes, onDone, onClose }: RuleEditorProps) {
  const [rule, setRule] = useState<AlertRule>(row?.rule ?? { ...fresh, scope: homeScope(limits()) });
  const [mails, setMails] = useState((row?.rule.to.mail ?? []).join('\n'));
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const w = words.value;
  const onRule = (part: Partial<AlertRule>) => setRule({ ...rule, ...part });
  const save = async () => {
    setBusy(true);
    const mail = mails.split(/[\s,;]+/).filter((address) => address !== '');
    const body = { rule: { ...rule, to: { ...rule.to, mail } } };
    const answer = row
      ? await api(`/api/alert-rules/${encodeURIComponent(row.ruleId)}`, {
          method: 'PUT',
          body: { ...body, ifVersion: row.version },
        })
      : await api('/api/alert-rules', { method: 'POST', body });
    setBusy(false);
    if (answer.isOk) onDone();
    else setError(ruleRefusal(words.peek(), answer));
  };
  return (
    <Dialog
      title={row ? fill(w.ruleEditOf, { name: row.rule.name }) : w.ruleNew}
      confirm={w.save}
      isWide
      isBusy={isBusy}
      onConfirm={() => void save()}
      onClose={onClose}
    >
      <div class="rule-form">
        <div class="rule-name">
          <Field
            id="rule-name"
            label={w.ruleName}
            help={w.ruleNameHelp}
            value={rule.name}
            maxLength={80}
            autocomplete="off"
            required
            onText={(name) => onRule({ name })}
          />
        </div>
        <SeverityField rule={rule} onRule={onRule} />
        <ConditionFields rule={rule} onRule={onRule} />
        <ScopeField scope={rule.scope} scopes={scopes} onScope={(scope) => onRule({ scope })} />
        <NumberField
          id="rule-for"
          label={w.ruleFor}
          value={rule.forSec}
          max={86_400}
          onNumber={(forSec) => onRule({ forSec })}
        />
        <NumberField
          id="rule-clear"
          label={w.ruleClear}
          value={rule.clearSec}
          max={86_400}
          onNumber={(clearSec) => onRule({ clearSec })}
        />
        <ToldFields to={rule.to} mails={mails} onTo={(to) => onRule({ to })} onMails={setMails} />
      </div>
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
    </Dialog>
  );
}
