/** Alerts: what stands now, what was, and the rules. */
import { useState } from 'preact/hooks';
import type { AlertRow } from '../../../server/contract/alerts.ts';
import { usePaged } from '../parts/paged.ts';
import { PageHead } from '../parts/shell.tsx';
import { ListState, Pager, Table } from '../parts/table.tsx';
import { formats, words, type TextKey } from '../reading.ts';
import { may } from '../session.ts';
import { DriftButton } from './alerts-drift.tsx';
import { AlertRules } from './alerts-rules.tsx';
import { SeverityShape } from './alerts-shape.tsx';
import { StandingAlerts } from './alerts-standing.tsx';
import {
  askedText,
  endWord,
  limitText,
  noticeText,
  scopeText,
  severityWord,
  valueText,
} from './alerts-text.ts';

type Shown = 'now' | 'rules' | 'history';
const shows: readonly { id: Shown; word: TextKey; permission: string }[] = [
  { id: 'now', word: 'alertsNow', permission: 'live.watch' },
  { id: 'rules', word: 'alertsRules', permission: 'alerts.manage' },
  { id: 'history', word: 'alertsHistory', permission: 'live.watch' },
];

function History() {
  const list = usePaged<AlertRow>('/api/alerts?show=ended');
  const w = words.value;
  const { dateTime, duration } = formats.value;
  return (
    <>
      <Pager list={list} />
      <ListState list={list} />
      {list.items && (
        <Table
          name={w.alertsHistory}
          columns={[
            { id: 'began', title: w.colBegan },
            { id: 'lasted', title: w.colLasted, isNumber: true },
            { id: 'alert', title: w.colAlert },
            { id: 'worst', title: w.colWorst, isNumber: true },
            { id: 'ended', title: w.colEnded },
            { id: 'taken', title: w.colAcknowledged },
            { id: 'told', title: w.colTold },
          ]}
          empty={w.alertsNoHistory}
          isEmpty={list.items.length === 0}
        >
          {list.items.map((alert) => (
            <HistoryRow
              key={alert.alertId}
              alert={alert}
              began={dateTime(alert.beganAt)}
              lasted={duration((alert.endedAt ?? alert.beganAt) - alert.beganAt)}
            />
          ))}
        </Table>
      )}
    </>
  );
}

function HistoryRow({ alert, began, lasted }: { alert: AlertRow; began: string; lasted: string }) {
  const w = words.value;
  const taken =
    alert.acknowledgedBy === undefined
      ? w.none
      : `${alert.acknowledgedBy}${alert.note === undefined ? '' : `: ${alert.note}`}`;
  const told = [
    ...(alert.mail ? [`${w.noticeMail}: ${noticeText(alert.mail)}`] : []),
    ...(alert.webhook ? [`${w.noticeWebhook}: ${noticeText(alert.webhook)}`] : []),
  ].join(' · ');
  const where = `${scopeText(alert.scope, alert.scopeName)} · ${askedText(alert)}`;
  return (
    <tr data-alert={alert.alertId}>
      <td>{began}</td>
      <td class="is-number">{lasted}</td>
      <td data-given class="two-lines">
        <b>
          <SeverityShape severity={alert.severity} />
          <span class="severity-word">{w[severityWord[alert.severity]]}</span> {alert.name}
        </b>
        <span class="quiet">{where}</span>
        <DriftButton alert={alert} />
      </td>
      <td class="is-number" title={limitText(alert)}>
        {alert.worst === undefined ? w.none : valueText(alert, alert.worst)}
      </td>
      <td class="two-lines">{w[alert.ended === undefined ? 'alertEndCleared' : endWord[alert.ended]]}</td>
      <td data-given class="two-lines">
        {taken}
      </td>
      <td data-given class="two-lines">
        {told === '' ? w.none : told}
      </td>
    </tr>
  );
}

export function AlertsPage() {
  const [shown, setShown] = useState<Shown>('now');
  const w = words.value;
  return (
    <>
      <PageHead title={w.pageAlerts}>
        <div class="shows" role="group" aria-label={w.alertsShow}>
          {shows
            .filter(({ permission }) => may(permission))
            .map(({ id, word }) => (
              <button
                key={id}
                type="button"
                class="button"
                aria-pressed={shown === id}
                onClick={() => setShown(id)}
              >
                {w[word]}
              </button>
            ))}
        </div>
      </PageHead>
      {shown === 'now' && <StandingAlerts />}
      {shown === 'rules' && <AlertRules />}
      {shown === 'history' && <History />}
    </>
  );
}
