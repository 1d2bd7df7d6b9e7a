/**
 * The text of an HTML mail for lists, searches and for those who read without pictures: paragraphs, lists, quotations as
 * `>` lines, links with their address. It follows tags as they come and keeps counters where a tree would be, so neither
 * depth nor size can hurt it. What a style sheet hides is shown: it is text that somebody sent.
 */
import { cleanBlock, trimEndOf } from './clean-text.ts';
import { walkHtml } from './html-tokens.ts';

const dropped = new Set([
  'script',
  'style',
  'template',
  'textarea',
  'select',
  'object',
  'iframe',
  'noframes',
  'noembed',
]);
/** A blank line before and behind. */
const paragraphs = new Set([
  'p',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'ul',
  'ol',
  'dl',
  'table',
  'blockquote',
  'pre',
  'hr',
]);
const lines = new Set(
  (
    'div tr li dt dd address article section header footer center form fieldset figure figcaption main nav aside body ' +
    'caption tbody thead tfoot'
  ).split(' '),
);
const wanted: ReadonlySet<string> = new Set(['href', 'alt']);
const maxQuoteDepth = 10;
const maxListDepth = 100;
const maxHrefChars = 2000;
const linkPattern = /^(?:https?:\/\/|mailto:|tel:)/i;

const quotePrefix = (depth: number): string => '> '.repeat(Math.min(depth, maxQuoteDepth));

/** The lines of the text; blanks are joined as a browser joins them. */
class Lines {
  readonly done: string[] = [];
  quoteDepth = 0;
  private pieces: string[] = [];
  private hasBlank = true;
  /** An empty line is owed before the next text; the depth of quotation it was owed at. */
  private owed: number | undefined;

  add(text: string, isPre: boolean): void {
    if (isPre) {
      const [first = '', ...rest] = text.split('\n');
      this.put(first);
      for (const line of rest) {
        this.end(true);
        this.put(line);
      }
      return;
    }
    const joined = text.replace(/[ \t\n\f\r]+/g, ' ');
    this.put(this.hasBlank && joined.startsWith(' ') ? joined.slice(1) : joined);
  }

  private put(text: string): void {
    if (text === '') return;
    this.pieces.push(text);
    this.hasBlank = text.endsWith(' ');
  }

  /** Ends the line; an empty one counts only where it was asked for. */
  end(isForced = false): void {
    const line = trimEndOf(this.pieces.join(''), ' \t\u00a0');
    this.pieces = [];
    this.hasBlank = true;
    if (line === '' && !isForced) return;
    const prefix = quotePrefix(this.quoteDepth);
    if (line !== '') this.payOwed();
    // Never more than two empty lines on end.
    if (
      line !== '' ||
      this.done.at(-1)?.replace(/[> ]+/, '') !== '' ||
      this.done.at(-2)?.replace(/[> ]+/, '') !== ''
    )
      this.done.push((prefix + line).trimEnd());
  }

  /** Between a quotation and what is around it the line belongs to what is around. */
  private payOwed(): void {
    if (this.owed !== undefined && this.done.length > 0)
      this.done.push(quotePrefix(Math.min(this.owed, this.quoteDepth)).trimEnd());
    this.owed = undefined;
  }

  paragraph(): void {
    this.end();
    this.owed = Math.min(this.owed ?? this.quoteDepth, this.quoteDepth);
  }
}

class TextWriter {
  readonly lines = new Lines();
  title = '';
  private droppedTag = '';
  private droppedDepth = 0;
  private isTitle = false;
  private preDepth = 0;
  /** Numbers of the next item; 0 for those without. */
  private readonly lists: number[] = [];
  private link: { href: string; text: string } | undefined;

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.droppedTag !== '') {
      if (name === this.droppedTag) this.droppedDepth += 1;
      return;
    }
    if (dropped.has(name)) {
      this.droppedTag = name;
      this.droppedDepth = 1;
      return;
    }
    if (name === 'title') this.isTitle = true;
    else if (name === 'br') this.lines.end(true);
    else if (name === 'img') this.image(attributes.get('alt') ?? '');
    else if (name === 'a') this.link = { href: (attributes.get('href') ?? '').trim(), text: '' };
    else if (name === 'td' || name === 'th') this.lines.add(' ', false);
    else this.openBlock(name);
  }

  private openBlock(name: string): void {
    if (paragraphs.has(name)) this.lines.paragraph();
    else if (lines.has(name)) this.lines.end();
    if (name === 'pre') this.preDepth += 1;
    else if (name === 'blockquote') this.lines.quoteDepth += 1;
    else if (name === 'hr') this.lines.add('----', false);
    else if ((name === 'ul' || name === 'ol') && this.lists.length < maxListDepth)
      this.lists.push(name === 'ol' ? 1 : 0);
    else if (name === 'li') this.item();
    if (name === 'hr') this.lines.paragraph();
  }

  private item(): void {
    const last = this.lists.length - 1;
    const number = this.lists[last] ?? 0;
    if (number > 0) this.lists[last] = number + 1;
    this.lines.add(
      `${'  '.repeat(Math.min(Math.max(last, 0), 8))}${number > 0 ? `${number}. ` : '- '}`,
      true,
    );
  }

  private image(alt: string): void {
    const text = alt.replace(/\s+/g, ' ').trim().slice(0, 200);
    if (text !== '') this.lines.add(`[${text}]`, false);
  }

  close(name: string): void {
    if (this.droppedTag !== '') {
      if (name === this.droppedTag) this.droppedDepth -= 1;
      if (this.droppedDepth === 0) this.droppedTag = '';
      return;
    }
    if (name === 'title') this.isTitle = false;
    else if (name === 'a') this.closeLink();
    else if (name === 'blockquote') {
      this.lines.paragraph();
      this.lines.quoteDepth = Math.max(0, this.lines.quoteDepth - 1);
    } else if (paragraphs.has(name)) {
      this.lines.paragraph();
      if (name === 'pre') this.preDepth = Math.max(0, this.preDepth - 1);
      else if (name === 'ul' || name === 'ol') this.lists.pop();
    } else if (lines.has(name)) this.lines.end();
  }

  private closeLink(): void {
    const { link } = this;
    this.link = undefined;
    if (!link || !linkPattern.test(link.href) || link.href.length > maxHrefChars || /\s/.test(link.href))
      return;
    const shown = link.text.trim();
    const bare = link.href.replace(/^(?:mailto|tel):/i, '');
    // A link that shows its address needs it no second time.
    if (shown === bare || shown === link.href || `${shown}/` === link.href || shown === '') return;
    this.lines.add(` <${bare}>`, false);
  }

  text(text: string): void {
    if (this.droppedTag !== '') return;
    if (this.isTitle) {
      this.title += text;
      return;
    }
    if (this.link && this.link.text.length < maxHrefChars) this.link.text += text;
    this.lines.add(text, this.preDepth > 0);
  }
}

/** `title` is for mails that have nothing else. */
export function textOfHtml(html: string): string {
  const writer = new TextWriter();
  walkHtml(html, wanted, writer);
  writer.lines.end();
  const text = writer.lines.done.join('\n').trim();
  return cleanBlock(text === '' ? writer.title.trim() : text);
}
