/**
 * systemd's unit files as data (systemd.syntax(7), systemd.unit(5)): sections, continuation lines, drop-ins, lists that an empty
 * value clears, quoting and specifiers. For the tests that check our units and for the runner that starts them. It knows what
 * our units use and throws on what it does not know, so that nothing is passed over in silence.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface UnitLine {
  section: string;
  key: string;
  value: string;
  file: string;
  /** From 1. */
  lineNumber: number;
  /** The comment lines directly above. */
  comment: string;
}

const isComment = (line: string) => /^\s*[#;]/.test(line);

/** The assignments of one file in their order. Comments within a continued line are left out, as systemd does. */
export function parseUnitText(text: string, file: string): UnitLine[] {
  const found: UnitLine[] = [];
  let section = '';
  let comment: string[] = [];
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    let line = lines[index]!.trim();
    const lineNumber = index + 1;
    if (line === '') comment = [];
    else if (isComment(line)) comment.push(line.replace(/^[#;]\s*/, ''));
    else if (/^\[[A-Za-z]+\]$/.test(line)) {
      section = line.slice(1, -1);
      comment = [];
    } else {
      while (line.endsWith('\\') && index + 1 < lines.length) {
        index += 1;
        if (!isComment(lines[index]!)) line = `${line.slice(0, -1)} ${lines[index]!.trim()}`;
      }
      const match = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(line);
      if (!match || section === '') throw new Error(`${file}:${lineNumber}: not a line of a unit: ${line}`);
      found.push({
        section,
        key: match[1]!,
        value: match[2]!,
        file,
        lineNumber,
        comment: comment.join('\n'),
      });
      comment = [];
    }
  }
  return found;
}

/** Words of a command or of a list: blanks divide, quotes keep together (systemd.syntax(7), "Quoting"). */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '\\' && at + 1 < text.length) {
      at += 1;
      const next = text[at]!;
      word = (word ?? '') + ({ n: '\n', t: '\t', s: ' ' }[next] ?? next);
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== '') throw new Error(`a quote is not closed: ${text}`);
  if (word !== undefined) words.push(word);
  return words;
}

/** `KEY=value` words as pairs. */
export function assignments(words: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const word of words) {
    const cut = word.indexOf('=');
    if (cut < 1) throw new Error(`not an assignment: ${word}`);
    pairs[word.slice(0, cut)] = word.slice(cut + 1);
  }
  return pairs;
}

/** A span of time in ms; Infinity for "infinity" (systemd.time(7)). A plain number is seconds. */
export function timeSpanMs(text: string): number {
  if (text === 'infinity') return Infinity;
  const units: Record<string, number> = { ms: 1, '': 1000, s: 1000, sec: 1000, min: 60_000, h: 3_600_000 };
  let sum = 0;
  const rest = text.replace(/([\d.]+)\s*([a-z]*)\s*/g, (_, number: string, unit: string) => {
    const factor = units[unit];
    if (factor === undefined) throw new Error(`not a span of time: ${text}`);
    sum += Number(number) * factor;
    return '';
  });
  if (rest !== '' || text === '') throw new Error(`not a span of time: ${text}`);
  return sum;
}

/** One unit with its drop-ins. */
export class Unit {
  readonly name: string;
  readonly lines: readonly UnitLine[];

  constructor(name: string, lines: readonly UnitLine[]) {
    this.name = name;
    this.lines = lines;
  }

  /** What stands of a list: an empty assignment clears what came before it. */
  all(section: string, key: string): string[] {
    const values: string[] = [];
    for (const line of this.lines) {
      if (line.section !== section || line.key !== key) continue;
      if (line.value === '') values.length = 0;
      else values.push(line.value);
    }
    return values;
  }

  /** The last one counts. */
  one(section: string, key: string): string | undefined {
    return this.all(section, key).at(-1);
  }

  has(section: string, key: string): boolean {
    return this.lines.some((line) => line.section === section && line.key === key);
  }

  /** All words of a list such as `Wants=`. */
  words(section: string, key: string): string[] {
    return this.all(section, key).flatMap(splitWords);
  }

  /** `Environment=` as it stands, before `EnvironmentFile=`. */
  environment(): Record<string, string> {
    return assignments(this.words('Service', 'Environment'));
  }

  /** `%n` and the like in a value (systemd.unit(5), "Specifiers"); `%d` is where credentials are. */
  expand(value: string): string {
    const stem = this.name.replace(/\.[a-z]+$/, '');
    const known: Record<string, string> = {
      '%': '%',
      n: this.name,
      N: stem,
      p: stem,
      t: '/run',
      S: '/var/lib',
      E: '/etc',
      T: '/tmp',
      d: `/run/credentials/${this.name}`,
    };
    return value.replace(/%(.)/g, (whole, letter: string) => {
      const text = known[letter];
      if (text === undefined) throw new Error(`${this.name}: the specifier ${whole} is not known here`);
      return text;
    });
  }
}

/**
 * The unit of that name: the first of `dirs` that has it, then all drop-ins (`NAME.d/*.conf` of every directory, by file name,
 * of which an earlier directory's stands for a later one's). Undefined where no directory has it.
 */
export function loadUnit(name: string, dirs: readonly string[]): Unit | undefined {
  const home = dirs.find((dir) => existsSync(join(dir, name)));
  if (home === undefined) return undefined;
  const dropIns = new Map<string, string>();
  for (const dir of dirs.toReversed()) {
    const folder = join(dir, `${name}.d`);
    if (!existsSync(folder)) continue;
    for (const file of readdirSync(folder)) if (file.endsWith('.conf')) dropIns.set(file, join(folder, file));
  }
  const files = [join(home, name), ...[...dropIns.keys()].toSorted().map((file) => dropIns.get(file)!)];
  return new Unit(
    name,
    files.flatMap((file) => parseUnitText(readFileSync(file, 'utf8'), file)),
  );
}
