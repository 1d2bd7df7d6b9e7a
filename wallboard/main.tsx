/** Starts the wallboard: language, the app, and what a screen that never sleeps needs (no cursor, no burnt-in edges). */
import { render } from 'preact';
import { watchKiosk } from './live/kiosk.ts';
import { settleLanguage } from './live/reading.ts';
import { App } from './views/app.tsx';

const root = document.getElementById('app');
if (root) {
  settleLanguage();
  watchKiosk(root);
  render(<App />, root);
}
