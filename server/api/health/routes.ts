/**
 * Health and metrics. A stranger learns whether we are ready and the names of the parts, no more; metrics are for
 * this machine, or for who holds the token. Must answer even while Redis and Postgres are away.
 */
import type { HealthAnswer } from '../../contract/rest.ts';
import { isAllowed } from '../../auth/policy.ts';
import { isSameSecret } from '../../auth/secrets.ts';
import { isLoopback } from '../origin.ts';
import type { ApiParts } from '../parts.ts';
import { refusal } from '../refusal.ts';
import { defineRoute, findSession } from '../route.ts';
import type { RequestContext, Route } from '../route.ts';

export const withoutDetails = (health: HealthAnswer): HealthAnswer => ({
  isReady: health.isReady,
  parts: Object.fromEntries(Object.entries(health.parts).map(([name, { isReady }]) => [name, { isReady }])),
});

export function healthRoutes(parts: ApiParts): Route[] {
  const { deps } = parts;
  const mayReadDetails = async (ctx: RequestContext<unknown>) => {
    const who = await findSession(deps, ctx.req).catch(() => undefined);
    return who !== undefined && isAllowed(who.session.role, 'health.read');
  };
  const mayReadMetrics = async (ctx: RequestContext<unknown>) => {
    if (isLoopback(ctx.req)) return true;
    const sent = /^Bearer (\S{1,500})$/.exec(ctx.req.headers.authorization ?? '')?.[1];
    if (sent === undefined) return false;
    const { metricsToken, readMetricsToken } = deps.settings;
    return [metricsToken, await readMetricsToken?.()].some(
      (token) => token !== undefined && isSameSecret(sent, token),
    );
  };
  return [
    defineRoute({
      method: 'get',
      path: '/healthz',
      access: 'open',
      async handle(ctx) {
        const health = deps.health();
        const json = (await mayReadDetails(ctx)) ? health : withoutDetails(health);
        return { status: health.isReady ? 200 : 503, json };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/metrics',
      access: 'open',
      async handle(ctx) {
        if (!(await mayReadMetrics(ctx)))
          throw refusal('forbidden', 'metrics are read from this machine or with the token');
        const body = `${(await deps.metricsText()).trimEnd()}\n${parts.hub.metricsText()}`;
        return { text: { type: 'text/plain; version=0.0.4', body } };
      },
    }),
  ];
}
