/**
 * Announcements as WAV files (8 kHz, mono, PCM16) rendered on this machine by espeak-ng, and the music:
 * no recording is downloaded, nothing is asked of anyone outside. A file carries the fingerprint of its
 * text and of the way it was rendered, so only what changed is rendered again. Files appear whole or not
 * at all (written beside, then renamed): a call may play them meanwhile.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { catalogueTexts, soundPrompts } from '../server/config/prompt-catalogue.ts';
import type { Language } from '../server/contract/site.ts';
import { composeMusic } from './audio/music.ts';
import { levelTo, resample, trimSilence } from './audio/resample.ts';
import { busyTone, ringBackTone } from './audio/tones.ts';
import { readWav, readWavComment, writeWav } from './audio/wav.ts';
import type { Pcm } from './audio/wav.ts';

/** What has no language. */
const sounds: Record<(typeof soundPrompts)[number], () => Pcm> = {
  music: composeMusic,
  'ring-back': ringBackTone,
  busy: busyTone,
};

/** Changing how prompts sound means changing this, so that the next start renders them anew. */
const renderVersion = '1';
const promptRate = 8000;
const voices: Record<Language, string> = { en: 'en-gb', ru: 'ru', it: 'it' };
const wordsPerMinute: Record<Language, number> = { en: 155, ru: 150, it: 150 };

export interface PromptText {
  id: string;
  language: Language;
  text: string;
}

export interface RenderOptions {
  /** Files are `<dir>/<language>/<id>.wav`, and `<dir>/<id>.wav` of what has no language. */
  dir: string;
  /** The built-in catalogue (with music and tones) when left out. */
  texts?: readonly PromptText[];
  /** Called for each file that had to be rendered. */
  onProgress?: (done: number, total: number) => void;
}

export interface RenderResult {
  rendered: number;
  kept: number;
}

function fingerprint(...parts: string[]): string {
  return `hearthline ${createHash('sha256')
    .update([renderVersion, ...parts].join('\0'))
    .digest('hex')
    .slice(0, 32)}`;
}

async function isCurrent(file: string, comment: string): Promise<boolean> {
  try {
    const content = await readFile(file);
    return readWavComment(content) === comment;
  } catch {
    return false;
  }
}

async function writeWhole(file: string, content: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.part`;
  try {
    const handle = await open(beside, 'w', 0o644);
    await handle.writeFile(content);
    await handle.close();
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The text goes in by standard input: as an argument, a text beginning with "-" would be an option. */
function speak(text: string, language: Language): Promise<Pcm> {
  const args = [
    '-v',
    voices[language],
    '-s',
    String(wordsPerMinute[language]),
    '-b',
    '1',
    '--stdin',
    '--stdout',
  ];
  return new Promise((done, fail) => {
    const options = { encoding: 'buffer' as const, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile('espeak-ng', args, options, (error, stdout) => {
      if (error) return fail(new Error(`espeak-ng failed: ${error.message}`, { cause: error }));
      try {
        return done(readWav(stdout));
      } catch (cause) {
        return fail(new Error('espeak-ng gave no audio', { cause }));
      }
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(text);
  });
}

/** One file that should exist: the fingerprint it must carry, and how to make it. */
interface Wanted {
  file: string;
  comment: string;
  make(): Promise<Pcm>;
}

function wantedText(text: string, language: Language, file: string): Wanted {
  const make = async () => levelTo(trimSilence(resample(await speak(text, language), promptRate), 0.12), -20);
  return { file, comment: fingerprint(language, text), make };
}

async function makeWanted(wanted: Wanted): Promise<void> {
  await writeWhole(wanted.file, writeWav(await wanted.make(), wanted.comment));
}

/** Renders one text into `file`; false when the file was up to date. */
export async function renderText(text: string, language: Language, file: string): Promise<boolean> {
  const wanted = wantedText(text, language, file);
  if (await isCurrent(wanted.file, wanted.comment)) return false;
  await makeWanted(wanted);
  return true;
}

export async function renderPrompts(options: RenderOptions): Promise<RenderResult> {
  const { dir, texts = catalogueTexts() } = options;
  const all = texts.map(({ id, language, text }) =>
    wantedText(text, language, join(dir, language, `${id}.wav`)),
  );
  if (options.texts === undefined)
    for (const [id, make] of Object.entries(sounds))
      all.push({
        file: join(dir, `${id}.wav`),
        comment: fingerprint(id),
        make: () => Promise.resolve(make()),
      });
  const stale: Wanted[] = [];
  for (const wanted of all) if (!(await isCurrent(wanted.file, wanted.comment))) stale.push(wanted);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let wanted = stale[next++]; wanted; wanted = stale[next++]) {
      await makeWanted(wanted);
      done += 1;
      options.onProgress?.(done, stale.length);
    }
  };
  await Promise.all([worker(), worker()]);
  return { rendered: stale.length, kept: all.length - stale.length };
}
