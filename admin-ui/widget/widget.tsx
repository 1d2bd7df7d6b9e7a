/**
 * The one script of the customer's side, served by the appliance and run on the bank's page: reads its own tag and puts the
 * chat or the form there. Asks nobody but the appliance it came from, sets no cookie, and touches nothing of the page but the
 * one element it adds.
 */
import { createChatApi } from './chat-api.ts';
import { createChatSession } from './chat-session.ts';
import { readEmbedding, type Embedding } from './embed.ts';
import { mountInShadow } from './shadow-host.tsx';
import { App } from './views/app.tsx';
import { FormPage } from './views/form-page.tsx';

function mountChat(embedding: Embedding): void {
  const api = createChatApi(embedding.base);
  const session = createChatSession({ api, base: embedding.base, widgetId: embedding.id });
  const place = (host: HTMLElement) => document.body.append(host);
  if (mountInShadow(`chat-${embedding.id}`, place, <App embedding={embedding} api={api} session={session} />))
    session.resume();
}

/** Where its tag stands; a tag in the head names no place, so the form goes to the end. */
function mountForm(embedding: Embedding, script: HTMLScriptElement): void {
  const api = createChatApi(embedding.base);
  const place = (host: HTMLElement) => {
    if (script.isConnected && document.body.contains(script)) script.after(host);
    else document.body.append(host);
  };
  mountInShadow(`form-${embedding.id}`, place, <FormPage embedding={embedding} api={api} />);
}

function begin(script: HTMLScriptElement): void {
  const embedding = readEmbedding(script, [document.documentElement.lang, ...navigator.languages]);
  if (!embedding) return;
  if (embedding.kind === 'form') mountForm(embedding, script);
  else mountChat(embedding);
}

// Only while the script runs does the page say which of its tags this is.
const tag = document.currentScript;
if (tag instanceof HTMLScriptElement) {
  if (document.body) begin(tag);
  else document.addEventListener('DOMContentLoaded', () => begin(tag), { once: true });
}
