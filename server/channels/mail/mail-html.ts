/**
 * The HTML of a mail made fit to be shown inside our own pages. Everything that is not on the list goes: scripts, forms,
 * frames, SVG and MathML, style sheets, event attributes, comments. A mail may not
 * - run anything: links are http, https, mailto and tel only, and open outside with neither opener nor referrer;
 * - call home: images are shown only from the mail's own attachments (cid:), others are left out and counted; no style
 *   may name a URL;
 * - leave its place or cover ours: no position, no fixed size beyond bounds, no class, no id;
 * - point into this application: relative addresses have no base and are dropped, `//host` with them.
 *
 * sanitize-html and not DOMPurify: that one needs a whole DOM (jsdom) beside it on a server. The parser of sanitize-html
 * looks through all open tags at every closing one, so HTML that is nested without measure is not given to it and is
 * shown as its text.
 */
import sanitizeHtml from 'sanitize-html';
import { cleanBlock } from './clean-text.ts';
import { textOfHtml } from './html-text.ts';
import { walkHtml } from './html-tokens.ts';
import { maxTextChars } from './mail-bounds.ts';

export interface SafeHtml {
  html: string;
  /** Images from elsewhere that were left out. */
  blockedImages: number;
  /** Content ids that are shown; attachments not among them are to be listed. */
  shownContentIds: string[];
  /** It was too much to be sanitised, and is its text. */
  isTextOnly: boolean;
}

const maxOpenTags = 400;
const unclosed = new Set(
  'area base br col embed hr img input link meta param source track wbr p li dd dt tr td th'.split(' '),
);

