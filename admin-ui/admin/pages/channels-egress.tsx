/** Which connections leave the building for the site in force: for the bank's firewall, and for whoever has to be sure. */
import { useEffect, useState } from 'preact/hooks';
import type { EgressList, EgressProtocol, EgressPurpose } from '../../../server/contract/rest-channels.ts';
import type { Answer } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { Table } from '../parts/table.tsx';
import { words, type TextKey } from '../reading.ts';
import { api, refusalText } from '../session.ts';

/** As IT has them in every language. */
const protocolText: Record<EgressProtocol, string> = {
  smtp: 'SMTP',
  'smtp-starttls': 'SMTP, STARTTLS',
  'smtp-tls': 'SMTP, TLS',
  imap: 'IMAP',
  'imap-starttls': 'IMAP, STARTTLS',
  'imap-tls': 'IMAP, TLS',
  http: 'HTTP',
  https: 'HTTPS',
  clamd: 'clamd (TCP)',
  'sip-udp': 'SIP (UDP), RTP',
  'sip-tcp': 'SIP (TCP), RTP',
  'syslog-tls': 'Syslog (TLS)',
  'syslog-tcp': 'Syslog (TCP)',
  'syslog-udp': 'Syslog (UDP)',
  postgres: 'PostgreSQL',
  'postgres-tls': 'PostgreSQL (TLS)',
  redis: 'Redis',
  'redis-tls': 'Redis (TLS)',
};
export const purposeWord: Record<EgressPurpose, TextKey> = {
  'mail-relay': 'purposeMailRelay',
  mailbox: 'purposeMailbox',
  'relay-token': 'purposeRelayToken',
  'mailbox-token': 'purposeMailboxToken',
  connector: 'purposeConnector',
  'virus-scanner': 'purposeVirusScanner',
  trunk: 'purposeTrunk',
  alerts: 'purposeAlerts',
  siem: 'purposeSiem',
  postgres: 'purposePostgres',
  redis: 'purposeRedis',
};

function Connections({ items }: EgressList) {
  const w = words.value;
  if (items.length === 0)
    return (
      <div>
        <Notice kind="good">{w.egressNothing}</Notice>
      </div>
    );
  return (
    <>
      <Table
        name={w.egressTitle}
        columns={[
          { id: 'host', title: w.colHost },
          { id: 'port', title: w.colPort, isNumber: true },
          { id: 'protocol', title: w.colProtocol },
          { id: 'purpose', title: w.colPurpose },
          { id: 'used-by', title: w.colUsedBy },
        ]}
        empty=""
        isEmpty={false}
      >
        {items.map(({ host, port, protocol, purpose, usedBy }) => (
          <tr key={`${host} ${port} ${protocol} ${purpose}`} data-egress={`${host}:${port}`}>
            <td data-given title={host}>
              {host}
            </td>
            <td class="is-number">{port}</td>
            <td>{protocolText[protocol]}</td>
            <td>{w[purposeWord[purpose]]}</td>
            <td data-given title={usedBy.join(', ')}>
              {usedBy.length === 0 ? w.none : usedBy.join(', ')}
            </td>
          </tr>
        ))}
      </Table>
      <p class="quiet">{w.egressNames}</p>
    </>
  );
}

export function Egress() {
  const [answer, setAnswer] = useState<Answer<EgressList>>();
  useEffect(() => {
    void api<EgressList>('/api/channels/egress').then(setAnswer);
  }, []);
  const w = words.value;
  return (
    <section class="channels-part egress" aria-labelledby="egress-title">
      <h2 id="egress-title">{w.egressTitle}</h2>
      <p class="quiet">{w.egressHelp}</p>
      {answer && !answer.isOk && <Notice kind="bad">{refusalText(answer)}</Notice>}
      {answer?.isOk && <Connections items={answer.body.items} />}
    </section>
  );
}
