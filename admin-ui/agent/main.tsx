/** Starts the agent's page. */
import { render } from 'preact';
import { begin } from '../shared/session.ts';
import { App } from './app.tsx';
import { settleLanguage } from './reading.ts';

const root = document.getElementById('app');
if (root) {
  settleLanguage();
  render(<App />, root);
  void begin();
}
