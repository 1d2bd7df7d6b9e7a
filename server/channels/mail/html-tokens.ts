/**
 * The tags and texts of an HTML as they come, without a tree and without a stack: the parsers that keep one look through
 * it at every closing tag, and take minutes for a hundred thousand nested tags. Linear in the length of the HTML.
 */
import { Tokenizer } from 'htmlparser2';

export interface HtmlHandler {
  /** Names in lower case. `attributes`: of the wanted ones. */
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  close(name: string): void;
  /** Decoded; may come in pieces. */
  text(text: string): void;
}

const noAttributes: ReadonlyMap<string, string> = new Map();

export function walkHtml(html: string, wanted: ReadonlySet<string>, handler: HtmlHandler): void {
  let name = '';
  let attribute: string | undefined;
  let value: string[] = [];
  let attributes: Map<string, string> | undefined;
  const endTag = (): void => handler.open(name, attributes ?? noAttributes);
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, end) {
        name = html.slice(start, end).toLowerCase();
        attributes = undefined;
      },
      onattribname(start, end) {
        const found = html.slice(start, Math.min(end, start + 40)).toLowerCase();
        attribute = wanted.has(found) ? found : undefined;
        value = [];
      },
      onattribdata(start, end) {
        if (attribute !== undefined) value.push(html.slice(start, end));
      },
      onattribentity(codepoint) {
        if (attribute !== undefined) value.push(String.fromCodePoint(codepoint));
      },
      onattribend() {
        if (attribute === undefined) return;
        attributes ??= new Map();
        // The first of two counts, as it does in a browser.
        if (!attributes.has(attribute)) attributes.set(attribute, value.join(''));
        attribute = undefined;
      },
      onopentagend: endTag,
      onselfclosingtag: endTag,
      onclosetag: (start, end) => handler.close(html.slice(start, end).toLowerCase()),
      ontext: (start, end) => handler.text(html.slice(start, end)),
      ontextentity: (codepoint) => handler.text(String.fromCodePoint(codepoint)),
      oncdata() {},
      oncomment() {},
      ondeclaration() {},
      onend() {},
      onprocessinginstruction() {},
    },
  );
  tokenizer.write(html);
  tokenizer.end();
}
