/**
 * `site.yaml` in and out: text to a checked model, and back to a text one likes to read. It knows no
 * file, socket or database. Every fault carries the line and column it stands in, and a text with one
 * fault yields no site at all, so an import is all or nothing.
 *
 * The text may come from anyone who can reach the import, so it is bounded before it is parsed: size,
 * nesting, no aliases (a few lines of them can expand to gigabytes), no duplicate keys.
 */
import {
  CST,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  Lexer,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import type { Document, ErrorCode, ParsedNode } from 'yaml';
import type { z } from 'zod';
import { checkReferences, siteSchema } from '../contract/site.ts';
import type { Site } from '../contract/site.ts';
import { checkIcal } from './hours-ical.ts';
import { routingFaults } from './acd-site.ts';
import { callbackFaults } from './callback-site.ts';
import { textFaults } from './text-site.ts';
import { isPinHash } from './site-secrets.ts';

export { secureSite, verifyPin } from './site-secrets.ts';
export { formatSite } from './site-format.ts';

export const maxSiteBytes = 5 * 1024 * 1024;
const maxFaults = 200;
const maxDepth = 16;
const maxIndent = 64;

export interface SiteFileFault {
  /** Both begin at 1. */
  line: number;
  column: number;
  /** `queues[0].ringSec`; empty for the text as a whole. */
  path: string;
  message: string;
}

type Path = (string | number)[];
type Parsed = { site: Site } | { faults: SiteFileFault[] };

/** `queues[0].ringSec` */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path)
    text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`;
  return text;
}

/** `site.yaml:12:5 queues[0].ringSec: ...`, the form editors and terminals make clickable. */
export function formatFault(file: string, fault: SiteFileFault): string {
  const where = fault.path === '' ? '' : ` ${fault.path}:`;
  return `${file}:${fault.line}:${fault.column}${where} ${fault.message}`;
}

/** The whole text as a site, or every fault in it. Never throws on bad input. */
export function parseSite(yamlText: string): Parsed {
  const whole = (message: string): Parsed => ({ faults: [{ line: 1, column: 1, path: '', message }] });
  if (Buffer.byteLength(yamlText) > maxSiteBytes)
    return whole(`the file is larger than ${maxSiteBytes / 1024 / 1024} MB`);
  const tooDeepAt = tooDeepOffset(yamlText);
  if (tooDeepAt !== undefined) {
    const before = yamlText.slice(0, tooDeepAt).split('\n');
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    return { faults: [{ line, column, path: '', message: 'the file is nested too deeply from here' }] };
  }
  return new SiteText(yamlText).parse();
}

/**
 * Where the text begins to nest deeper than any site. The composer is recursive, and a few thousand
 * open brackets do not only exhaust its stack but can bring the process down, so depth is bounded on
 * the flat stream of tokens: brackets, indentation, and compact "- - -" on one line.
 */
function tooDeepOffset(text: string): number | undefined {
  let offset = 0;
  let brackets = 0;
  let compact = 0;
  let isLineStart = true;
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    if (type === 'flow-seq-start' || type === 'flow-map-start') brackets += 1;
    else if (type === 'flow-seq-end' || type === 'flow-map-end') brackets = Math.max(0, brackets - 1);
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind') compact += 1;
    const indent = isLineStart && type === 'space' ? token.length : 0;
    if (brackets > maxDepth || compact > maxDepth || indent > maxIndent) return offset;
    isLineStart = type === 'newline';
    if (isLineStart) compact = 0;
    // Control characters the lexer puts in are not in the text.
    if (!['\u{FEFF}', '\u0002', '\u0018', '\u001f'].includes(token)) offset += token.length;
  }
  return undefined;
}

const yamlMessages: Partial<Record<ErrorCode, string>> = {
  DUPLICATE_KEY: 'this key stands here twice',
  MULTIPLE_DOCS: 'a site is one document: remove this "---"',
  TAB_AS_INDENT: 'indent with spaces, not tabs',
  BAD_INDENT: 'the indentation does not match the lines around it',
};

class SiteText {
  private readonly lines = new LineCounter();
  private readonly doc: Document.Parsed<ParsedNode, true>;

  constructor(text: string) {
    this.doc = parseDocument(text, {
      lineCounter: this.lines,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: true,
      version: '1.2',
    });
  }

  parse(): Parsed {
    const syntax = [...this.doc.errors, ...this.doc.warnings].map((fault) =>
      this.fault(fault.pos[0], [], yamlMessages[fault.code] ?? fault.message),
    );
    const faults = [...syntax, ...this.aliases()];
    if (faults.length > 0) return { faults: faults.slice(0, maxFaults) };

    const result = this.readModel();
    if (!result.success)
      return { faults: this.schemaFaults(result.error.issues as z.core.$ZodIssue[]).slice(0, maxFaults) };
    const site = result.data;
    const references = [
      ...checkReferences(site),
      ...routingFaults(site),
      ...textFaults(site),
      ...callbackFaults(site),
      ...checkIcal(site),
      ...site.agents.flatMap((agent, index) =>
        agent.pin?.startsWith('scrypt$') && !isPinHash(agent.pin)
          ? [
              {
                path: ['agents', index, 'pin'],
                message: 'this PIN hash is damaged; write 4-12 digits instead',
              },
            ]
          : [],
      ),
    ];
    if (references.length > 0)
      return {
        faults: references
          .slice(0, maxFaults)
          .map((fault) => this.fault(this.offsetOf(fault.path), fault.path, fault.message)),
      };
    return { site };
  }

  /**
   * People write `number: 700` and `pin: 0123` without quotes, and YAML reads numbers (the second one
   * as 123). Where the schema wants text, the characters as written are taken.
   */
  private readModel() {
    const model: unknown = this.doc.toJS({ maxAliasCount: 0 });
    const first = siteSchema.safeParse(model);
    if (first.success) return first;
    let isChanged = false;
    for (const issue of first.error.issues) {
      if (issue.code !== 'invalid_type' || issue.expected !== 'string') continue;
      const node = this.doc.getIn(issue.path, true);
      if (!isScalar(node) || typeof node.source !== 'string' || node.value === null) continue;
      if (replaceAt(model, issue.path as Path, node.source)) isChanged = true;
    }
    return isChanged ? siteSchema.safeParse(model) : first;
  }

  private aliases(): SiteFileFault[] {
    const faults: SiteFileFault[] = [];
    visit(this.doc, {
      Alias: (_key, node) => {
        const offset = node.range?.[0] ?? 0;
        faults.push(this.fault(offset, [], `write the value out: "*${node.source}" cannot be followed here`));
        return faults.length >= maxFaults ? visit.BREAK : undefined;
      },
    });
    return faults;
  }

  private schemaFaults(issues: z.core.$ZodIssue[]): SiteFileFault[] {
    return issues.flatMap((issue) => {
      const path = issue.path as Path;
      if (issue.code === 'unrecognized_keys')
        return issue.keys.map((key) =>
          this.fault(this.offsetOfKey(path, key), [...path, key], 'there is no such setting'),
        );
      const missing = issue.code === 'invalid_type' && this.doc.getIn(path) === undefined;
      const message = missing ? 'is missing' : issue.message.replace(/^Invalid (input|option): /, '');
      return [this.fault(this.offsetOf(path), path, message)];
    });
  }

  /** Where the value stands; where it is missing, the place that lacks it. */
  private offsetOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const node: unknown = length === 0 ? this.doc.contents : this.doc.getIn(path.slice(0, length), true);
      if (isNode(node) && !isAlias(node) && node.range) return node.range[0];
    }
    return 0;
  }

  private offsetOfKey(path: Path, key: string): number {
    const map: unknown = path.length === 0 ? this.doc.contents : this.doc.getIn(path, true);
    if (isMap(map))
      for (const pair of map.items)
        if (isPair(pair) && isScalar(pair.key) && String(pair.key.value) === key && pair.key.range)
          return pair.key.range[0];
    return this.offsetOf(path);
  }

  private fault(offset: number, path: Path, message: string): SiteFileFault {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), path: formatPath(path), message };
  }
}

function replaceAt(model: unknown, path: Path, value: string): boolean {
  let at = model;
  for (const part of path.slice(0, -1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as Record<string | number, unknown>)[part];
  }
  const last = path.at(-1);
  if (typeof at !== 'object' || at === null || last === undefined || !Object.hasOwn(at, last)) return false;
  (at as Record<string | number, unknown>)[last] = value;
  return true;
}
