/**
 * The three figures that decide what a floor manager does next, each over a line of the same form: people
 * who wait as dots, the longest wait as it grows, the service level against its mark.
 */
import type { ComponentChildren } from 'preact';
import { fill, plural } from '../../admin-ui/shared/words.ts';
import type { SiteFigures } from '../../admin-ui/shared/site-figures.ts';
import { formats, words } from '../live/reading.ts';
import {
  serviceLevelPair,
  waitPair,
  type Level,
  type Levels,
  type ThresholdWishes,
} from '../live/thresholds.ts';
import { LevelShape } from './shapes.tsx';

const mostDots = 30;

interface HeroProps {
  name: string;
  label: string;
  level: Level;
  value: ComponentChildren;
  /** Characters of the value: a long one is set smaller, never cut. */
  length: number;
  note: ComponentChildren;
  children: ComponentChildren;
}

function Hero({ name, label, level, value, length, note, children }: HeroProps) {
  return (
    <section class={`hero level-${level}`} data-name={name} data-level={level}>
      <header class="hero-head">
        <h2>{label}</h2>
        {level !== 'calm' && (
          <span class="chip">
            <LevelShape level={level} />
            {level === 'amber' ? words.value.levelAmber : words.value.levelRed}
          </span>
        )}
      </header>
      <p class={`hero-value ${length > 6 ? 'is-longer' : length > 4 ? 'is-long' : ''}`}>{value}</p>
      <div class="hero-line">{children}</div>
      <p class="hero-note">{note}</p>
    </section>
  );
}

/** A line from 0 to 1 with marks; set through the style object, which the CSP allows and an attribute would not be. */
function Track({ share, marks }: { share: number; marks: { at: number; kind: string }[] }) {
  return (
    <div class="track">
      <div
        class="track-fill"
        style={{ transform: `scaleX(${Math.max(0, Math.min(1, share)).toFixed(4)})` }}
      />
      {marks.map((mark) => (
        <i
          key={mark.kind}
          class={`track-mark ${mark.kind}`}
          style={{ left: `${(mark.at * 100).toFixed(2)}%` }}
        />
      ))}
    </div>
  );
}

export function WaitingHero({ figures, levels }: { figures: SiteFigures; levels: Levels }) {
  const { number, language } = formats.value;
  const waiting = number(figures.waiting);
  const dots = Math.min(figures.waiting, mostDots);
  return (
    <Hero
      name="waiting"
      label={words.value.waiting}
      level={levels.waiting}
      value={waiting}
      length={waiting.length}
      note={
        figures.waiting === 0
          ? words.value.noneWaiting
          : plural(language, words.value.ringingNow, figures.ringing, number(figures.ringing))
      }
    >
      <div class="dots">
        {Array.from({ length: dots }, (_, index) => (
          <i key={index} class={index < figures.ringing ? 'dot is-ringing' : 'dot'} />
        ))}
        {figures.waiting > mostDots && <span class="dots-more">+{number(figures.waiting - mostDots)}</span>}
      </div>
    </Hero>
  );
}

interface LongestProps {
  figures: SiteFigures;
  levels: Levels;
  serverSec: number;
  wishes: ThresholdWishes;
}

export function LongestHero({ figures, levels, serverSec, wishes }: LongestProps) {
  const { duration } = formats.value;
  const since = figures.oldestWaitingSince;
  const waitSec = since === undefined ? 0 : Math.max(0, serverSec - Math.floor(since / 1000));
  const { amber, red } = waitPair(figures.targetSec, wishes);
  const end = Math.max(red * 1.25, 1);
  const text = duration(waitSec * 1000);
  return (
    <Hero
      name="longest"
      label={words.value.longestWait}
      level={levels.wait}
      value={text}
      length={text.length}
      note={
        figures.hasOneTarget
          ? fill(words.value.toAnswerWithin, { time: duration(figures.targetSec * 1000) })
          : words.value.toAnswerWithinMixed
      }
    >
      <Track
        share={waitSec / end}
        marks={[
          { at: amber / end, kind: 'mark-amber' },
          { at: red / end, kind: 'mark-red' },
        ]}
      />
    </Hero>
  );
}

export function ServiceLevelHero({ figures, levels, wishes }: Omit<LongestProps, 'serverSec'>) {
  const { percent, number } = formats.value;
  const share = figures.serviceLevel;
  const text = share === undefined ? '–' : percent(share);
  const digits = text.replace(/[^\d–]/g, '');
  const pair = serviceLevelPair(figures.targetPercent, wishes);
  return (
    <Hero
      name="service-level"
      label={words.value.serviceLevel}
      level={levels.serviceLevel}
      value={
        <>
          {digits}
          {share !== undefined && <small>%</small>}
        </>
      }
      length={digits.length}
      note={
        share === undefined
          ? words.value.noFigureYet
          : figures.hasOneTarget
            ? `${fill(words.value.slTarget, {
                percent: number(figures.targetPercent),
                sec: number(figures.targetSec),
              })} · ${words.value.slVariant}`
            : `${words.value.slTargetMixed} · ${words.value.slVariant}`
      }
    >
      <Track
        share={share ?? 0}
        marks={[
          { at: pair.amber / 100, kind: 'mark-target' },
          { at: pair.red / 100, kind: 'mark-red' },
        ]}
      />
    </Hero>
  );
}
