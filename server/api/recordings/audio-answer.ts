/** Sends the sound of one recording, whole or in part, and survives a listener who goes away. */
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { ApiLogger, RecordingStore } from '../ports.ts';
import { notFound } from '../refusal.ts';
import { readRange } from './byte-range.ts';

export async function sendAudio(
  req: Request,
  res: Response,
  sound: NonNullable<Awaited<ReturnType<RecordingStore['open']>>>,
  logger: ApiLogger,
): Promise<void> {
  if (sound.bytes === 0) throw notFound('recording');
  const range = readRange(req.headers.range, sound.bytes);
  res.setHeader('Accept-Ranges', 'bytes');
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Disposition', 'inline');
  if (range === 'unsatisfiable') {
    res.status(416).setHeader('Content-Range', `bytes */${sound.bytes}`);
    res.end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: sound.bytes - 1 };
  res.status(range ? 206 : 200);
  if (range) res.setHeader('Content-Range', `bytes ${start}-${end}/${sound.bytes}`);
  res.setHeader('Content-Type', sound.contentType);
  res.setHeader('Content-Length', String(end - start + 1));
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  try {
    await pipeline(sound.stream(range), res);
  } catch (err) {
    // A player that seeks hangs up on its old request: that is no fault.
    if (!req.destroyed && !res.destroyed) logger.warn({ err }, 'recording could not be sent');
    res.destroy();
  }
}
