/**
 * A step of the installation: `check` looks whether it has been done and says in words what is missing, `apply` does it. A step
 * can be cut off anywhere and run again: what it makes it makes beside and renames, and what is there it leaves.
 */
import type { MachinePlaces } from '../house.ts';
import type { ReleaseInfo } from '../release/release-info.ts';
import type { Answers } from './answers.ts';

export interface InstallContext {
  /** The unpacked bundle: `release/`, and `packages/` where it has a local repository. */
  staged: string;
  release: ReleaseInfo;
  /** The public key under which the bundle was good; none for a clone. */
  keyFile?: string;
  answers: Answers;
  places: MachinePlaces;
  /** Whether systemd runs this machine. */
  isSystemd: boolean;
  /** Whether a process may have the real-time class here, as the media engine wants it. */
  isRealTime: boolean;
  /** One line of progress. */
  say: (text: string) => void;
}

export interface Step {
  /** In the order of running; the number is shown and kept. */
  number: number;
  title: string;
  /** What is to be done, a line each; empty: done. */
  check: (context: InstallContext) => Promise<string[]> | string[];
  apply: (context: InstallContext) => Promise<void> | void;
}