const color = /^(?:#[0-9a-f]{3,8}|[a-z]{3,30}|rgba?\([\d\s.,%/]{1,40}\))$/i;
const positive = /^\d{1,4}(?:\.\d{1,4})?(?:px|pt|em|rem|ex|%|cm|mm|in)?$/i;
const lengths = /^(?:(?:\d{1,4}(?:\.\d{1,4})?(?:px|pt|em|rem|ex|%|cm|mm|in)?|auto)(?:\s+|$)){1,4}$/i;
const border =
  /^(?:(?:\d{1,2}(?:\.\d{1,2})?(?:px|pt)?|none|solid|dashed|dotted|double|medium|thin|thick|windowtext|#[0-9a-f]{3,8}|[a-z]{3,20}|rgb\([\d\s,]{1,20}\))(?:\s+|$)){1,3}$/i;
const fontSize =
  /^(?:\d{1,2}(?:\.\d{1,4})?(?:px|pt|em|rem|%)|\d{1,3}%|(?:x{1,2}-)?(?:small|large)|medium|smaller|larger)$/i;
const words = /^[a-z-]{1,20}$/i;

const sided = (name: string, pattern: RegExp): Record<string, RegExp[]> =>
  Object.fromEntries(['', '-top', '-right', '-bottom', '-left'].map((side) => [name + side, [pattern]]));

const allowedStyles = {
  '*': {
    color: [color],
    'background-color': [color],
    'font-size': [fontSize],
    'font-weight': [/^(?:[1-9]00|bold|bolder|normal|lighter)$/i],
    'font-style': [words],
    'font-family': [/^[\w\s"',.-]{1,200}$/],
    'text-align': [words],
    'text-decoration': [/^[a-z\s-]{1,40}$/i],
    'text-indent': [positive],
    'line-height': [/^(?:normal|\d{1,2}(?:\.\d{1,4})?(?:px|pt|em|%)?|\d{1,3}%)$/i],
    'vertical-align': [words],
    'white-space': [words],
    'border-collapse': [words],
    'border-spacing': [lengths],
    'list-style-type': [words],
    width: [positive],
    'max-width': [positive],
    // No negative ones: they move a thing out of its place.
    ...sided('margin', lengths),
    ...sided('padding', lengths),
    ...sided('border', border),
  },
};

const common = ['style', 'dir', 'lang', 'title', 'align', 'valign', 'bgcolor', 'width', 'height'];
const allowedTags = (
  'a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del div dl dt em ' +
  'figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp section ' +
  'small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr'
).split(' ');
/** Their content goes with them. */
const nonTextTags = (
  'script style textarea option xmp noscript title template iframe noembed noframes object applet svg math select ' +
  'plaintext audio video canvas'
).split(' ');
const safeScheme = /^(?:https?:\/\/[^\s/?#]|mailto:[^\s]|tel:[+\d])/i;
/** What browsers skip inside of an address. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const skipped = /[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** More tags are open at once than the parser bears; an estimate that errs towards text. */
function isTooDeep(html: string): boolean {
  let open = 0;
  let most = 0;
  walkHtml(html, new Set(), {
    open(name) {
      if (unclosed.has(name)) return;
      open += 1;
      most = Math.max(most, open);
    },
    close(name) {
      if (!unclosed.has(name) && open > 0) open -= 1;
    },
    text() {},
  });
  return most > maxOpenTags;
}

/** `cid:` as RFC 2392 writes it: the Content-ID, percent-encoded. */
function contentIdOf(source: string): string | undefined {
  const [, id] = /^cid:(.+)$/i.exec(source) ?? [];
  if (id === undefined) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** `urlOfContentId`: where the caller serves an attachment; an id that is not among them shows nothing. */
export function safeHtml(
  html: string,
  { urlOfContentId }: { urlOfContentId: ReadonlyMap<string, string> },
): SafeHtml {
  if (html.length > maxTextChars || isTooDeep(html)) {
    const text = escapeHtml(textOfHtml(html.slice(0, maxTextChars)));
    return { html: `<pre>${text}</pre>`, blockedImages: 0, shownContentIds: [], isTextOnly: true };
  }
  let blockedImages = 0;
  const shown = new Set<string>();
  const image = (tagName: string, { src = '', ...rest }: Record<string, string>): sanitizeHtml.Tag => {
    const source = src.replace(skipped, '');
    const id = contentIdOf(source);
    const url = id === undefined ? undefined : urlOfContentId.get(id);
    if (id !== undefined && url !== undefined) {
      shown.add(id);
      return { tagName, attribs: { ...rest, src: url } };
    }
    if (source !== '' || 'srcset' in rest) blockedImages += 1;
    return { tagName, attribs: rest };
  };
  const clean = sanitizeHtml(cleanBlock(html), {
    allowedTags,
    nonTextTags,
    allowedAttributes: {
      '*': common,
      a: ['href', 'rel', 'target'],
      img: ['src', 'alt'],
      font: ['color', 'face', 'size'],
      ol: ['start', 'type'],
      table: ['border', 'cellpadding', 'cellspacing'],
      td: ['colspan', 'rowspan', 'nowrap'],
      th: ['colspan', 'rowspan', 'nowrap'],
      col: ['span'],
    },
    allowedStyles,
    // Addresses are decided on below, one by one; those of images are the caller's own.
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowedSchemesAppliedToAttributes: ['href'],
    allowProtocolRelative: false,
    nestingLimit: maxOpenTags,
    transformTags: { a: link, img: image },
  });
  return { html: clean, blockedImages, shownContentIds: [...shown], isTextOnly: false };
}

function link(tagName: string, { href, style, title }: Record<string, string>): sanitizeHtml.Tag {
  // A browser leaves these out of an address; long ones come folded.
  const target = (href ?? '').replace(/[\t\n\r]+/g, '').trim();
  const isSafe = safeScheme.test(target) && target === target.replace(skipped, '');
  return {
    tagName,
    attribs: {
      ...(isSafe && { href: target, target: '_blank', rel: 'noopener noreferrer nofollow' }),
      ...(style !== undefined && { style }),
      ...(title !== undefined && { title }),
    },
  };
}
