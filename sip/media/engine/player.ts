/**
 * Plays a sequence of prompts, already in the session's law, 160 bytes a frame.
 * Pure: the pacing tick asks for the next frame. Files follow each other without padding, so that music loops and
 * number announcements have no clicks; `gapFrames` puts silence between files where that is wanted.
 */

import { silenceOf } from './g711.ts';

export const FRAME_BYTES = 160;

export class Player {
  readonly playId: string;
  readonly isLooping: boolean;
  readonly hasBargeIn: boolean;
  readonly law: number;
  private readonly clips: Uint8Array[];
  private readonly silence: number;
  private readonly gapFrames: number;
  private clip = 0;
  private offset = 0;
  private gapLeft = 0;

  constructor(
    playId: string,
    clips: Uint8Array[],
    options: { law: number; isLooping: boolean; hasBargeIn: boolean; gapMs: number },
  ) {
    this.playId = playId;
    this.clips = clips.filter((clip) => clip.length > 0);
    this.law = options.law;
    this.silence = silenceOf(options.law);
    this.isLooping = options.isLooping;
    this.hasBargeIn = options.hasBargeIn;
    this.gapFrames = Math.ceil(options.gapMs / 20);
  }

  /** Fills 160 bytes at `at`; false: there was nothing left. */
  nextFrame(target: Uint8Array, at: number): boolean {
    if (this.gapLeft > 0) {
      this.gapLeft--;
      target.fill(this.silence, at, at + FRAME_BYTES);
      return true;
    }
    let filled = 0;
    while (filled < FRAME_BYTES) {
      const clip = this.clips[this.clip];
      if (!clip) break;
      const take = Math.min(FRAME_BYTES - filled, clip.length - this.offset);
      target.set(clip.subarray(this.offset, this.offset + take), at + filled);
      filled += take;
      this.offset += take;
      if (this.offset < clip.length) continue;
      this.offset = 0;
      this.clip++;
      if (this.isLooping && this.clip === this.clips.length) this.clip = 0;
      if (this.gapFrames > 0 && this.clip < this.clips.length) {
        this.gapLeft = this.gapFrames;
        break;
      }
    }
    if (filled === 0) return false;
    if (filled < FRAME_BYTES) target.fill(this.silence, at + filled, at + FRAME_BYTES);
    return true;
  }
}
