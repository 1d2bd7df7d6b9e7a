/** What people may switch in routing, beside the site file: the emergency switch, the states of agents, whose a contact is. */
import type { AgentTarget } from '../contract/agents.ts';
import type { AcdShell } from './acd-shell.ts';
import { switchAgent, type AgentSwitchOutcome } from './agent-switch.ts';
import { returnContact, type ContactReturnOutcome } from './contact-return.ts';

export type SwitchOutcome = 'switched' | 'already-so' | 'unknown-queue';

export function routingSwitches(shell: AcdShell): {
  emergencies(): string[];
  switchEmergency(what: { isOn: boolean; queueId?: string; by: string }): SwitchOutcome;
  switchAgent(what: { agentId: string; to: AgentTarget }): AgentSwitchOutcome;
  returnContact(what: { contactId: string; agentId: string }): ContactReturnOutcome;
} {
  return {
    emergencies: () => shell.acd.emergencies(),
    switchEmergency(what) {
      const { ignored } = shell.run({ type: 'emergency.switch', ...what });
      if (ignored === undefined) return 'switched';
      return ignored === 'unknown-queue' ? 'unknown-queue' : 'already-so';
    },
    switchAgent: (what) => switchAgent(shell, what),
    returnContact: (what) => returnContact(shell, what),
  };
}
