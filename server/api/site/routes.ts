/** The site: read, check, import. The text file and every screen go through here. */
import { z } from 'zod';
import { siteLimitBytes, siteRequestSchema } from '../../contract/rest.ts';
import type { ApiParts } from '../parts.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { presentNames } from './names.ts';
import { importSite, presentFaults } from './site-import.ts';

const formatQuerySchema = z.strictObject({ format: z.enum(['yaml', 'json']).default('json') });
/** The file inside JSON: quotes and line ends are escaped. */
const bodyLimit = siteLimitBytes + siteLimitBytes / 5;

export function siteRoutes(parts: ApiParts): Route[] {
  const { siteService } = parts.deps;
  return [
    defineRoute({
      method: 'get',
      path: '/api/site/names',
      access: 'contacts.list',
      forLimited: 'narrowed',
      handle: async (_ctx, { view }) => ({
        json: presentNames(parts.deps.live.floor(), parts.deps.channels.site(), view),
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/site',
      access: 'site.read',
      async handle(ctx) {
        const { format } = ctx.query(formatQuerySchema);
        const site = await siteService.exportYaml();
        return format === 'yaml' ? { text: { type: 'text/yaml', body: site.yaml } } : { json: site };
      },
    }),
    defineRoute({
      method: 'put',
      path: '/api/site',
      access: 'site.write',
      body: siteRequestSchema,
      bodyLimitBytes: bodyLimit,
      handle: async ({ body }, who) => ({ json: await importSite(parts.deps, body, who.actor) }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/site/check',
      access: 'site.write',
      body: siteRequestSchema,
      bodyLimitBytes: bodyLimit,
      async handle({ body }) {
        const faults = await siteService.check(body.yaml);
        return { json: { isValid: faults.length === 0, faults: presentFaults(faults) } };
      },
    }),
  ];
}
