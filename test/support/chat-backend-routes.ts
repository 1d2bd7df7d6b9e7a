/**
 * The HTTP side of the stand-in for the customer's server: configuration, sessions, files, transcripts, forms. Bodies are read
 * by the schemas of server/contract/chat.ts; what they come to lies with the stand-in (chat-backend.ts).
 */
import { randomBytes } from 'node:crypto';
import express, { type Express } from 'express';
import {
  formRequestSchema,
  startChatSchema,
  transcriptRequestSchema,
  type ChatAttachment,
  type ChatConfig,
  type ChatLine,
  type ChatState,
  type FormConfig,
  type FormRequest,
  type StartChat,
} from '../../server/contract/chat.ts';
import { languages } from '../../server/contract/site.ts';
import { chatStandInTexts } from './chat-backend-texts.ts';

export interface StandInSession {
  token: string;
  request: StartChat;
  state: ChatState;
  lines: ChatLine[];
  files: Map<string, { name: string; mime: string; body: Buffer }>;
}
/** What a test has turned. */
export interface ChatLevers {
  config: Partial<ChatConfig>;
  /** Undefined: there is no such form. */
  formConfig: Partial<FormConfig> | undefined;
  /** Starts and forms are refused with this status. */
  refusal: number | undefined;
  isCut: boolean;
  formPosts: number;
}
interface Parts {
  levers: ChatLevers;
  sessions: StandInSession[];
  transcripts: string[];
  forms: { formId: string; request: FormRequest }[];
}

const refusalBody = (code: string) => ({ error: { code, message: code } });
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const newToken = () => randomBytes(32).toString('base64url');
const languageOf = (wish: unknown) => languages.find((language) => language === wish) ?? 'en';

export function attachmentOf(session: StandInSession, id: string): ChatAttachment | undefined {
  const file = session.files.get(id);
  if (!file) return undefined;
  const { name, mime } = file;
  return {
    attachmentId: id,
    name,
    mime,
    bytes: file.body.length,
    isPicture: /^image\/(?:png|jpeg|gif|webp)$/.test(mime),
    url: `/chat/files/${id}?token=${session.token}`,
  };
}

function mountChat(app: Express, { levers, sessions }: Parts): void {
  app.get('/chat/:widget/config', (request, response) => {
    if (request.params.widget !== 'web') return void response.status(404).json(refusalBody('not-found'));
    const language = languageOf(request.query['language']);
    const answer: ChatConfig = {
      ...chatStandInTexts[language].chat,
      widgetId: 'web',
      language,
      ...levers.config,
    };
    response.json(answer);
  });
  app.post('/chat/:widget/sessions', express.json(), (request, response) => {
    const parsed = startChatSchema.safeParse(request.body);
    if (!parsed.success) {
      const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
      return void response
        .status(400)
        .json({ error: { code: 'bad-request', message: 'fields', details: { faults } } });
    }
    if (levers.refusal !== undefined)
      return void response.status(levers.refusal).json(refusalBody('refused'));
    const asks = levers.config.asks ?? chatStandInTexts.en.chat.asks;
    const missing = (['name', 'email'] as const).find(
      (field) => asks[field] === 'must' && parsed.data[field] === undefined,
    );
    if (missing !== undefined)
      return void response
        .status(400)
        .json({ error: { code: 'bad-request', message: missing, details: { field: missing } } });
    const wanted = 'consent' in levers.config ? levers.config.consent : chatStandInTexts.en.chat.consent;
    if (wanted && parsed.data.consent?.version !== wanted.version)
      return void response.status(422).json(refusalBody('consent-needed'));
    const session: StandInSession = {
      token: newToken(),
      request: parsed.data,
      state: { phase: 'waiting', position: 3, estimateMs: 240_000 },
      lines: [],
      files: new Map(),
    };
    sessions.push(session);
    response.status(201).json({ token: session.token, sessionId: `chat-${sessions.length}` });
  });
}

function mountFiles(app: Express, { sessions, transcripts }: Parts): void {
  const sessionOf = (token: string) => sessions.find((session) => session.token === token);
  const bearer = (header: string | undefined) => sessionOf((header ?? '').replace(/^Bearer /, ''));
  app.post('/chat/files', express.raw({ type: () => true, limit: '20mb' }), (request, response) => {
    const session = bearer(request.headers.authorization);
    if (!session) return void response.status(401).json(refusalBody('gone'));
    const id = `file-${session.files.size + 1}`;
    session.files.set(id, {
      name: textOf(request.query['name']),
      mime: request.headers['content-type'] ?? 'application/octet-stream',
      body: request.body as Buffer,
    });
    response.status(201).json(attachmentOf(session, id));
  });
  app.get('/chat/files/:id', (request, response) => {
    const file = sessionOf(textOf(request.query['token']))?.files.get(request.params.id);
    if (!file) return void response.sendStatus(404);
    response.setHeader('content-type', file.mime);
    response.setHeader('x-content-type-options', 'nosniff');
    response.send(file.body);
  });
  app.post('/chat/transcript', express.json(), (request, response) => {
    const parsed = transcriptRequestSchema.safeParse(request.body);
    if (!bearer(request.headers.authorization)) return void response.status(401).json(refusalBody('gone'));
    if (!parsed.success) return void response.status(400).json(refusalBody('bad-request'));
    transcripts.push(parsed.data.email);
    response.status(202).json({});
  });
}

function mountForms(app: Express, { levers, forms }: Parts): void {
  app.get('/forms/:form/config', (request, response) => {
    if (!levers.formConfig) return void response.status(404).json(refusalBody('not-found'));
    const language = languageOf(request.query['language']);
    const answer: FormConfig = {
      ...chatStandInTexts[language].form,
      formId: request.params.form,
      language,
      ...levers.formConfig,
    };
    response.json(answer);
  });
  app.post('/forms/:form', express.json(), (request, response) => {
    levers.formPosts += 1;
    const parsed = formRequestSchema.safeParse(request.body);
    if (!parsed.success) return void response.status(400).json(refusalBody('bad-request'));
    if (levers.refusal !== undefined)
      return void response.status(levers.refusal).json(refusalBody('refused'));
    const { clientId } = parsed.data;
    if (!forms.some((form) => form.request.clientId === clientId))
      forms.push({ formId: request.params.form, request: parsed.data });
    const number = forms.findIndex((form) => form.request.clientId === clientId) + 1;
    response.status(202).json({ reference: `HL-${String(number).padStart(4, '0')}` });
  });
}

export function chatRoutes(parts: Parts & { dist: string }): Express {
  const { levers, dist } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response, next) => {
    if (levers.isCut) return void response.destroy();
    // The origins of the site file; here there is one page.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization, content-type');
    if (request.method === 'OPTIONS') response.sendStatus(204);
    else next();
  });
  mountChat(app, parts);
  mountFiles(app, parts);
  mountForms(app, parts);
  app.use('/chat', express.static(dist, { index: 'demo.html' }));

  return app;
}
