/** Files of the system, written whole or not at all, and only where they differ. */
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { RunAs } from './privilege.ts';

export interface FileWish {
  path: string;
  text: string;
  mode: number;
  owner?: RunAs | undefined;
}

export function holds({ path, text, mode }: FileWish): boolean {
  if (!existsSync(path)) return false;
  return (lstatSync(path).mode & 0o777) === mode && readFileSync(path, 'utf8') === text;
}

/** Also of a directory, whose entries are then sure to be found after a power cut. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Beside it first, on the disk for good, then in its place: a power cut leaves the old one or the new one. */
export function writeWhole({
  path,
  text,
  mode,
  owner,
}: Omit<FileWish, 'text'> & { text: string | Uint8Array }): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  // One name: what a killed run left is overwritten by the next.
  const beside = `${path}.part`;
  rmSync(beside, { force: true });
  try {
    writeFileSync(beside, text, { flag: 'wx', mode });
    // Whatever mask the caller has.
    chmodSync(beside, mode);
    if (owner) chownSync(beside, owner.uid, owner.gid);
    syncPath(beside);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  syncPath(dirname(path));
}

export function linksTo(path: string, target: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && readlinkSync(path) === target;
  } catch {
    return false;
  }
}

/** Turned over in one instant. */
export function linkTo(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const beside = `${path}.part`;
  rmSync(beside, { force: true });
  symlinkSync(target, beside);
  renameSync(beside, path);
}

export interface DirectoryWish {
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

export function isDirectoryAs({ path, mode, uid, gid }: DirectoryWish): boolean {
  if (!existsSync(path)) return false;
  const found = lstatSync(path);
  return found.isDirectory() && (found.mode & 0o7777) === mode && found.uid === uid && found.gid === gid;
}

export function makeDirectoryAs({ path, mode, uid, gid }: DirectoryWish): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}
