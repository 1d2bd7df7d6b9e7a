/** One contact as routing saw it: the decision of an offer in plain words on the left, the contact's whole story beside it. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ContactStory, DecisionRow, DecisionView } from '../../../server/contract/rest-decisions.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { fill, plural } from '../../shared/words.ts';
import type { NameOf } from '../names.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { formats, language, words } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { ResultBadge, storyAddress } from './decisions-parts.tsx';
import {
  demandText,
  leadText,
  namesText,
  otherwiseText,
  outText,
  scoreText,
  spoken,
  strategyName,
  strategyText,
} from './decisions-text.ts';
import { Timeline } from './decisions-timeline.tsx';

const refreshEveryMs = 3_000;

/** Asked again while the contact goes on; the last answer stays where one does not come. */
function useStory(contactId: string): { story: ContactStory | undefined; refusal: Refusal | undefined } {
  const [story, setStory] = useState<ContactStory>();
  const [refusal, setRefusal] = useState<Refusal>();
  const isOver = story?.isCut === true || story?.steps.at(-1)?.kind === 'ended';
  useEffect(() => {
    if (isOver) return undefined;
    let isGone = false;
    const load = async () => {
      const answer = await api<ContactStory>(`/api/contacts/${encodeURIComponent(contactId)}/story`);
      if (isGone) return;
      if (answer.isOk) setStory(answer.body);
      setRefusal(answer.isOk ? undefined : answer);
    };
    void load();
    const timer = setInterval(() => void load(), refreshEveryMs);
    return () => {
      isGone = true;
      clearInterval(timer);
    };
  }, [contactId, isOver]);
  return { story, refusal };
}

