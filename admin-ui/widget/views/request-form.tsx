/** The form for a mail or a call back: in the panel while the chat is closed, or standing by itself on the bank's page. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChatConfig, FormConfig } from '../../../server/contract/chat.ts';
import { fill } from '../../shared/words.ts';
import { hasFault, refusalCode, refusalText, type Faults } from '../checks.ts';
import { maxTextLength } from '../chat-lines.ts';
import { useReading } from '../reading.ts';
import {
  checkRequest,
  createRequestStore,
  newRequest,
  requestBody,
  wantsOf,
  type RequestDraft,
} from '../request.ts';
import { ConsentField, RadioField, TextField, TopicField } from './fields.tsx';
import { focusFault, Notice } from './notice.tsx';

interface RequestFormProps {
  formId: string;
  /** What the form asks where it has no configuration of its own: a mail, with the widget's topics and consent. */
  fallback?: ChatConfig;
}

function useFormConfig({ formId, fallback }: RequestFormProps) {
  const { api, language } = useReading();
  const [config, setConfig] = useState<FormConfig>();
  const [isAbsent, setAbsent] = useState(false);
  const load = async () => {
    setAbsent(false);
    const answer = await api.formConfig(formId, language);
    if (answer.isOk) setConfig(answer.body);
    else if (answer.status === 404 && fallback) {
      const { topics, consent } = fallback;
      setConfig({ formId, language, wants: ['mail'], topics, ...(consent ? { consent } : {}) });
    } else setAbsent(true);
  };
  useEffect(() => void load(), [formId, language]);
  return { config, isAbsent, load };
}

function Taken(props: { reference: string; wants: 'mail' | 'call'; onAnother: () => void }) {
  const { words } = useReading();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div class="taken" role="status" tabIndex={-1} ref={box}>
      <h3>{words.formThanks}</h3>
      <p>{props.wants === 'mail' ? words.formTakenMail : words.formTakenCall}</p>
      <p class="reference">{fill(words.reference, { reference: props.reference })}</p>
      <button type="button" class="button" onClick={props.onAnother}>
        {words.formAnother}
      </button>
    </div>
  );
}

interface FormFieldsProps {
  config: FormConfig;
  draft: RequestDraft;
  faults: Faults;
  set: (change: Partial<RequestDraft>) => void;
}

function Address({ config, draft, faults, set }: FormFieldsProps) {
  const { words } = useReading();
  return wantsOf(draft, config) === 'mail' ? (
    <TextField
      id="form-email"
      label={words.email}
      kind="email"
      autocomplete="email"
      value={draft.email}
      onValue={(email) => set({ email })}
      maxLength={254}
      fault={faults['email']}
    />
  ) : (
    <TextField
      id="form-phone"
      label={words.phone}
      kind="tel"
      autocomplete="tel"
      value={draft.phone}
      onValue={(phone) => set({ phone })}
      maxLength={30}
      fault={faults['phone']}
    />
  );
}

function FormFields(props: FormFieldsProps) {
  const { config, draft, faults, set } = props;
  const { words } = useReading();
  const { consent } = config;
  return (
    <>
      {config.wants.length > 1 && (
        <RadioField
          id="form-wants"
          label={words.formWants}
          value={wantsOf(draft, config)}
          onValue={(wants) => set({ wants: wants === 'call' ? 'call' : 'mail' })}
          options={config.wants.map((id) => ({
            id,
            name: id === 'mail' ? words.wantsMail : words.wantsCall,
          }))}
        />
      )}
      <TextField
        id="form-name"
        label={words.name}
        autocomplete="name"
        value={draft.name}
        onValue={(name) => set({ name })}
        maxLength={100}
        isOptional
        hasFocus
      />
      <Address {...props} />
      {config.topics.length > 0 && (
        <TopicField
          id="form-topic"
          label={words.topic}
          value={draft.topic}
          onValue={(topic) => set({ topic })}
          options={config.topics}
          isOptional
        />
      )}
      <TextField
        id="form-text"
        label={words.formText}
        rows={4}
        value={draft.text}
        onValue={(text) => set({ text })}
        maxLength={maxTextLength}
        fault={faults['text']}
      />
      {consent && (
        <ConsentField
          id="form-consent"
          consent={consent}
          isGiven={draft.agreed === consent.version}
          onGiven={(isGiven) => set({ agreed: isGiven ? consent.version : '' })}
          fault={draft.agreed === consent.version ? undefined : faults['consent']}
        />
      )}
    </>
  );
}

export function RequestForm(props: RequestFormProps) {
  const { words, api, language } = useReading();
  const { config, isAbsent, load } = useFormConfig(props);
  const [store] = useState(() => createRequestStore(props.formId));
  const [draft, setDraft] = useState(store.load);
  const [faults, setFaults] = useState<Faults>({});
  const [refused, setRefused] = useState<string>();
  const [isSending, setSending] = useState(false);
  const [taken, setTaken] = useState<{ reference: string; wants: 'mail' | 'call' }>();
  const form = useRef<HTMLFormElement>(null);

  const set = (change: Partial<RequestDraft>) => {
    const next = { ...draft, ...change };
    setDraft(next);
    store.keep(next);
  };
  const send = async (known: FormConfig) => {
    setSending(true);
    setRefused(undefined);
    store.keep(draft);
    const answer = await api.form(props.formId, requestBody(draft, known, language));
    setSending(false);
    if (answer.isOk) {
      store.forget();
      setTaken({ reference: answer.body.reference, wants: wantsOf(draft, known) });
      return;
    }
    setRefused(refusalCode(answer));
    if (answer.status === 422) void load();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!config || isSending) return;
    const found = checkRequest(words, draft, config);
    setFaults(found);
    if (hasFault(found)) focusFault(form.current);
    else void send(config);
  };

  if (isAbsent)
    return (
      <div class="request">
        <Notice kind="bad">{words.formAbsent}</Notice>
        <button type="button" class="button" onClick={() => void load()}>
          {words.tryAgain}
        </button>
      </div>
    );
  if (!config) return <p class="request quiet">{words.loading}</p>;
  if (taken)
    return (
      <Taken
        {...taken}
        onAnother={() => {
          setDraft(newRequest());
          setTaken(undefined);
        }}
      />
    );
  return (
    <form class="request" ref={form} noValidate onSubmit={submit}>
      <h3>{config.title ?? words.formTitle}</h3>
      {refused !== undefined && <Notice kind="bad">{refusalText(words, refused)}</Notice>}
      <FormFields config={config} draft={draft} faults={faults} set={set} />
      <button class="button is-main" type="submit" aria-disabled={isSending}>
        {isSending ? words.sending : words.send}
      </button>
    </form>
  );
}
