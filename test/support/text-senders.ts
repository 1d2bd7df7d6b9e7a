/**
 * Those who bring texts to the house and do not give up, for tests that kill parts of it: a relay that delivers mails until
 * it hears 250, and a web site that posts its form until it hears 202.
 */
import { createTransport } from 'nodemailer';
import { until } from './until.ts';

const patienceMs = 120_000;
const betweenTriesMs = 100;

async function insist(what: string, attempt: () => Promise<boolean>): Promise<void> {
  let nextAt = 0;
  await until(
    what,
    async () => {
      if (performance.now() < nextAt) return false;
      const isDone = await attempt();
      nextAt = performance.now() + betweenTriesMs;
      return isDone;
    },
    patienceMs,
  );
}

/** Resolves when the house has said 250. A connection each time, since the last one may be dead. */
export function relayMail(
  port: number,
  mail: { from: string; subject: string; text: string },
): Promise<void> {
  // One message, whatever the number of deliveries.
  const messageId = `<${mail.subject.replaceAll(' ', '-')}@customers.example>`;
  const date = new Date();
  return insist(`${mail.subject} is taken`, async () => {
    const relay = createTransport({
      host: '127.0.0.1',
      port,
      secure: false,
      ignoreTLS: true,
      connectionTimeout: 2000,
      socketTimeout: 10_000,
    });
    try {
      await relay.sendMail({ ...mail, messageId, date, to: 'help@bank.example' });
      return true;
    } catch {
      return false;
    } finally {
      relay.close();
    }
  });
}

/** Resolves when the house has said 202. */
export function postForm(
  url: string,
  form: { clientId: string; email: string; text: string },
): Promise<void> {
  return insist(`form ${form.clientId} is taken`, async () => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: 'https://www.bank.example',
        // Held to what one person does, were they all from one address.
        'x-forwarded-for': `10.9.${Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`,
      },
      body: JSON.stringify({ language: 'en', wants: 'mail', ...form }),
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined);
    return answer?.status === 202;
  });
}
