/**
 * The HTTP API, the screens and the live sockets, joined. Default deny: a route says who may call it (route.ts), the
 * screens hold no data, and whatever else is asked for does not exist.
 */
import type { Server } from 'node:http';
import express from 'express';
import type { Express } from 'express';
import { viewOf } from '../auth/view.ts';
import { agentRoutes } from './agents/routes.ts';
import { alertRoutes } from './alerts/routes.ts';
import { createDeskHub } from './desk/desk-hub.ts';
import { deskCustomerRoutes } from './desk/customer-routes.ts';
import { deskFileRoutes } from './desk/file-routes.ts';
import { deskRoutes } from './desk/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { blockRoutes } from './blocks/routes.ts';
import { boardRoutes } from './boards/routes.ts';
import { channelRoutes } from './channels/routes.ts';
import { consentRoutes } from './consents/routes.ts';
import { contactRoutes } from './contacts/routes.ts';
import { decisionRoutes } from './decisions/routes.ts';
import { deviceRoutes } from './displays/device-routes.ts';
import { displayRoutes } from './displays/routes.ts';
import { emergencyRoutes } from './emergency/routes.ts';
import { errorAnswer } from './error-answer.ts';
import { fairnessRoutes } from './fairness/routes.ts';
import { reportRoutes } from './reports/routes.ts';
import { hoursRoutes } from './hours/routes.ts';
import { healthRoutes } from './health/routes.ts';
import { createLiveHub } from './live-hub.ts';
import type { LiveHub, LiveOwner } from './live-hub.ts';
import { liveTicketRoutes } from './live-ticket/routes.ts';
import { createUpgrade } from './live-upgrade.ts';
import { isSecureRequest } from './origin.ts';
import { createGrants, createTickets, endSessionsOf } from './parts.ts';
import type { ApiParts } from './parts.ts';
import type { ApiDeps } from './ports.ts';
import { quarantineRoutes } from './quarantine/routes.ts';
import { residencyRoutes } from './residency/routes.ts';
import { recordingRoutes } from './recordings/routes.ts';
import { notFound, refusal } from './refusal.ts';
import { findSession, mountRoutes } from './route.ts';
import type { Route } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import { sessionRoutes } from './session/routes.ts';
import { siteRoutes } from './site/routes.ts';
import { mountScreens } from './static-screens.ts';
import { userRoutes } from './users/routes.ts';

export type { ApiDeps } from './ports.ts';
export type { LiveHub } from './live-hub.ts';

export interface HttpServer {
  app: Express;
  /** Live sockets and time limits; call it for every server that serves `app`. */
  attachUpgrade(server: Server): void;
  liveHub: LiveHub;
  /** Every session of a user, with its sockets; returns how many. */
  endSessionsOf(userId: string): Promise<number>;
  /** Every route with who may call it: for tests and documents. */
  routes: readonly Route[];
  /** Closes the live sockets and stops the timers; the composer closes its server. */
  close(): void;
}

function createHub(deps: ApiDeps): LiveHub {
  const { displays, sessions } = deps.access;
  const standing = (kind: LiveOwner['kind'], ids: string[]) =>
    kind === 'display' ? displays.approvedAmong(ids) : sessions.standing(ids);
  return createLiveHub({
    source: deps.live,
    screens: deps.boards.screens,
    clock: deps.clock,
    logger: deps.logger,
    standing,
    viewed: (limits) => viewOf(limits, deps.hours.isSet ? deps.channels.site() : undefined),
    settingsAmong: (ids) => displays.settingsAmong(ids),
  });
}

export function createHttpServer(deps: ApiDeps): HttpServer {
  const hub = createHub(deps);
  const deskHub = createDeskHub({
    desk: deps.desk,
    clock: deps.clock,
    logger: deps.logger,
    standing: (ids) => deps.access.sessions.standing(ids),
  });
  const parts: ApiParts = { deps, hub, deskHub, tickets: createTickets(deps), grants: createGrants(deps) };
  const upgrade = createUpgrade(parts);
  const routes = [
    ...healthRoutes(parts),
    ...sessionRoutes(parts),
    ...userRoutes(parts),
    ...deviceRoutes(parts),
    ...displayRoutes(parts),
    ...boardRoutes(parts),
    ...liveTicketRoutes(parts),
    ...contactRoutes(parts),
    ...decisionRoutes(parts),
    ...fairnessRoutes(parts),
    ...reportRoutes(parts),
    ...recordingRoutes(parts),
    ...siteRoutes(parts),
    ...hoursRoutes(parts),
    ...emergencyRoutes(parts),
    ...agentRoutes(parts),
    ...deskRoutes(parts),
    ...deskFileRoutes(parts),
    ...deskCustomerRoutes(parts),
    ...quarantineRoutes(parts),
    ...blockRoutes(parts),
    ...alertRoutes(parts),
    ...channelRoutes(parts),
    ...consentRoutes(parts),
    ...auditRoutes(parts),
    ...residencyRoutes(parts),
  ];
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('trust proxy', deps.settings.trustedProxyHops);
  app.use(securityHeaders((req) => isSecureRequest(req, deps.settings)));
  mountRoutes(app, deps, routes);
  app.use('/api', async (req, _res, next) => {
    // A stranger is not told which paths exist.
    if (await findSession(deps, req)) next();
    else throw refusal('sign-in-required', 'sign in first');
  });
  mountScreens(app, deps.statics);
  app.use(() => {
    throw notFound('page');
  });
  app.use(errorAnswer(deps.logger, deps.newId));
  return {
    app,
    attachUpgrade: (server) => upgrade.attach(server),
    liveHub: hub,
    endSessionsOf: (userId) => endSessionsOf(parts, userId),
    routes,
    close() {
      hub.close();
      deskHub.close();
      upgrade.close();
    },
  };
}
