/** The box of a widget: its title, what the figure is by, and its level as colour, shape and word. */
import type { ComponentChildren } from 'preact';
import type { Attribution, FigureName, WindowName } from '../../../server/contract/figure-facts.ts';
import { figureFacts, scopeKinds } from '../../../server/contract/figure-facts.ts';
import type { Widget } from '../../../server/contract/boards.ts';
import {
  attributionName,
  figureName,
  figureVariant,
  nowName,
  scopeKindName,
  windowName,
} from '../../../admin-ui/shared/figure-names.ts';
import type { Language } from '../../../admin-ui/shared/words.ts';
import { leastTypeRem, type Box, type Screen } from '../../live/screen.ts';
import { fitText, widthOf, type Fit } from '../../live/text-fit.ts';
import type { Level } from '../../live/thresholds.ts';
import type { WallWords } from '../../live/reading.ts';
import { LevelShape } from '../shapes.tsx';

const titleRem = 0.3;
/** Head of a list, in a box of any height. */
export const listHeadRem = 0.62;
const noteRem = 0.235;
const leading = 1.2;

export const rem = (value: number) => `${value.toFixed(4)}rem`;

/** Lines as they were measured: each is a block of its own, and none is broken by the browser. */
export function Lines({ fit, name, isGiven = false }: { fit: Fit; name: string; isGiven?: boolean }) {
  return (
    <p class={name} style={{ fontSize: rem(fit.size) }} {...(isGiven ? { 'data-given': '' } : {})}>
      {fit.lines.map((line, index) => (
        <span key={index}>{line}</span>
      ))}
    </p>
  );
}

export const levelWord = (words: WallWords, level: Level) =>
  level === 'amber' ? words.levelAmber : level === 'red' ? words.levelRed : '';

export const chipRem = 0.27;
/** Kept free for the longer of the two words, so that no figure moves when its level does. */
export const chipWidth = (words: WallWords, zoom: number) =>
  chipRem * zoom * (1.5 + Math.max(widthOf(words.levelAmber, 600), widthOf(words.levelRed, 600)));

export function Chip({ level, screen, size }: { level: Level; screen: Screen; size?: number }) {
  if (level === 'calm') return null;
  return (
    <span class="chip" style={{ fontSize: rem(size ?? chipRem * screen.zoom) }}>
      <LevelShape level={level} />
      {levelWord(screen.words, level)}
    </span>
  );
}

interface Asked {
  figure: FigureName;
  window?: WindowName;
  attribution?: Attribution;
  scopes?: readonly string[];
}

/** Who it is about, where it is not the whole site. */
function scopeLabel(
  language: Language,
  scopes: readonly string[] | undefined,
  names: Record<string, string>,
): string | undefined {
  const [first = 'site'] = scopes ?? [];
  const kind = scopeKinds.find((one) => first === one || first.startsWith(`${one}:`));
  if (kind === undefined || kind === 'site' || !scopes) return undefined;
  const isMany = scopes.length > 1;
  const name = isMany ? undefined : names[first];
  if (name !== undefined) return name;
  return `${scopeKindName(language, kind, isMany)} ${isMany ? scopes.length : first.slice(kind.length + 1)}`;
}

/** Stays on one line. */
const whole = (text: string) => text.replace(/ /g, '\u00a0');

/** Variant, scope, window and interval rule, from the whole of it down to what may never be left out. */
export function noteCandidates(
  language: Language,
  asked: Asked,
  names: Record<string, string>,
  hasTitle: boolean,
): string[] {
  const { over } = figureFacts(asked.figure);
  const variant = figureVariant(language, asked.figure);
  const scope = hasTitle ? undefined : scopeLabel(language, asked.scopes, names);
  const joined = (...parts: (string | undefined)[]) => parts.filter((part) => part !== undefined).join(' · ');
  // A title of the site's own hides which figure it is: then the note says it.
  const which = hasTitle ? figureName(language, asked.figure) : variant;
  const whichShort = hasTitle ? figureName(language, asked.figure, 'short') : variant;
  if (over === 'now') return [joined(which, scope, nowName(language)), joined(whichShort, nowName(language))];
  const window = whole(windowName(language, asked.window ?? 'today', 'short'));
  const rule = whole(attributionName(language, asked.attribution ?? 'event', 'short'));
  return [joined(which, scope, window, rule), joined(whichShort, window, rule), joined(whichShort, window)];
}

/** Beside a short name, which says its variant itself. */
export function shortNotes(language: Language, asked: Asked): string[] {
  if (figureFacts(asked.figure).over === 'now') return [nowName(language)];
  const window = whole(windowName(language, asked.window ?? 'today', 'short'));
  const rule = whole(attributionName(language, asked.attribution ?? 'event', 'short'));
  return [`${window} · ${rule}`, window];
}

export interface Head {
  title: Fit;
  isGiven: boolean;
  note: Fit | undefined;
  height: number;
}

/** A point between two parts that stand on two lines says nothing. */
const withoutEnds = (fit: Fit): Fit => ({
  ...fit,
  lines: fit.lines.map((line) => line.replace(/^· | ·$/g, '')),
});

/** `height`: what the head may take at most. */
export function layHead(
  box: Box,
  screen: Screen,
  titles: { given?: string | undefined; own: readonly string[]; notes?: readonly string[] },
  height = Infinity,
): Head {
  const { zoom } = screen;
  const least = leastTypeRem * Math.min(1, zoom);
  const title = fitText(titles.given === undefined ? titles.own : [titles.given], {
    width: box.width,
    height: height * (titles.notes ? 0.62 : 1),
    most: Math.max(least, Math.min(titleRem * zoom, height * 0.5)),
    least,
    lines: height > 0.9 * zoom ? 2 : 1,
  });
  const titleHeight = title.lines.length * title.size * leading;
  const note = titles.notes
    ? withoutEnds(
        fitText(titles.notes, {
          width: box.width,
          height: Math.max(least * leading, height - titleHeight),
          most: Math.max(least, noteRem * zoom),
          least,
          lines: height - titleHeight > 0.58 * zoom ? 2 : 1,
          weight: 400,
        }),
      )
    : undefined;
  return {
    title,
    isGiven: titles.given !== undefined,
    note,
    height: titleHeight + (note ? note.lines.length * note.size * leading : 0),
  };
}

export function HeadView({ head }: { head: Head }) {
  return (
    <header class="widget-head">
      <Lines fit={head.title} name="widget-title" isGiven={head.isGiven} />
      {head.note && <Lines fit={head.note} name="widget-note" />}
    </header>
  );
}

interface FrameProps {
  widget: Widget;
  level?: Level;
  head?: Head | undefined;
  children: ComponentChildren;
}

export function Frame({ widget, level = 'calm', head, children }: FrameProps) {
  return (
    <section class={`widget level-${level}`} data-kind={widget.kind} data-level={level}>
      {head && <HeadView head={head} />}
      <div class="widget-body">{children}</div>
    </section>
  );
}
