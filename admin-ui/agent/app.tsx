/** Which of the doors is open: sign-in, a forced change of password, or the desk. */
import { ForcedPasswordDoor, SignInDoor } from '../shared/doors.tsx';
import { Notice } from '../shared/parts/notice.tsx';
import { begin, stage } from '../shared/session.ts';
import { reading, words } from './reading.ts';
import { DeskPage } from './views/desk-page.tsx';

export function App() {
  const now = stage.value;
  const w = words.value;
  switch (now.at) {
    case 'starting':
      return <p class="door-wait">{w.loading}</p>;
    case 'unreachable':
      return (
        <div class="door-wait">
          <Notice kind="bad">{w.errorUnreachable}</Notice>
          <button type="button" class="button" onClick={() => void begin()}>
            {w.retry}
          </button>
        </div>
      );
    case 'setup':
      return (
        <div class="door-wait">
          <Notice kind="note">{w.setupNeeded}</Notice>
          <a class="button" href="/">
            {w.openConsole}
          </a>
        </div>
      );
    case 'signed-out':
      return <SignInDoor reading={reading} />;
    case 'in':
      if (now.session.mustChangePassword) return <ForcedPasswordDoor reading={reading} />;
      return <DeskPage key={now.session.me.userId} session={now.session} />;
  }
}
