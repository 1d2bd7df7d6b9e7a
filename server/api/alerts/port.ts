/** What the routes need of alerts. */
import type { Alerts } from '../../app/alerts/alerts.ts';
import type { AlertScope } from '../../contract/alerts.ts';

export interface AlertsPort {
  alerts: Pick<
    Alerts,
    | 'rules'
    | 'rule'
    | 'addRule'
    | 'changeRule'
    | 'removeRule'
    | 'list'
    | 'count'
    | 'acknowledge'
    | 'webhooks'
    | 'standing'
    | 'explain'
  >;
  /** What rules may ask about, agents and channels left out. */
  scopes(): AlertScope[];
}
