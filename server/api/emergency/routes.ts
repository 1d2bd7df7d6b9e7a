/** The emergency switch (M4): everybody out of one queue or of all, with one request, and back. In the audit trail. */
import { emergencyRequestSchema, type EmergencyAnswer } from '../../contract/emergency.ts';
import type { View } from '../../auth/view.ts';
import type { ApiParts } from '../parts.ts';
import { notFound } from '../refusal.ts';
import { defineRoute, outsideView } from '../route.ts';
import type { Route } from '../route.ts';

export function emergencyRoutes({ deps }: ApiParts): Route[] {
  /** That everybody is sent out of all queues is everybody's business. */
  const state = (view: View): EmergencyAnswer => {
    const on = deps.routing.emergencies();
    return {
      isSiteOn: on.includes(''),
      queueIds: on.filter((queueId) => queueId !== '' && view.hasQueue(queueId)),
    };
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/emergency',
      access: 'live.watch',
      forLimited: 'narrowed',
      handle: async (_ctx, { view }) => ({ json: state(view) }),
    }),
    defineRoute({
      method: 'put',
      path: '/api/emergency',
      access: 'routing.switch',
      forLimited: 'narrowed',
      body: emergencyRequestSchema,
      async handle({ body: { isOn, queueId } }, who) {
        // The whole site has no queue: not theirs to switch.
        if (who.view.within && !who.view.hasQueue(queueId)) throw outsideView();
        const outcome = deps.routing.switchEmergency({
          isOn,
          by: who.actor,
          ...(queueId !== undefined && { queueId }),
        });
        if (outcome === 'unknown-queue') throw notFound('queue');
        if (outcome === 'switched')
          await deps.audit.append({
            actor: who.actor,
            ...(isOn ? { action: 'emergency.switched-on' } : { action: 'emergency.switched-off' }),
            target: queueId === undefined ? 'site' : `queue:${queueId}`,
          });
        return { json: state(who.view) };
      },
    }),
  ];
}
