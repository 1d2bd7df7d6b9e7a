/** What is asked before a chat begins: as little as the bank set, the question itself, and the consent. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChatConfig, StartChat } from '../../../server/contract/chat.ts';
import { checkMail, checkText, filled, hasFault, refusalText, type Faults } from '../checks.ts';
import { maxTextLength } from '../chat-lines.ts';
import type { ChatSession } from '../chat-session-types.ts';
import type { ChatSessionShell } from '../chat-session.ts';
import { pageAddress } from '../embed.ts';
import { useReading } from '../reading.ts';
import { ConsentField, TextField, TopicField } from './fields.tsx';
import { focusFault, Notice } from './notice.tsx';

export interface AskFormProps {
  config: ChatConfig;
  state: ChatSession;
  session: ChatSessionShell;
}

export function AskForm({ config, state, session }: AskFormProps) {
  const { words, language } = useReading();
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [topic, setTopic] = useState('');
  const [agreed, setAgreed] = useState('');
  const [faults, setFaults] = useState<Faults>({});
  const { asks, consent } = config;
  const isStarting = state.phase === 'starting';
  // Agreement is to one text: a new version is a new question.
  const isAgreed = consent === undefined || agreed === consent.version;
  const { fault } = state;
  const isOfField = fault?.startsWith('field-');

  // The server has refused it: what is asked may have changed under our hands.
  useEffect(() => {
    if (isOfField) focusFault(form.current);
  }, [isOfField, config]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (isStarting) return;
    const found: Faults = {
      name: asks.name === 'no' ? undefined : checkText(words, name, asks.name === 'must'),
      email: asks.email === 'no' ? undefined : checkMail(words, email, asks.email === 'must'),
      consent: isAgreed ? undefined : words.consentNeeded,
    };
    setFaults(found);
    if (hasFault(found)) {
      focusFault(form.current);
      return;
    }
    const request: StartChat = {
      language,
      page: pageAddress(),
      ...(asks.name === 'no' ? {} : filled('name', name)),
      ...(asks.email === 'no' ? {} : filled('email', email)),
      ...filled('topic', topic),
      ...(consent ? { consent: { version: consent.version } } : {}),
    };
    session.submit(request);
  };

  return (
    <form class="sheet" ref={form} noValidate onSubmit={submit}>
      {config.welcome !== undefined && <p class="lead">{config.welcome}</p>}
      {fault === 'gone' && <Notice kind="info">{words.goneNotice}</Notice>}
      {fault !== undefined && fault !== 'gone' && !isOfField && (
        <Notice kind="bad">{refusalText(words, fault)}</Notice>
      )}
      {asks.name !== 'no' && (
        <TextField
          id="ask-name"
          label={words.name}
          value={name}
          onValue={setName}
          autocomplete="name"
          maxLength={100}
          isOptional={asks.name === 'may'}
          fault={faults['name'] ?? (fault === 'field-name' ? words.fieldNeeded : undefined)}
          hasFocus
        />
      )}
      {asks.email !== 'no' && (
        <TextField
          id="ask-email"
          label={words.email}
          kind="email"
          value={email}
          onValue={setEmail}
          autocomplete="email"
          maxLength={254}
          isOptional={asks.email === 'may'}
          fault={
            faults['email'] ??
            (fault === 'field-email' ? (checkMail(words, email, true) ?? words.emailWrong) : undefined)
          }
          hasFocus
        />
      )}
      {config.topics.length > 0 && (
        <TopicField
          id="ask-topic"
          label={words.topic}
          value={topic}
          onValue={setTopic}
          options={config.topics}
          isOptional
        />
      )}
      <TextField
        id="ask-question"
        label={words.question}
        rows={3}
        value={state.draft.text}
        onValue={(text) => session.dispatch({ type: 'drafted', draft: { ...state.draft, text } })}
        maxLength={maxTextLength}
        isOptional
        hasFocus
      />
      {consent && (
        <ConsentField
          id="ask-consent"
          consent={consent}
          isGiven={isAgreed}
          onGiven={(isGiven) => setAgreed(isGiven ? consent.version : '')}
          fault={isAgreed ? undefined : faults['consent']}
        />
      )}
      <button class="button is-main" type="submit" aria-disabled={isStarting}>
        {isStarting ? words.loading : words.startChat}
      </button>
    </form>
  );
}
