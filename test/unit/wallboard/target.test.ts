/**
 * The oldest television that is promised: Tizen 5.0 of 2019, Chromium 63. What vite built is parsed and searched for syntax,
 * global names, methods and style features that came later. The build lowers syntax; it does not bring methods along, and
 * one that is missing is a black screen on a wall. May not be trusted for what only a real set shows: its speed and fonts.
 */
import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { build, parseSync } from 'vite';

interface Node {
  type: string;
  [key: string]: unknown;
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** Newer than ES2018, and what of ES2018 Chromium 63 has not. Import.meta came with 64. */
const laterSyntax: Record<string, (node: Node) => boolean> = {
  ChainExpression: () => true,
  PropertyDefinition: () => true,
  PrivateIdentifier: () => true,
  StaticBlock: () => true,
  MetaProperty: ({ meta }) => isNode(meta) && meta['name'] === 'import',
  ExportAllDeclaration: (node) => node['exported'] !== null,
  LogicalExpression: (node) => node['operator'] === '??',
  AssignmentExpression: (node) => ['??=', '||=', '&&='].includes(String(node['operator'])),
  CatchClause: (node) => node['param'] === null,
  Literal: (node) =>
    'bigint' in node ||
    /^[\d.]+_\d/.test(String(node['raw'])) ||
    (isRegex(node) &&
      (/[svdy]/.test(node.regex.flags.replace('y', '')) || /\(\?<[A-Za-z]|\\p\{/.test(node.regex.pattern))),
};
const isRegex = (node: Node): node is Node & { regex: { pattern: string; flags: string } } =>
  isNode(node) && 'regex' in node;

const laterGlobals = new Set([
  'AbortController',
  'AggregateError',
  'BigInt',
  'BroadcastChannel',
  'FinalizationRegistry',
  'ResizeObserver',
  'WeakRef',
  'globalThis',
  'queueMicrotask',
  'reportError',
  'structuredClone',
]);
const laterMethods = new Set([
  'allSettled',
  'any',
  'at',
  'checkVisibility',
  'description',
  'findLast',
  'findLastIndex',
  'flat',
  'flatMap',
  'formatRange',
  'fromEntries',
  'getAnimations',
  'groupBy',
  'hasOwn',
  'matchAll',
  'randomUUID',
  'replaceAll',
  'replaceChildren',
  'toReversed',
  'toSorted',
  'toSpliced',
  'toggleAttribute',
  'trimEnd',
  'trimStart',
]);
/** Called by libraries on a way that the wallboard does not take; each with the reason why not. */
const unused: Record<string, string> = {
  ResizeObserver: 'Chart.js with `responsive`: both charts switch it off and size their canvas themselves',
};

interface Found {
  syntax: string[];
  globals: string[];
  methods: string[];
}

/** Names that the code asks for with `typeof` first are guarded. */
function guardedNames(source: string): Set<string> {
  return new Set([...source.matchAll(/typeof ([A-Za-z]+)/g)].map((match) => match[1] ?? ''));
}

function search(source: string): Found {
  const found: Found = { syntax: [], globals: [], methods: [] };
  const guarded = guardedNames(source);
  const near = (node: Node) => {
    const at = Number(node['start']);
    return source.slice(Math.max(0, at - 40), at + 60).replace(/\s+/g, ' ');
  };
  const walk = (node: Node, parent: Node | undefined) => {
    if (laterSyntax[node.type]?.(node)) found.syntax.push(`${node.type}: ${near(node)}`);
    const isProperty =
      parent?.type === 'MemberExpression' && parent['property'] === node && !parent['computed'];
    const isKey = parent?.type === 'Property' && parent['key'] === node;
    const name = node.type === 'Identifier' ? String(node['name']) : '';
    if (laterGlobals.has(name) && !isProperty && !isKey && !guarded.has(name) && !(name in unused))
      found.globals.push(`${name}: ${near(node)}`);
    const callee = node['callee'];
    if (node.type === 'CallExpression' && isNode(callee) && callee.type === 'MemberExpression') {
      const property = callee['property'] as Node;
      if (laterMethods.has(String(property['name'])))
        found.methods.push(`${String(property['name'])}: ${near(callee)}`);
    }
    for (const value of Object.values(node))
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, node);
  };
  walk(parseSync('wallboard.js', source).program as unknown as Node, undefined);
  return found;
}

const laterStyle: Record<string, RegExp> = {
  'aspect-ratio': /aspect-ratio\s*:/,
  inset: /[;{]\s*inset\s*:/,
  'gap of flex, or of a grid under its second name': /[;{]\s*(row-|column-)?gap\s*:/,
  'selector :is, :where, :has or :not with a list': /:(is|where|has)\(|:not\([^)]*,/,
  'clamp and max': /[:\s(](clamp|max)\(/,
  'container, layer, nesting': /@(container|layer|scope)|[;{]\s*&/,
  'colour functions':
    /(color-mix|oklch|oklab|lab|lch)\(|rgba?\([^),]*\s[^),]*\/|#[0-9a-f]{8}\b|#[0-9a-f]{4}\b/,
  'dynamic viewport units': /\d(d|s|l)v(h|w)\b/,
  'accent-color, content-visibility, translate':
    /[;{]\s*(accent-color|content-visibility|translate|rotate|scale)\s*:/,
};

describe('the television of 2019', function () {
  this.timeout(60_000);
  let script = '';
  let style = '';
  let html = '';

  before(async () => {
    const configFile = fileURLToPath(new URL('../../../wallboard/vite.config.ts', import.meta.url));
    const built = await build({ configFile, logLevel: 'error', build: { write: false, minify: false } });
    if (!('output' in built)) throw new Error('vite built nothing');
    for (const item of built.output) {
      if (item.type === 'chunk') script += item.code;
      else if (item.fileName.endsWith('.css')) style += String(item.source);
      else if (item.fileName.endsWith('.html')) html += String(item.source);
    }
    expect(script.length).to.be.above(100_000);
    expect(style.length).to.be.above(5000);
  });

  it('can parse the script', () => expect(search(script).syntax).to.deep.equal([]));
  it('has every global that is used without asking', () => expect(search(script).globals).to.deep.equal([]));
  it('has every method that is called', () => expect(search(script).methods).to.deep.equal([]));
  it('understands the style sheet', () => {
    const found = Object.entries(laterStyle).flatMap(([name, pattern]) => {
      const match = pattern.exec(style);
      return match ? [`${name}: ${style.slice(Math.max(0, match.index - 60), match.index + 60)}`] : [];
    });
    expect(found).to.deep.equal([]);
    // min() came with 79: what stands before it counts until then.
    for (const match of style.matchAll(/([a-z-]+):[^;}]*\bmin\(/g))
      expect(style.slice(0, match.index)).to.match(new RegExp(`${match[1]}:[^;}]+;\\s*$`));
  });
  it('is given a module, and no validator', () => {
    expect(html).to.match(/<script type="module"/);
    expect(script).to.not.include('ZodError');
  });
  it('is told apart from a newer one by this very search', () => {
    const found = search(
      'const a = b?.c ?? [].flatMap(d); try { e() } catch { structuredClone(f) } x.at(-1)',
    );
    expect(found.syntax.map((one) => one.split(':')[0])).to.have.members([
      'ChainExpression',
      'LogicalExpression',
      'CatchClause',
    ]);
    expect(found.globals).to.have.length(1);
    expect(found.methods).to.have.length(2);
  });
});
