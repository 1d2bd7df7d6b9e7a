/**
 * What a contact asked of an agent at some moment, worked out again from the log: its queue as the site had it then, what
 * it brought along, and how far it had been relaxed. Shown as facts only where they give the record's own text, so a
 * setting that changed meanwhile never makes a screen say what was not so.
 */
import { demandOf, describeDemand } from '../../acd/demand.ts';
import type { Demand, Traits } from '../../acd/demand.ts';
import type { AcdQueue } from '../../acd/types.ts';
import type { Channel, HearthlineEvent } from '../../contract/events.ts';
import type { DemandView } from '../../contract/rest-decisions.ts';

/** The queue as it was set up at an event of the log. */
export type SetupAt = (queueId: string, seq: number) => AcdQueue | undefined;

/** Follows the events of one contact in their order. */
export class DemandFold {
  readonly #setupAt: SetupAt;
  #traits: Traits = { language: '', relaxedMs: 0 };
  #channel: Channel = 'voice';

  constructor(setupAt: SetupAt) {
    this.#setupAt = setupAt;
  }

  apply(event: HearthlineEvent): void {
    switch (event.type) {
      case 'contact.arrived':
        this.#traits = { language: event.data.language, relaxedMs: 0 };
        this.#channel = event.data.channel;
        return;
      case 'contact.queued': {
        const { skills, preferred } = event.data;
        this.#traits = {
          language: this.#traits.language,
          relaxedMs: 0,
          ...(skills && { skills }),
          ...(preferred && { preferred }),
        };
        return;
      }
      case 'contact.relaxed': {
        const { preferred, ...rest } = this.#traits;
        this.#traits = {
          ...rest,
          relaxedMs: Math.max(rest.relaxedMs, event.data.afterMs),
          ...(preferred && !event.data.rules.includes('agent') && { preferred }),
        };
        return;
      }
      default:
    }
  }

  /** `text`: as the record has it. */
  view(text: string, queueId: string | undefined, seq: number): DemandView {
    const queue = queueId === undefined ? undefined : this.#setupAt(queueId, seq);
    const demand = queue && demandOf(queue, this.#traits, this.#channel);
    return demand && describeDemand(demand) === text ? { text, facts: factsOf(demand) } : { text };
  }
}

function factsOf({ agentId, skills, languages, maxTier }: Demand): NonNullable<DemandView['facts']> {
  return {
    maxTier,
    ...(agentId !== undefined && { agentId }),
    ...(skills && { skills }),
    ...(languages && { languages: [...languages] }),
  };
}
