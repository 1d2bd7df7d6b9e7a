/** Starts the wallboard: language, the app, and what a screen that never sleeps needs (no cursor, no burnt-in edges). */
import './live/old-browser.ts';
import { render } from 'preact';
import { watchKiosk } from './live/kiosk.ts';
import { isPreviewAddress, listenForPreview } from './live/preview.ts';
import { settleLanguage } from './live/reading.ts';
import { App } from './views/app.tsx';
import { Boards } from './views/boards.tsx';

const root = document.getElementById('app');
if (root) {
  settleLanguage();
  if (isPreviewAddress(window.location.search))
    render(<Boards source={listenForPreview().source} displayName="" isPreview />, root);
  else {
    watchKiosk(root);
    render(<App />, root);
  }
}