function Candidates({ decision, nameOf }: { decision: DecisionView; nameOf: NameOf }) {
  const w = words.value;
  const { strategy, candidates, candidateCount } = decision;
  const hasIdle = strategy !== 'longest-idle';
  const rest = candidateCount - candidates.length;
  return (
    <section>
      <h2>{w.decisionsCandidates}</h2>
      <table class="ranking">
        <thead class="only-read">
          <tr>
            <th scope="col">{w.decisionsPlace}</th>
            <th scope="col">{w.colAgent}</th>
            <th scope="col">{w.decisionsScore}</th>
            {hasIdle && <th scope="col">{w.decisionsIdle}</th>}
          </tr>
        </thead>
        <tbody>
          {candidates.map(({ agentId, isChosen, score, idleMs }, index) => (
            <tr key={agentId} class={isChosen ? 'is-chosen' : ''} data-candidate={agentId}>
              <td class="ranking-place">{index + 1}</td>
              <td>
                <span class="with-icon">
                  <b class="cut" data-given title={agentId}>
                    {nameOf.agent(agentId)}
                  </b>
                  {isChosen && <span class="tag">{w.decisionsAsked}</span>}
                </span>
              </td>
              <td>{scoreText(strategy, score)}</td>
              {hasIdle && <td class="quiet">{fill(w.scoreIdle, { time: spoken(idleMs) })}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {rest > 0 && (
        <p class="quiet">{plural(language.value, w.decisionsMore, rest, formats.value.number(rest))}</p>
      )}
    </section>
  );
}

function RuledOut({ decision, nameOf }: { decision: DecisionView; nameOf: NameOf }) {
  const w = words.value;
  return (
    <section>
      <h2>{w.decisionsRuledOut}</h2>
      {decision.ruledOut.length === 0 ? (
        <p class="quiet">{w.decisionsNobodyOut}</p>
      ) : (
        <dl class="ruled-out">
          {decision.ruledOut.map(({ rule, count, agentIds }) => (
            <div key={rule} data-rule={rule}>
              <dt>
                <span class="count">{formats.value.number(count)}</span>
                <span>{outText(rule)}</span>
              </dt>
              <dd data-given title={agentIds.join(', ')}>
                {namesText(agentIds, count, nameOf)}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function Otherwise({
  offer,
  decision,
  nameOf,
}: {
  offer: DecisionRow;
  decision: DecisionView;
  nameOf: NameOf;
}) {
  const w = words.value;
  const { counterfactual } = decision;
  if (!counterfactual && decision.candidateCount > 1) return null;
  const fact = counterfactual?.fact;
  const other = fact && 'contactId' in fact ? fact.contactId : undefined;
  let text: ComponentChildren = w.decisionsNobodyElse;
  if (fact) text = otherwiseText(fact, offer.agentId, nameOf);
  else if (counterfactual)
    text =
      language.value === 'en'
        ? `${counterfactual.text}.`
        : fill(w.decisionsInRecord, { text: counterfactual.text });
  return (
    <section
      class="otherwise"
      data-otherwise={counterfactual?.fact?.kind ?? (counterfactual ? 'text' : 'none')}
    >
      <h2>{w.decisionsOtherwise}</h2>
      <p>
        {text} {other !== undefined && <a href={storyAddress(other)}>{w.otherwiseContactShow}</a>}
      </p>
    </section>
  );
}

function Why({ offer, nameOf }: { offer: DecisionRow; nameOf: NameOf }) {
  const w = words.value;
  const agent = nameOf.agent(offer.agentId) ?? offer.agentId;
  const { decision } = offer;
  return (
    <article class="card why" data-offer={offer.offerId}>
      <header class="why-head">
        <h2 data-given>{fill(w.decisionsTitle, { agent })}</h2>
        <ResultBadge result={offer.result} />
        <p class="quiet">
          {formats.value.dateTime(offer.at)} · {fill(w.decisionsAttempt, { count: offer.attempt })}
        </p>
      </header>
      {!decision ? (
        <Notice kind="note">{w.decisionsNoRecord}</Notice>
      ) : (
        <>
          <p class="why-lead">
            {leadText(decision, agent)}{' '}
            {fill(w.decisionsPosition, {
              position: decision.contactPosition,
              waiting: decision.waitingCount,
              queue: nameOf.queue(offer.queueId) ?? offer.queueId,
            })}{' '}
            <b>{strategyName(decision.strategy)}.</b> {strategyText(decision.strategy)}
          </p>
          <Candidates decision={decision} nameOf={nameOf} />
          <Otherwise offer={offer} decision={decision} nameOf={nameOf} />
          <div class="why-pair">
            <RuledOut decision={decision} nameOf={nameOf} />
            <section>
              <h2>{w.decisionsDemand}</h2>
              <p data-demand>{demandText(decision.demand, nameOf)}</p>
            </section>
          </div>
        </>
      )}
    </article>
  );
}

export function StoryView({
  contactId,
  offerId,
  nameOf,
}: {
  contactId: string;
  offerId: string | undefined;
  nameOf: NameOf;
}) {
  const w = words.value;
  const { story, refusal } = useStory(contactId);
  const offers = story?.steps.flatMap((step) => (step.kind === 'offered' ? [step.offer] : [])) ?? [];
  // Without one asked for: the last, which is the one who answered, where somebody did.
  const shown = offers.find((offer) => offer.offerId === offerId) ?? offers.at(-1);
  return (
    <div class="decision-page">
      <PageHead title={w.decisionsWhyLong}>
        <p class="quiet" data-given>
          {contactId}
        </p>
        <div class="head-actions">
          <a class="button" href="#/decisions">
            ← {w.decisionsBack}
          </a>
        </div>
      </PageHead>
      {refusal && <Notice kind="bad">{refusalText(refusal)}</Notice>}
      {!story && !refusal && <p class="quiet">{w.loading}</p>}
      {story && (
        <div class="decision-body">
          {shown ? <Why offer={shown} nameOf={nameOf} /> : <p class="card quiet">{w.decisionsNoOffer}</p>}
          <section class="card story" aria-labelledby="story-title">
            <h2 id="story-title">{w.decisionsStory}</h2>
            <Timeline story={story} shownId={shown?.offerId} nameOf={nameOf} />
            {story.isCut && <p class="quiet">{w.decisionsStoryCut}</p>}
          </section>
        </div>
      )}
    </div>
  );
}
