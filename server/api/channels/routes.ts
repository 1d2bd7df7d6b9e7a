/**
 * The channels that the site in force has switched on, how much came by each (S17), and what leaves the building for them. What
 * is off is in neither list. Read by those who run the floor; nothing is changed here.
 */
import {
  type ChannelList,
  type ChannelRow,
  channelQuerySchema,
  type EgressList,
} from '../../contract/rest-channels.ts';
import { fileDisposition } from '../../lib/file-disposition.ts';
import { csvType } from '../../lib/csv.ts';
import type { ApiParts } from '../parts.ts';
import type { ApiDeps } from '../ports.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { egressOf } from './egress.ts';
import { askedOf, channelsCsv, presentChannel, waysIn } from './presenter.ts';

export function channelRoutes({ deps }: ApiParts): Route[] {
  const count = sharedCount(deps);
  return [
    defineRoute({
      method: 'get',
      path: '/api/channels',
      access: 'channels.read',
      async handle(ctx) {
        const { show, format } = ctx.query(channelQuerySchema);
        const { countedAt, items } = await count();
        const shown = show === 'unused' ? items.filter(({ isUnused }) => isUnused) : items;
        if (format === 'json') return { json: { countedAt, items: shown } satisfies ChannelList };
        const name = show === 'unused' ? 'unused-channels.csv' : 'channels.csv';
        ctx.res.setHeader('Content-Disposition', fileDisposition('attachment', name));
        return { text: { type: csvType, body: channelsCsv(shown) } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/channels/egress',
      access: 'channels.read',
      handle: async () => {
        const ofSite = egressOf(deps.channels.site(), deps.alerting.alerts.webhooks());
        return { json: { items: [...ofSite, ...deps.channels.stores] } satisfies EgressList };
      },
    }),
  ];
}

/** History is asked once for all who ask meanwhile: a page that is loaded again and again holds one connection. */
function sharedCount({ channels, clock }: ApiDeps): () => Promise<ChannelList> {
  let running: Promise<ChannelList> | undefined;
  const count = async (): Promise<ChannelList> => {
    const countedAt = clock.now();
    const ways = waysIn(channels.site());
    const uses = await channels.use(askedOf(ways, countedAt));
    const known = channels.health();
    const items: ChannelRow[] = ways.map((way) => presentChannel(way, uses, known));
    return { countedAt, items };
  };
  return () => {
    running ??= count().finally(() => (running = undefined));
    return running;
  };
}
