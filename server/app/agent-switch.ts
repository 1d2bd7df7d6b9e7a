/**
 * What a supervisor may do with an agent: Ready, Not Ready, log out, end the wrap-up (M1). Not Ready is recorded as the
 * system reason `supervisor`, which no agent can choose. Decides nothing about routing: the engine keeps for afterwards
 * what would tear somebody out of a talk or a wrap-up, and this says in whose time it takes effect, or why it cannot.
 */
import type { AgentView } from '../acd/types.ts';
import type { AgentStateRefusal, AgentStateWhen, AgentTarget } from '../contract/agents.ts';
import type { SystemReason } from '../contract/events.ts';
import type { AcdShell, Command } from './acd-shell.ts';

export type AgentSwitchOutcome =
  { when: AgentStateWhen } | { refused: AgentStateRefusal } | { refused: 'unknown-agent' };

const reason: SystemReason = 'supervisor';

function commandFor(agentId: string, to: AgentTarget): Command {
  switch (to) {
    case 'ready':
      return { type: 'agent.ready', agentId };
    case 'not-ready':
      return { type: 'agent.not-ready', agentId, reason, isSystemReason: true };
    case 'logged-out':
      return { type: 'agent.logout', agentId, reason };
    case 'end-wrap-up':
      return { type: 'agent.end-wrap-up', agentId };
  }
}

/** Why the engine would not, from the state it found. */
function whyNot({ state, pending }: AgentView, to: AgentTarget): AgentStateRefusal {
  if (to === 'logged-out') return 'already-so';
  if (state === 'logged-out') return 'logged-out';
  if (to === 'end-wrap-up') return 'not-in-wrap-up';
  // What an agent asked for can be changed; only the site's own farewell cannot.
  if (pending?.to === 'logged-out') return 'leaving';
  return to === 'ready' && state === 'unreachable' ? 'phone-not-registered' : 'already-so';
}

export function switchAgent(
  shell: AcdShell,
  { agentId, to }: { agentId: string; to: AgentTarget },
): AgentSwitchOutcome {
  const before = shell.acd.agent(agentId);
  if (!before) return { refused: 'unknown-agent' };
  if (to === 'ready' && before.state === 'wrap-up') return { refused: 'in-wrap-up' };
  const { ignored } = shell.run(commandFor(agentId, to));
  if (ignored !== undefined) return { refused: whyNot(before, to) };
  // Whoever was taken out of the site and has logged out is not known any more.
  const after = shell.acd.agent(agentId);
  if (after?.pending === undefined || after.pending.to !== to) return { when: 'now' };
  return { when: after.state === 'unreachable' ? 'when-reachable' : 'after-contact' };
}
