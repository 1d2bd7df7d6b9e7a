/** The story of a contact as a time line: what happened, how long after its arrival, with a way to each offer's reasons. */
import type { ContactStory, StoryStep } from '../../../server/contract/rest-decisions.ts';
import { fill } from '../../shared/words.ts';
import type { NameOf } from '../names.ts';
import { formats, words, type TextKey } from '../reading.ts';
import { storyAddress } from './decisions-parts.tsx';
import { demandText, flowText, skillsText, spoken } from './decisions-text.ts';

type Tone = 'plain' | 'offer' | 'good' | 'bad';
interface Line {
  text: string;
  notes: string[];
  tone: Tone;
}

const withdrawnWord: Record<string, TextKey> = {
  rona: 'storyRona',
  rejected: 'storyRejected',
  'phone-unreachable': 'storyPhone',
  'contact-gone': 'storyContactGone',
  'agent-left': 'storyAgentLeft',
  interrupted: 'storyInterrupted',
};
const outcomeWord: Record<string, TextKey> = {
  answered: 'outcomeAnswered',
  abandoned: 'outcomeAbandoned',
  'left-before-queue': 'outcomeLeft',
  'flowed-out': 'outcomeFlowedOut',
  refused: 'outcomeRefused',
  failed: 'outcomeFailed',
};
const endedByWord: Record<string, TextKey> = {
  customer: 'storyByCustomer',
  agent: 'storyByAgent',
  system: 'storyBySystem',
};
const lookUp = (table: Record<string, TextKey>, key: string): string => {
  const word = table[key];
  return word === undefined ? key : words.value[word];
};

function queuedNotes(step: Extract<StoryStep, { kind: 'queued' }>, nameOf: NameOf): string[] {
  const w = words.value;
  const { priority, headStartMs, skills, preferred, giver } = step;
  return [
    ...(priority === 0 ? [] : [fill(w.storyPriority, { priority })]),
    ...(headStartMs === undefined || headStartMs === 0
      ? []
      : [fill(w.storyHeadStart, { time: spoken(headStartMs) })]),
    ...(skills ? [fill(w.storyAsksFor, { demand: skillsText(skills) })] : []),
    ...(preferred
      ? [
          fill(w.storyPreferred, {
            agent: nameOf.agent(preferred.agentId) ?? preferred.agentId,
            time: spoken(preferred.waitMs),
          }),
        ]
      : []),
    ...(giver
      ? [
          fill(w.storyGiver, {
            agent: nameOf.agent(giver.agentId) ?? giver.agentId,
            time: spoken(giver.waitMs),
          }),
        ]
      : []),
  ];
}

/** `queue:ID` is a queue of ours, `agent:ID` an agent, `number:N` a number; else it is a prompt. */
function targetText(target: string, nameOf: NameOf): string {
  const [kind, id] = target.split(':', 2);
  if (id === undefined) return target;
  if (kind === 'agent') return nameOf.agent(id) ?? id;
  return kind === 'queue' ? (nameOf.queue(id) ?? id) : id;
}

function lineOf(step: StoryStep, nameOf: NameOf): Line {
  const w = words.value;
  const agentName = (id: string) => nameOf.agent(id) ?? id;
  switch (step.kind) {
    case 'arrived':
      return { text: fill(w.storyArrived, { number: step.numberId }), notes: [], tone: 'plain' };
    case 'queued': {
      const queue = nameOf.queue(step.queueId) ?? w.none;
      const text = fill(w.storyQueued, { queue, position: step.position });
      return { text, notes: queuedNotes(step, nameOf), tone: 'plain' };
    }
    case 'relaxed': {
      const demand = demandText(step.demand, nameOf);
      return { text: fill(w.storyRelaxed, { time: spoken(step.afterMs), demand }), notes: [], tone: 'plain' };
    }
    case 'offered':
      return {
        text: fill(w.storyOffered, { agent: agentName(step.offer.agentId) }),
        notes: [],
        tone: 'offer',
      };
    case 'withdrawn':
      return {
        text: fill(lookUp(withdrawnWord, step.reason), { agent: agentName(step.agentId) }),
        notes: step.ringMs > 0 ? [fill(w.storyRang, { time: spoken(step.ringMs) })] : [],
        tone: 'bad',
      };
    case 'answered':
      return {
        text: fill(w.storyAnswered, { agent: agentName(step.agentId) }),
        notes: [fill(w.storyWaited, { time: spoken(step.waitMs) }), ...(step.inTarget ? [] : [w.storyLate])],
        tone: 'good',
      };
    case 'abandoned':
      return {
        text: w.storyAbandoned,
        notes: [fill(w.storyWaited, { time: spoken(step.waitMs) }), ...(step.isShort ? [w.storyShort] : [])],
        tone: 'bad',
      };
    case 'flowed-out':
      return {
        text: fill(w.storyFlowedOut, { reason: flowText(step.reason) }),
        notes: [
          fill(w.storyTo, { target: targetText(step.target, nameOf) }),
          fill(w.storyWaited, { time: spoken(step.waitMs) }),
        ],
        tone: 'bad',
      };
    case 'transferred':
      return {
        // Nobody passes a contact on to the queue that it is of.
        text: fill(step.target === `queue:${step.queueId}` ? w.storyReturned : w.storyTransferred, {
          agent: agentName(step.agentId),
          target: targetText(step.target, nameOf),
        }),
        notes: [fill(w.storyTalked, { time: spoken(step.talkMs + step.holdMs) })],
        tone: 'plain',
      };
    case 'ended':
      return {
        text: fill(w.storyEnded, { outcome: lookUp(outcomeWord, step.outcome) }),
        notes: [lookUp(endedByWord, step.endedBy)],
        tone: 'plain',
      };
  }
}

interface TimelineProps {
  story: ContactStory;
  shownId: string | undefined;
  nameOf: NameOf;
}

export function Timeline({ story, shownId, nameOf }: TimelineProps) {
  const w = words.value;
  const { time, duration } = formats.value;
  const firstAt = story.steps[0]?.at ?? 0;
  return (
    <ol class="timeline">
      {story.steps.map((step) => {
        const { text, notes, tone } = lineOf(step, nameOf);
        const offerId = step.kind === 'offered' ? step.offer.offerId : undefined;
        const isShown = offerId !== undefined && offerId === shownId;
        return (
          <li key={step.seq} class={`step step-${tone} ${isShown ? 'is-shown' : ''}`} data-step={step.kind}>
            <span class="step-time">
              <span title={`+${duration(step.at - firstAt)}`}>{time(step.at)}</span>
            </span>
            <span class="step-mark" aria-hidden="true" />
            <div class="step-text">
              <p>{text}</p>
              {notes.length > 0 && <small class="quiet">{notes.join(' · ')}</small>}
              {offerId !== undefined && (
                <a
                  class="step-why"
                  href={storyAddress(story.contactId, offerId)}
                  {...(isShown && { 'aria-current': 'true' as const })}
                >
                  {w.decisionsWhy}
                </a>
              )}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
