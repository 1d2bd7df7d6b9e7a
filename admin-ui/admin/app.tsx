/** Which of the doors is open: set-up, sign-in, a forced change of password, or the pages. */
import { useEffect } from 'preact/hooks';
import { AlertsPage } from './pages/alerts.tsx';
import { AuditPage } from './pages/audit.tsx';
import { BlocksPage } from './pages/blocks.tsx';
import { BoardsPage } from './pages/boards.tsx';
import { ChannelsPage } from './pages/channels.tsx';
import { ContactsPage } from './pages/contacts.tsx';
import { DecisionsPage } from './pages/decisions.tsx';
import { PasswordPage, SetupPage, SignInPage } from './pages/doors.tsx';
import { DisplaysPage } from './pages/displays.tsx';
import { FairnessPage } from './pages/fairness.tsx';
import { HoursPage } from './pages/hours.tsx';
import { LivePage } from './pages/live.tsx';
import { QuarantinePage } from './pages/quarantine.tsx';
import { RecordingsPage } from './pages/recordings.tsx';
import { ReportsPage } from './pages/reports.tsx';
import { ResidencyPage } from './pages/residency.tsx';
import { SitePage } from './pages/site.tsx';
import { UsersPage } from './pages/users.tsx';
import { Shell } from './parts/shell.tsx';
import { Notice } from '../shared/parts/notice.tsx';
import { words } from './reading.ts';
import { page, pages, type PageId } from './route.ts';
import { begin, stage } from './session.ts';

function Page({ id }: { id: PageId }) {
  switch (id) {
    case 'live':
      return <LivePage />;
    case 'alerts':
      return <AlertsPage />;
    case 'recordings':
      return <RecordingsPage />;
    case 'contacts':
      return <ContactsPage />;
    case 'decisions':
      return <DecisionsPage />;
    case 'reports':
      return <ReportsPage />;
    case 'fairness':
      return <FairnessPage />;
    case 'hours':
      return <HoursPage />;
    case 'channels':
      return <ChannelsPage />;
    case 'quarantine':
      return <QuarantinePage />;
    case 'blocks':
      return <BlocksPage />;
    case 'boards':
      return <BoardsPage />;
    case 'displays':
      return <DisplaysPage />;
    case 'site':
      return <SitePage />;
    case 'users':
      return <UsersPage />;
    case 'residency':
      return <ResidencyPage />;
    case 'audit':
      return <AuditPage />;
    case 'password':
      return <PasswordPage isForced={false} />;
  }
}

export function App() {
  const now = stage.value;
  const asked = page.value;
  const permission = pages.find((entry) => entry.id === asked)?.permission;
  const title = pages.find((entry) => entry.id === asked)?.word ?? 'changePassword';
  useEffect(() => {
    document.title = now.at === 'in' ? `${words.value[title]} · Hearthline` : 'Hearthline';
  });
  // An agent who came by the bare address has nothing here, but a desk.
  const isAgentOnly =
    now.at === 'in' &&
    now.session.may.includes('desk.use') &&
    !now.session.mustChangePassword &&
    !pages.some((entry) => now.session.may.includes(entry.permission));
  useEffect(() => {
    if (isAgentOnly) window.location.replace('/agent/');
  }, [isAgentOnly]);
  switch (now.at) {
    case 'starting':
      return <p class="door-wait">{words.value.loading}</p>;
    case 'unreachable':
      return (
        <div class="door-wait">
          <Notice kind="bad">{words.value.errorUnreachable}</Notice>
          <button type="button" class="button" onClick={() => void begin()}>
            {words.value.retry}
          </button>
        </div>
      );
    case 'setup':
      return <SetupPage />;
    case 'signed-out':
      return <SignInPage />;
    case 'in':
      if (now.session.mustChangePassword) return <PasswordPage isForced />;
      return (
        <Shell session={now.session}>
          {permission !== undefined && !now.session.may.includes(permission) ? (
            <Notice kind="bad">{words.value.errorForbidden}</Notice>
          ) : (
            <Page key={asked} id={asked} />
          )}
        </Shell>
      );
  }
}
