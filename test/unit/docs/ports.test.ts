/** docs/ports.md says what settings, units and the firewall's rules say. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseEnv } from 'node:util';
import { answersSchema, settingsText } from '../../../installer/install/answers.ts';
import { firewallText } from '../../../installer/networks/firewall.ts';
import { parseHouseNetworks } from '../../../installer/networks/house-networks.ts';
import { readSettings, type Settings } from '../../../installer/settings.ts';
import { egressPurposes } from '../../../server/contract/rest-channels.ts';
import { codesIn, docText, projectDir, rowsUnder } from '../../support/doc-tables.ts';

const page = docText('ports.md');
const lists = ['phones', 'trunks', 'users', 'monitoring'] as const;

/** By setting, as the page writes it. */
function portsOf({ httpPort, publicPort, sipPort, rtpFirst, rtpLast }: Settings): Record<string, string> {
  return {
    HEARTHLINE_HTTP_PORT: String(httpPort),
    HEARTHLINE_PUBLIC_PORT: String(publicPort),
    HEARTHLINE_SIP_PORT: String(sipPort),
    HEARTHLINE_RTP_PORTS: `${rtpFirst}-${rtpLast}`,
  };
}

const clone = readSettings({}, '/');
const answers = answersSchema.parse({ names: ['hearthline.bank.example'] });
const installed = readSettings(parseEnv(settingsText(answers)), '/');

/** `list protocol port` of each rule that lets somebody in. */
function letIn(rules: string): Set<string> {
  const found = rules.matchAll(/ip saddr @(\w+)4 (tcp|udp) dport (\{[^}]*\}|\S+) accept/g);
  return new Set(
    [...found].flatMap(([, list, protocol, ports]) =>
      ports!
        .replaceAll(/[{}]/g, '')
        .split(',')
        .map((port) => `${list} ${protocol} ${port.trim()}`),
    ),
  );
}

const rules = firewallText(
  installed,
  parseHouseNetworks(
    JSON.stringify({
      networks: Object.fromEntries(lists.map((name, index) => [name, [`10.${index}.0.0/16`]])),
    }),
    'networks',
  ),
);

describe('docs/ports.md', () => {
  const open = rowsUnder(page, 'Open to the network').map(
    ([protocol = '', ofClone = '', ofInstalled = '', from = '', process = '', , setting = '']) => ({
      protocol,
      ofClone,
      ofInstalled,
      from: codesIn(from),
      process,
      setting: codesIn(setting)[0] ?? '',
    }),
  );

  it('has the ports of both houses as their settings have them by default', () => {
    for (const { setting, ofClone, ofInstalled } of open) {
      expect(ofClone, `${setting} of a clone`).to.equal(portsOf(clone)[setting]);
      expect(ofInstalled, `${setting} of an installed house`).to.equal(portsOf(installed)[setting]);
    }
    expect(new Set(open.map(({ setting }) => setting))).to.deep.equal(new Set(Object.keys(portsOf(clone))));
  });

  it('names the process that opens each, as its unit tells it', () => {
    for (const { process, setting } of open)
      expect(readFileSync(`${projectDir}systemd/hearthline-${process}.service`, 'utf8')).to.contain(setting);
  });

  it('lets in by its table of ports whom the firewall lets in, and nobody else', () => {
    const told = open.flatMap(({ protocol, ofInstalled, from }) =>
      from.map((list) => `${list} ${protocol.toLowerCase()} ${ofInstalled}`),
    );
    expect(new Set(told)).to.deep.equal(letIn(rules));
  });

  it('lets in by its table of the firewall whom the firewall lets in, and nobody else', () => {
    const told = rowsUnder(page, 'The firewall of the machine').flatMap(([list = '', tcp = '', udp = '']) =>
      [
        ['tcp', tcp],
        ['udp', udp],
      ].flatMap(([protocol, ports = '']) =>
        ports === '' ? [] : ports.split(', ').map((port) => `${codesIn(list)[0]} ${protocol} ${port}`),
      ),
    );
    expect(new Set(told)).to.deep.equal(letIn(rules));
  });

  it('has the control port of the SIP engine as the units have it', () => {
    const [, port] = /TCP 127\.0\.0\.1:(\d+) \(installed\)/.exec(page) ?? [];
    for (const name of ['sip', 'server'])
      expect(readFileSync(`${projectDir}systemd/hearthline-${name}.service`, 'utf8')).to.contain(
        `HEARTHLINE_SIP_CONTROL=127.0.0.1:${port}`,
      );
  });

  it('lists every purpose that can lead out, and no other', () => {
    const told = rowsUnder(page, 'What it opens itself').flatMap(([purpose = '']) => codesIn(purpose));
    expect(told.sort()).to.deep.equal([...egressPurposes].sort());
  });
});
