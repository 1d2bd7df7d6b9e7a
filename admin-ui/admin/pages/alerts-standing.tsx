/** What stands now: the worst and unacknowledged first, each with its value against the threshold, and the button to take it. */
import { useEffect, useState } from 'preact/hooks';
import type { AlertPage, AlertRow } from '../../../server/contract/alerts.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { formats, words } from '../reading.ts';
import { api, may, refusalText } from '../session.ts';
import { lookForAlerts } from './alerts-badge.ts';
import { DriftButton } from './alerts-drift.tsx';
import { SeverityShape } from './alerts-shape.tsx';
import { askedText, limitText, noticeText, scopeText, severityWord, valueText } from './alerts-text.ts';

const lookEveryMs = 5000;

const rank = (alert: AlertRow): number =>
  (alert.acknowledgedAt === undefined ? 0 : 2) + (alert.severity === 'critical' ? 0 : 1);
const inOrder = (alerts: AlertRow[]): AlertRow[] =>
  alerts.toSorted((a, b) => rank(a) - rank(b) || a.beganAt - b.beganAt);

function useStanding(): { alerts?: AlertRow[]; refusal?: Refusal; reload: () => void } {
  const [alerts, setAlerts] = useState<AlertRow[]>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    let isGone = false;
    void api<AlertPage>('/api/alerts?show=standing').then((answer) => {
      if (isGone) return;
      if (answer.isOk) setAlerts(inOrder(answer.body.items));
      setRefusal(answer.isOk ? undefined : answer);
    });
    const timer = setTimeout(() => setAsked(asked + 1), lookEveryMs);
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [asked]);
  return { ...(alerts && { alerts }), ...(refusal && { refusal }), reload: () => setAsked(asked + 1) };
}

function Told({ alert }: { alert: AlertRow }) {
  const w = words.value;
  const ways = [
    ...(alert.mail ? [`${w.noticeMail}: ${noticeText(alert.mail)}`] : []),
    ...(alert.webhook ? [`${w.noticeWebhook}: ${noticeText(alert.webhook)}`] : []),
  ];
  return ways.length === 0 ? null : <p class="quiet alert-told">{ways.join(' · ')}</p>;
}

function StandingAlert({ alert, onTake }: { alert: AlertRow; onTake: () => void }) {
  const w = words.value;
  const { duration, dateTime } = formats.value;
  const shown = alert.now ?? alert.value;
  const isTaken = alert.acknowledgedAt !== undefined;
  return (
    <li
      class={`card alert-card is-${alert.severity} ${isTaken ? 'is-taken' : ''}`}
      data-alert={alert.alertId}
    >
      <div class="alert-severity">
        <SeverityShape severity={alert.severity} />
        <b>{w[severityWord[alert.severity]]}</b>
      </div>
      <div class="alert-what">
        <h2 data-given title={alert.name}>
          {alert.name}
        </h2>
        <p data-given>
          {scopeText(alert.scope, alert.scopeName)} · {askedText(alert)}
        </p>
        {isTaken && (
          <p class="alert-taken" data-given>
            ✓{' '}
            {fill(w.alertAcknowledgedBy, {
              name: alert.acknowledgedBy ?? '',
              time: dateTime(alert.acknowledgedAt ?? 0),
            })}
            {alert.note !== undefined && `: ${alert.note}`}
          </p>
        )}
        <Told alert={alert} />
        <DriftButton alert={alert} />
      </div>
      <div class="alert-value">
        <b>{shown === undefined ? w.none : valueText(alert, shown)}</b>
        <span>{limitText(alert)}</span>
        {alert.worst !== undefined && (
          <span class="quiet">{fill(w.alertWorst, { value: valueText(alert, alert.worst) })}</span>
        )}
      </div>
      <div class="alert-since" title={dateTime(alert.beganAt)}>
        <b>{duration(Date.now() - alert.beganAt)}</b>
        <span class="quiet">{fill(w.alertSince, { time: formats.value.shortTime(alert.beganAt) })}</span>
      </div>
      <div class="alert-action">
        {!isTaken && may('alerts.acknowledge') && (
          <button
            type="button"
            class="button is-main"
            aria-label={fill(w.alertAcknowledgeOf, { name: alert.name })}
            onClick={onTake}
          >
            {w.alertAcknowledge}
          </button>
        )}
      </div>
    </li>
  );
}

interface TakeProps {
  alert: AlertRow;
  onDone: (told?: string) => void;
  onClose: () => void;
}

function Take({ alert, onDone, onClose }: TakeProps) {
  const [note, setNote] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const w = words.value;
  const take = async () => {
    setBusy(true);
    const text = note.trim();
    const answer = await api(`/api/alerts/${encodeURIComponent(alert.alertId)}/acknowledge`, {
      method: 'POST',
      body: text === '' ? {} : { note: text },
    });
    setBusy(false);
    if (answer.isOk) onDone();
    else if (answer.details['reason'] === 'acknowledged') onDone(words.peek().alertByOther);
    else if (answer.status === 404 || answer.status === 409) onDone(words.peek().alertGone);
    else setError(refusalText(answer));
  };
  return (
    <Dialog
      title={fill(w.alertAcknowledgeTitle, { name: alert.name })}
      confirm={w.alertAcknowledge}
      isBusy={isBusy}
      onConfirm={() => void take()}
      onClose={onClose}
    >
      <p>{w.alertAcknowledgeHelp}</p>
      <div class="field">
        <label for="alert-note">{w.alertNote}</label>
        <textarea
          id="alert-note"
          rows={3}
          maxLength={500}
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </div>
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
    </Dialog>
  );
}

export function StandingAlerts() {
  const { alerts, refusal, reload } = useStanding();
  const [taking, setTaking] = useState<AlertRow>();
  const [told, setTold] = useState<string>();
  const w = words.value;
  return (
    <>
      {refusal && <Notice kind="bad">{refusalText(refusal)}</Notice>}
      {told !== undefined && <Notice kind="bad">{told}</Notice>}
      {!alerts && !refusal && <p class="quiet">{w.loading}</p>}
      {alerts?.length === 0 && (
        <div>
          <Notice kind="good">{w.alertsCalm}</Notice>
        </div>
      )}
      <ul class="alert-list" aria-live="polite">
        {alerts?.map((alert) => (
          <StandingAlert
            key={alert.alertId}
            alert={alert}
            onTake={() => {
              setTold(undefined);
              setTaking(alert);
            }}
          />
        ))}
      </ul>
      {taking && (
        <Take
          key={taking.alertId}
          alert={taking}
          onClose={() => setTaking(undefined)}
          onDone={(text) => {
            setTaking(undefined);
            setTold(text);
            reload();
            void lookForAlerts();
          }}
        />
      )}
    </>
  );
}
