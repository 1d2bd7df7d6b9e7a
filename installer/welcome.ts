/** What stands on the terminal once everything runs: where to look, what to type, what to do next. */
import { networkInterfaces } from 'node:os';
import type { FirstPhones } from './first-site.ts';
import { firstNumber } from './first-site.ts';
import { bankStores } from './bank-stores.ts';
import type { Settings } from './settings.ts';

export interface WelcomeInput {
  settings: Settings;
  setupSecret: string | undefined;
  firstPhones: FirstPhones | undefined;
  isRealTime: boolean;
  elsewhere: readonly string[];
  seconds: number;
  /** Bold headings, for a terminal only. */
  hasStyle: boolean;
}

/** The address others reach this machine by; loopback when there is no other. */
export function reachableAddress(bind: string): string {
  if (bind !== '0.0.0.0') return bind;
  for (const addresses of Object.values(networkInterfaces()))
    for (const address of addresses ?? [])
      if (address.family === 'IPv4' && !address.internal && !address.address.startsWith('169.254.'))
        return address.address;
  return '127.0.0.1';
}

export function welcomeText(input: WelcomeInput): string {
  const { settings, setupSecret, firstPhones } = input;
  const host = reachableAddress(settings.bind);
  const scheme = settings.tls ? 'https' : 'http';
  const web = `${scheme}://${host}:${settings.httpPort}`;
  const sip = `${host}:${settings.sipPort}`;
  const bold = (text: string) => (input.hasStyle ? `\u001b[1m${text}\u001b[0m` : text);
  const row = (label: string, value: string) => `  ${label.padEnd(20)}${value}`;
  const lines = ['', bold(`Hearthline is running (ready in ${input.seconds.toFixed(1)} s).`), ''];
  const customers = `${scheme}://${host}:${settings.publicPort}`;
  lines.push(
    row('Console', `${web}/`),
    row('Agents’ page', `${web}/agent/`),
    row('Wallboard', `${web}/wallboard/`),
    row('Chats and forms', `${customers}  (opens once the site has a widget, a form or a connector)`),
  );
  lines.push(row('SIP for phones', `${sip}  (UDP and TCP)`), row('Number to call', firstNumber));
  for (const { title, at } of bankStores(settings)) lines.push(row(title, `the bank’s own, at ${at}`));
  if (setupSecret !== undefined) lines.push(row('Administrator', `one-time secret  ${bold(setupSecret)}`));
  if (firstPhones && setupSecret !== undefined) {
    lines.push('', bold('Two phones, ready to register'));
    for (const { id, password } of firstPhones.phones)
      lines.push(row(`Phone ${id}`, `user ${id}   password ${password}   server ${sip}`));
    const { agent, pin } = firstPhones.freeSeating;
    lines.push(
      '',
      '  Agent 101 is tied to phone 1001: ready as soon as it registers.',
      `  Agent ${agent} sits anywhere: at phone 1002 dial *10${agent}, PIN ${pin}.`,
    );
  }
  if (setupSecret !== undefined)
    lines.push(
      '',
      bold('What to do next'),
      `  1. Open ${web}/ and choose a password with the one-time secret.`,
      `  2. Register phone 1001, then call ${firstNumber} from phone 1002: phone 1001 rings.`,
      `  3. Open ${web}/wallboard/ on a TV and approve the code it shows.`,
      `  4. Make a user with the role of agent, who works chats and mails at ${web}/agent/.`,
      '  Or watch simulated phones and callers first:  npm run demo',
      '  The secret and the phone passwords are shown until the administrator has signed in.',
    );
  if (!input.isRealTime)
    lines.push(
      '',
      '  Audio runs without real-time priority (start as root, or allow it with RLIMIT_RTPRIO).',
    );
  if (setupSecret !== undefined && input.elsewhere.length > 0)
    lines.push(
      '',
      '  Kept outside, where the databases’ own users can go:',
      ...input.elsewhere.map((e) => `  ${e}`),
    );
  lines.push('', `  Data and logs: ${settings.dataDir}   Stop: Ctrl-C`, '');
  return lines.join('\n');
}
