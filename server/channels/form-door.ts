/**
 * Forms of the bank's web sites (S13, S14): a request with a topic, to be answered by mail or by a call. It is kept, with the
 * consent it was sent under, before the web site is told so; the same `clientId` again is the same request, however often
 * the browser says it. An answer by mail goes out of the form's mailbox, and what the customer replies joins the thread.
 */
import express, { type Request, type Router } from 'express';
import type { SenderCheck } from '../app/text/block-list.ts';
import type { ChannelDesk } from '../app/text/channel.ts';
import { type FormConfig, type FormRequest, formRequestSchema, type FormTaken } from '../contract/chat.ts';
import { languages, type Language, type Site } from '../contract/site.ts';
import type { SiteForm } from '../contract/site-text.ts';
import { AddressRate } from './address-rate.ts';
import { refuseBlocked } from './blocked-sender.ts';
import { addressOf, crossOrigin, queryText, readAs, refuse, within } from './public-route.ts';
import { textIn } from './chat/chat-channel.ts';

export const formRate = { burst: 5, perMinute: 3 };

export interface FormDoorParts {
  desk: ChannelDesk;
  senders: SenderCheck;
  site(): Site;
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
    const asked = queryText(req, 'language');
    const language = languages.find((one) => one === asked) ?? parts.site().site.language;
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
  const { clientId, wants, email = '', phone = '', name, language, topic, text, consent, page } = request;
  const chosen = form.topics.find(({ id }) => id === topic);
  const isByMail = wants === 'mail' && form.mailbox !== undefined;
  const { threadId } = await parts.desk.take({
    channelId: isByMail ? 'mail' : 'form',
    endpointId: isByMail ? form.mailbox! : form.id,
    via: `form:${form.id}`,
    work: 'mail',
    queueId: chosen?.queue ?? form.queue,
    externalId: `form:${form.id}:${clientId}`,
    receivedAt: parts.now(),
    from: { address: isByMail ? email : phone, ...(name !== undefined && { name }) },
    language,
    text,
    subject: chosen ? textIn(chosen.name, language) : form.id,
    kind: 'message',
    mayBeAnswered: isByMail,
    clues: {},
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

/** The letters of its id that tell the time (lib/ids), so no two customers have the same; they stand in the answer's subject. */
const referenceOf = (threadId: string): string => threadId.slice(4, 12);
