/**
 * The built screens: the wallboard under /wallboard/, the agent's page under /agent/, the console under /. They hold no
 * data, so they are open; the data comes from /api and the live sockets. Hashed assets are cached for ever, pages never,
 * so that an upgrade is seen at the next load.
 */
import { join } from 'node:path';
import express from 'express';
import type { Express, RequestHandler, Response } from 'express';
import { isProgramPath } from './error-answer.ts';
import type { StaticDirs } from './ports.ts';

/** What vite names by content: `assets/app-D3adB33f.js`. */
const hashedAsset = /[/\\]assets[/\\][^/\\]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

function setCaching(res: Response, file: string): void {
  if (hashedAsset.test(file)) res.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
  else res.setHeader('Cache-Control', file.endsWith('.html') ? 'no-store' : 'no-cache');
}

const files = (directory: string): RequestHandler =>
  express.static(directory, {
    dotfiles: 'ignore',
    index: 'index.html',
    redirect: false,
    setHeaders: setCaching,
  });

/** A page of the app that has its own address, not a missing file. */
function page(directory: string): RequestHandler {
  return (req, res, next) => {
    const isPage =
      (req.method === 'GET' || req.method === 'HEAD') &&
      !req.path.slice(req.path.lastIndexOf('/') + 1).includes('.') &&
      req.accepts(['html', 'json']) === 'html';
    if (!isPage) return next();
    res.setHeader('Cache-Control', 'no-store');
    // Where the screens are not built there is nothing to send: the answer is "not found".
    res.sendFile(join(directory, 'index.html'), { cacheControl: false }, (error) =>
      error ? next() : undefined,
    );
  };
}

export function mountScreens(app: Express, dirs: StaticDirs): void {
  for (const folder of ['/wallboard', '/agent'])
    app.get(folder, (req, res, next) => (req.path.endsWith('/') ? next() : res.redirect(308, `${folder}/`)));
  app.use('/wallboard', files(dirs.wallboardDir), page(dirs.wallboardDir));
  const screens = [files(dirs.adminUiDir), page(dirs.adminUiDir)];
  app.use((req, res, next) => {
    if (isProgramPath(req.path) || req.path.startsWith('/wallboard')) return next();
    const [serveFile, servePage] = screens;
    serveFile?.(req, res, (error?: unknown) =>
      error === undefined ? servePage?.(req, res, next) : next(error),
    );
  });
}
