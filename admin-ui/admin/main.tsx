/** Starts the console. */
import { render } from 'preact';
import { App } from './app.tsx';
import { settleLanguage } from './reading.ts';
import { watchRoute } from './route.ts';
import { begin } from './session.ts';

const root = document.getElementById('app');
if (root) {
  settleLanguage();
  watchRoute();
  render(<App />, root);
  void begin();
}
