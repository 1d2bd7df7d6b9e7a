/** The kinds of report, beside each other at the head of the page; each has an address of its own. */
import { pageQuery } from '../route.ts';
import { words } from '../reading.ts';

export type ReportView = 'figures' | 'fcr';

export const reportView = (): ReportView => (pageQuery.value.get('view') === 'fcr' ? 'fcr' : 'figures');

export function ReportViews() {
  const w = words.value;
  const shown = reportView();
  const link = (view: ReportView, address: string, text: string) => (
    <a href={address} data-view={view} aria-current={view === shown ? 'page' : undefined}>
      {text}
    </a>
  );
  return (
    <nav class="rep-views" aria-label={w.reportViews}>
      {link('figures', '#/reports', w.reportViewFigures)}
      {link('fcr', '#/reports?view=fcr', w.reportViewFcr)}
    </nav>
  );
}
