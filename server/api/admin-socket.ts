/**
 * The admin socket, `var/run/admin.sock` (mode 0600): whoever may open the file is the administrator of this machine,
 * so there is no session. It serves the command line (`npm run site`, a new setup secret) and nothing to a network.
 */
import { connect } from 'node:net';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import express from 'express';
import type { Express, Request } from 'express';
import { siteLimitBytes } from '../contract/rest.ts';
import { mountOps, type AdminOps } from './admin-ops.ts';
import { errorAnswer } from './error-answer.ts';
import type { ApiDeps } from './ports.ts';
import { notFound, refusal } from './refusal.ts';
import { importSite, presentFaults } from './site/site-import.ts';

const actor = 'local';
export type AdminSocketDeps = Pick<
  ApiDeps,
  'siteService' | 'audit' | 'health' | 'metricsText' | 'residency' | 'logger' | 'newId'
> & {
  access: Pick<ApiDeps['access'], 'setup'>;
  ops?: AdminOps;
  /** The new secret also goes where the first one was put (`var/run/setup-secret`). */
  onSetupSecret?: (secret: string) => Promise<void> | void;
};

function notNow(error: unknown): never {
  throw refusal('not-ready', error instanceof Error ? error.message : 'it cannot be signed now');
}

const yamlOf = (req: Request): string => (typeof req.body === 'string' ? req.body : '');

/** PUT /site and POST /site/check take the file itself as the body, whatever its declared type. */
export function createAdminSocketApp(deps: AdminSocketDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.text({ type: () => true, limit: siteLimitBytes, inflate: false }));
  app.get('/healthz', (_req, res) => {
    const health = deps.health();
    res.status(health.isReady ? 200 : 503).json(health);
  });
  app.get('/metrics', async (_req, res) => {
    res.type('text/plain').send(await deps.metricsText());
  });
  app.get('/site', async (_req, res) => {
    const site = await deps.siteService.exportYaml();
    res.setHeader('X-Site-Version', String(site.version));
    res.type('text/yaml').send(site.yaml);
  });
  app.put('/site', async (req, res) => {
    res.json(await importSite(deps, { yaml: yamlOf(req) }, actor));
  });
  app.post('/site/check', async (req, res) => {
    const faults = await deps.siteService.check(yamlOf(req));
    res.json({ isValid: faults.length === 0, faults: presentFaults(faults) });
  });
  app.post('/setup-secret/renew', async (_req, res) => {
    const secret = await deps.access.setup.renew();
    if (secret === undefined)
      throw refusal('conflict', 'an administrator exists already', { reason: 'not-needed' });
    await deps.onSetupSecret?.(secret);
    await deps.audit.append({ actor, action: 'setup-secret.renewed' });
    res.json({ secret });
  });
  if (deps.ops) mountOps(app, deps.ops, deps.audit);
  app.get('/residency', async (_req, res) => {
    const answer = await deps.residency.answer();
    if (!answer) throw refusal('not-ready', 'what leaves the building is not watched yet');
    res.json(answer);
  });
  app.post('/residency/sign', async (_req, res) => {
    const written = await deps.residency.signSoFar().catch(notNow);
    await deps.audit.append({ actor, action: 'residency.signed', target: written.file });
    res.json(written);
  });
  app.post('/residency/sign-due', async (_req, res) => {
    res.json((await deps.residency.signDue().catch(notNow)) ?? {});
  });
  app.use(() => {
    throw notFound('command');
  });
  app.use(errorAnswer(deps.logger, deps.newId, true));
  return app;
}

function isAnswering(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.setTimeout(1000, () => probe.destroy());
    probe.on('connect', () => probe.destroy());
    probe.on('connect', () => resolve(true));
    probe.on('error', () => resolve(false));
    probe.on('close', () => resolve(false));
  });
}

/** Listens on the socket file, which nobody else can open at any moment. Refuses to take a living server's place. */
export async function listenAdminSocket(app: RequestListener, path: string): Promise<Server> {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket()) {
    if (await isAnswering(path)) throw refusal('conflict', `another server answers on ${path}`);
    rmSync(path);
  }
  const server = createServer(app);
  // The file is made within listen(): with the usual mask it would be open to others until chmod.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => resolve());
      process.umask(mask);
    });
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
  return server;
}
