/**
 * Laid-out boards: the header strip, the grid of widgets, the turn from board to board by the server's clock, and the veil.
 * The screen is the whole of the picture; nothing here knows where the tree comes from, so that the editor's preview shows
 * what the wall shows.
 */
import { computed, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { BoardTree } from '../../server/contract/boards.ts';
import { fill } from '../../admin-ui/shared/words.ts';
import { boardShown, type ShownBoard } from '../live/board-tree.ts';
import { coloursOf, customProperties, type Colours } from '../live/palettes.ts';
import { followDisplay, formats, language, switchLanguage, timeZone, words } from '../live/reading.ts';
import { frozenClock, type BoardSource, type Screen } from '../live/screen.ts';
import { watchSound, type SoundState } from '../live/sound-watch.ts';
import { MaintenanceNote } from './maintenance-note.tsx';
import { EmergencyHeader } from './emergency-header.tsx';
import { Mark } from './shapes.tsx';
import { Veil } from './veil.tsx';
import { WidgetView } from './widgets/widget-view.tsx';

type Source = BoardSource<BoardTree>;

const bell =
  'M10 1a1.500 1.500 0 0 1 1.500 1.600A6 6 0 0 1 16 8.500V13l2 3H2l2-3V8.500a6 6 0 0 1 4.500-5.900A1.500 1.500 0 0 1 10 1zM7.500 17h5a2.500 2.500 0 0 1-5 0z';

function Sound({ state }: { state: ReadonlySignal<SoundState> }) {
  const now = state.value;
  if (now === 'off' || now === 'ready') return null;
  return (
    <p class={`wall-sound is-${now}`} data-sound={now}>
      <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
        <path d={bell} />
      </svg>
      {now === 'hint' ? words.value.soundHint : words.value.soundOn}
    </p>
  );
}

/** Which of the display's boards this is. */
function Turn({ number, count }: Pick<ShownBoard, 'number' | 'count'>) {
  if (count < 2) return null;
  return (
    <p class="wall-turn" title={fill(words.value.boardOf, { number, count })} data-board={number}>
      {Array.from({ length: count }, (_, index) => (
        <i key={index} class={index + 1 === number ? 'is-this' : ''} />
      ))}
      <span>
        {number}/{count}
      </span>
    </p>
  );
}

function State({ source }: { source: Source }) {
  const { number } = formats.value;
  const paint = source.paint.value;
  const state = source.connection.value;
  const isLive = state === 'live';
  return (
    <div class="wall-state">
      <p class={`link link-${isLive ? 'live' : 'stale'}`} data-connection={state}>
        <svg class="shape" viewBox="0 0 20 20" aria-hidden="true">
          <path d={isLive ? 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14z' : 'M2 8h16v4h-16z'} />
        </svg>
        {isLive ? words.value.live : state === 'connecting' ? words.value.connecting : words.value.stale}
        <span class="wall-age">{fill(words.value.dataAge, { seconds: number(source.silentSec.value) })}</span>
        <button
          type="button"
          class="foot-language"
          onClick={switchLanguage}
          title={words.value.changeLanguage}
        >
          {language.value.toUpperCase()}
        </button>
      </p>
      <p class="wall-paint" data-count={paint?.count ?? 0}>
        {words.value.eventToPixel}{' '}
        {paint === undefined ? (
          words.value.measuring
        ) : (
          <b>
            p50 {number(paint.p50Ms)} · p99 {number(paint.p99Ms)} ms
          </b>
        )}
      </p>
    </div>
  );
}

interface HeaderProps {
  source: Source;
  tree: BoardTree;
  shown: ShownBoard | undefined;
  displayName: string;
  sound: ReadonlySignal<SoundState> | undefined;
}

/** Only a table of queues knows their names. */
function queueNameIn(tree: BoardTree, queueId: string): string {
  for (const { definition, data } of Object.values(tree.boards))
    for (const widget of definition.widgets) {
      if (widget.kind !== 'queues') continue;
      const rows = data[widget.widgetId] as Record<string, { name: string } | undefined> | undefined;
      const name = rows?.[queueId]?.name;
      if (name !== undefined) return name;
    }
  return queueId;
}

function Header({ source, tree, shown, displayName, sound }: HeaderProps) {
  const at = source.serverSec.value * 1000;
  const { time, longDate } = formats.value;
  if (tree.emergency)
    return (
      <EmergencyHeader
        emergency={tree.emergency}
        nameOf={(queueId) => queueNameIn(tree, queueId)}
        time={time(at)}
      />
    );
  return (
    <header class="wall-top">
      <Mark />
      <div class="wall-names">
        <h1 data-given>{shown?.view.definition.name ?? tree.site.name}</h1>
        {tree.maintenanceUntil === undefined ? (
          <p data-given>{displayName === '' ? tree.site.name : `${tree.site.name} · ${displayName}`}</p>
        ) : (
          <MaintenanceNote until={tree.maintenanceUntil} now={at} />
        )}
      </div>
      {sound && <Sound state={sound} />}
      {shown && <Turn number={shown.number} count={shown.count} />}
      <State source={source} />
      <div class="wall-clock">
        <p>{time(at)}</p>
        <p>{longDate(at)}</p>
      </div>
    </header>
  );
}

/** The ground behind the picture, too: the burn-in shift lets a hair of it be seen. */
function useGround(colours: Colours, theme: 'dark' | 'light') {
  useEffect(() => {
    const { style } = document.documentElement;
    style.background = colours.ground;
    style.setProperty('color-scheme', theme);
    return () => {
      style.background = '';
      style.removeProperty('color-scheme');
    };
  }, [colours, theme]);
}

function useReading(tree: BoardTree | undefined, isPreview: boolean) {
  const zone = tree?.site.timeZone;
  const wished = tree?.settings.language;
  useEffect(() => {
    timeZone.value = zone;
  }, [zone]);
  useEffect(() => {
    if (!isPreview) followDisplay(wished);
  }, [wished, isPreview]);
}

function useSound(source: Source, isPreview: boolean) {
  const watch = useMemo(() => (isPreview ? undefined : watchSound(source)), [source, isPreview]);
  useEffect(() => () => watch?.stop(), [watch]);
  return watch?.state;
}

interface BoardsProps {
  source: Source;
  displayName: string;
  /** In the editor: no sound, and the language of the message. */
  isPreview?: boolean;
}

export function Boards({ source, displayName, isPreview = false }: BoardsProps) {
  const clock = useMemo(() => frozenClock(source), [source]);
  // A number, so that the second hand alone renders nothing anew here.
  const turn = useMemo(
    () =>
      computed(() => {
        const tree = source.tree.value;
        return tree ? Math.floor(clock.value / Math.max(1, tree.settings.rotateSec)) : 0;
      }),
    [source, clock],
  );
  const tree = source.tree.value;
  const sound = useSound(source, isPreview);
  useReading(tree, isPreview);
  const shown = tree ? boardShown(tree, turn.value * Math.max(1, tree.settings.rotateSec)) : undefined;
  const definition = shown?.view.definition;
  const theme = tree?.settings.theme ?? definition?.theme ?? 'dark';
  const colours = coloursOf(definition?.palette ?? 'standard', theme);
  useGround(colours, theme);
  const [w, f, zoom, alerts] = [words.value, formats.value, (tree?.settings.zoom ?? 100) / 100, tree?.alerts];
  const names = shown?.view.names;
  const screen = useMemo<Screen>(
    () => ({ words: w, formats: f, colours, zoom, clock, alerts: alerts ?? {}, names: names ?? {} }),
    [w, f, colours, zoom, clock, alerts, names],
  );
  if (!tree) return <p class="loading">{words.value.loading}</p>;
  const isStale = source.isStale.value;
  return (
    <div
      class={`wall theme-${theme} ${isStale ? 'is-stale' : ''}`}
      style={customProperties(colours)}
      data-zoom={Math.round(zoom * 100)}
    >
      <Header source={source} tree={tree} shown={shown} displayName={displayName} sound={sound} />
      <main class="wall-grid" key={shown?.boardId} data-board-id={shown?.boardId}>
        {!shown && <p class="wall-none">{words.value.boardNone}</p>}
        {definition?.widgets.length === 0 && <p class="wall-none">{words.value.boardEmpty}</p>}
        {definition?.widgets.map((widget) => (
          <WidgetView
            key={widget.widgetId}
            widget={widget}
            data={shown?.view.data[widget.widgetId]}
            screen={screen}
          />
        ))}
      </main>
      {isStale && <Veil silentSec={source.silentSec} />}
    </div>
  );
}
