/** An agent's state, set by a supervisor (M1): asked for by name, answered with when it takes effect. In the audit trail. */
import {
  agentStateRequestSchema,
  type AgentStateAnswer,
  type AgentStateRefusal,
} from '../../contract/agents.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal } from '../refusal.ts';
import { defineRoute, outsideView } from '../route.ts';
import type { Route } from '../route.ts';

const words: Record<AgentStateRefusal, string> = {
  'already-so': 'this is so already, or was asked for already',
  'logged-out': 'the agent is logged out; only the agent can log in',
  'not-in-wrap-up': 'the agent is not in wrap-up',
  'in-wrap-up': 'the agent is in wrap-up, which Ready does not cut short; end the wrap-up instead',
  'phone-not-registered': 'the agent’s phone is not registered; the agent is Ready as soon as it is back',
  leaving: 'the agent is no longer in the site file and is logged out after the contact in hand',
};

export function agentRoutes({ deps }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'put',
      path: '/api/agents/:id/state',
      access: 'agents.switch',
      forLimited: 'narrowed',
      body: agentStateRequestSchema,
      async handle(request, who) {
        const agentId = request.id();
        const { to, reason } = request.body;
        if (!who.view.hasAgent(agentId)) throw outsideView();
        const outcome = deps.routing.switchAgent({ agentId, to });
        if ('refused' in outcome) {
          if (outcome.refused === 'unknown-agent') throw notFound('agent');
          throw refusal('conflict', words[outcome.refused], { reason: outcome.refused });
        }
        const { when } = outcome;
        await deps.audit.append({
          actor: who.actor,
          action: 'agent.switched',
          target: `agent:${agentId}`,
          details: { to, when, ...(reason !== undefined && { reason }) },
        });
        const answer: AgentStateAnswer = { agentId, to, when };
        return { json: answer };
      },
    }),
  ];
}
