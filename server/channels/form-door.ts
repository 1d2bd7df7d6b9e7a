/**
 * Forms of the bank's web sites (S13, S14): a request with a topic, to be answered by mail or by a call. It is kept, with the
 * consent it was sent under, before the web site is told so; the same `clientId` again is the same request, however often
 * the browser says it. An answer by mail goes out of the form's mailbox, and what the customer replies joins the thread.
 */
import express, { type Request, type Router } from 'express';
import { callableNumber } from '../app/callback/phone-number.ts';
import type { SenderCheck } from '../app/text/block-list.ts';
import { type ChannelDesk, formChannelId } from '../app/text/channel.ts';
import { type FormConfig, type FormRequest, formRequestSchema, type FormTaken } from '../contract/chat.ts';
import type { Language, Site } from '../contract/site.ts';
import type { SiteForm } from '../contract/site-text.ts';
import { AddressRate } from './address-rate.ts';
import { refuseBlocked } from './blocked-sender.ts';
import { addressOf, askedLanguage, crossOrigin, readAs, refuse, within } from './public-route.ts';
import { textIn } from './chat/chat-channel.ts';

export const formRate = { burst: 5, perMinute: 3 };

export interface FormDoorParts {
  desk: ChannelDesk;
  senders: SenderCheck;
  site(): Site;
  /** Where customers are called back. */
  callbacks: { isTooMany(number: string, externalId: string): Promise<boolean> };
  now(): number;
}

export function formDoor(parts: FormDoorParts): Router {
  const router = express.Router();
  const rate = new AddressRate(formRate);
  const json = express.json({ limit: 20_000, inflate: false, type: 'application/json' });
  const formOf = (req: Request): SiteForm | undefined =>
    parts.site().forms?.find(({ id }) => id === String(req.params['form']));
  const known = (req: Request): SiteForm => {
    const form = formOf(req);
    if (!form) throw refuse('not-found', 'there is no such form');
    return form;
  };
  const allowed = crossOrigin((req) => formOf(req)?.origins);

  router.all('/forms/:form/config', allowed);
  router.get('/forms/:form/config', (req, res) => {
    const language = askedLanguage(req, parts.site().site.language);
    res.setHeader('Cache-Control', 'no-store');
    res.json(configOf(known(req), language));
  });
  router.all('/forms/:form', allowed);
  router.post('/forms/:form', json, async (req, res) => {
    within(rate, req);
    const form = known(req);
    const request = readAs(formRequestSchema, req.body ?? {});
    refuseBlocked(parts.senders, 'form', { ip: req.ip, mails: [request.email], phone: request.phone });
    checkRequest(form, request);
    res.status(202).json(await take(parts, form, request, addressOf(req)));
  });
  return router;
}

function configOf({ id, wants, topics, consent }: SiteForm, language: Language): FormConfig {
  return {
    formId: id,
    language,
    wants,
    topics: topics.map((topic) => ({ id: topic.id, name: textIn(topic.name, language) })),
    ...(consent && { consent: { version: consent.version, text: textIn(consent.text, language) } }),
  };
}

function checkRequest(form: SiteForm, { wants, email, phone, consent }: FormRequest): void {
  if (!form.wants.includes(wants))
    throw refuse('bad-request', 'this form does not offer that', { field: 'wants' });
  if (wants === 'mail' && email === undefined)
    throw refuse('bad-request', 'an address is needed', { field: 'email' });
  if (wants === 'call' && phone === undefined)
    throw refuse('bad-request', 'a number is needed', { field: 'phone' });
  if (form.consent && consent?.version !== form.consent.version)
    throw refuse('consent-needed', 'the consent is missing, or its text has changed');
}

async function take(
  parts: FormDoorParts,
  form: SiteForm,
  request: FormRequest,
  address: string,
): Promise<FormTaken> {
  const { clientId, wants, email = '', name, language, topic, text, consent, page } = request;
  const chosen = form.topics.find(({ id }) => id === topic);
  const isByMail = wants === 'mail' && form.mailbox !== undefined;
  const externalId = `form:${form.id}:${clientId}`;
  const { phone, isCalled } = isByMail
    ? { phone: request.phone ?? '', isCalled: false }
    : await numberToCall(parts, request.phone ?? '', externalId);
  const { threadId } = await parts.desk.take({
    channelId: isByMail ? 'mail' : formChannelId,
    endpointId: isByMail ? form.mailbox! : form.id,
    via: `form:${form.id}`,
    work: isCalled ? 'callback' : 'mail',
    queueId: chosen?.queue ?? form.queue,
    externalId,
    receivedAt: parts.now(),
    from: { address: isByMail ? email : phone, ...(name !== undefined && { name }) },
    language,
    text,
    subject: chosen ? textIn(chosen.name, language) : form.id,
    kind: 'message',
    mayBeAnswered: isByMail,
    // Who asks again before being called is called once.
    clues: { isOneThread: isCalled },
    files: [],
    ...(chosen && { topic: chosen.id }),
    ...(form.consent &&
      consent && {
        consent: { version: consent.version, text: textIn(form.consent.text, language), address },
      }),
    extra: {
      ...(page !== undefined && { page }),
      ...(email !== '' && { email }),
      ...(phone !== '' && { phone }),
    },
  });
  return { reference: referenceOf(threadId) };
}

/** As it is dialled, where the house calls customers back; where it does not, an agent reads the request, and dials. */
async function numberToCall(
  parts: FormDoorParts,
  written: string,
  externalId: string,
): Promise<{ phone: string; isCalled: boolean }> {
  const rules = parts.site().callbacks;
  if (!rules) return { phone: written, isCalled: false };
  const callable = callableNumber(written, rules);
  if (callable === 'unreadable')
    throw refuse('bad-request', 'this is no telephone number', { field: 'phone' });
  if (callable === 'refused') throw refuse('bad-request', 'we do not call such numbers', { field: 'phone' });
  const { number } = callable;
  // As it was typed it may have looked different from what was blocked.
  refuseBlocked(parts.senders, 'form', { phone: number });
  if (await parts.callbacks.isTooMany(number, externalId))
    throw refuse('too-many-tries', 'this number has been asked to be called often enough for today');
  return { phone: number, isCalled: true };
}

/** The letters of its id that tell the time (lib/ids), so no two customers have the same; they stand in the answer's subject. */
const referenceOf = (threadId: string): string => threadId.slice(4, 12);
