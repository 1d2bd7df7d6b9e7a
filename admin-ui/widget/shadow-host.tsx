/**
 * The one element that the widget adds to the bank's page. Its styles are a constructed style sheet in a shadow root: no
 * `style-src` has to allow it, nothing of the page's own styles comes in, nothing goes out. `all: initial` with importance
 * inside the shadow wins over whatever the page says about the host itself.
 */
import { render, type ComponentChild } from 'preact';
import cssText from './styles/widget.css?inline';

let shared: CSSStyleSheet | undefined;

function dress(root: ShadowRoot): void {
  try {
    if (!shared) {
      shared = new CSSStyleSheet();
      shared.replaceSync(cssText);
    }
    root.adoptedStyleSheets = [shared];
  } catch {
    // Before 2023 Safari had no constructed sheets; there the page's policy must allow a style element.
    const style = document.createElement('style');
    style.textContent = cssText;
    root.append(style);
  }
}

/** False where the page already has it: a tag that stands there twice must not make two chats. */
export function mountInShadow(
  name: string,
  place: (host: HTMLElement) => void,
  view: ComponentChild,
): boolean {
  if (document.querySelector(`hearthline-widget[data-name="${name}"]`)) return false;
  const host = document.createElement('hearthline-widget');
  host.dataset['name'] = name;
  const root = host.attachShadow({ mode: 'open' });
  dress(root);
  place(host);
  render(view, root);
  return true;
}
