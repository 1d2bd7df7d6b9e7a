/** The audit trail, newest first, and whether its hash chain is whole. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { AuditRow, AuditVerdict } from '../../../server/contract/rest.ts';
import type { Answer } from '../../shared/api-client.ts';
import { fill, plural } from '../../shared/words.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { usePaged } from '../parts/paged.ts';
import { PageHead } from '../parts/shell.tsx';
import { ListState, Pager, Table } from '../parts/table.tsx';
import { formats, language, words } from '../reading.ts';
import { api, refusalText } from '../session.ts';

function detailsText(details: Record<string, unknown>): string {
  return Object.entries(details)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function Verdict({ answer }: { answer: Answer<AuditVerdict> | undefined }) {
  const w = words.value;
  if (!answer) return <p class="quiet">{w.auditVerifying}</p>;
  if (!answer.isOk) return <Notice kind="bad">{refusalText(answer)}</Notice>;
  const { isIntact, checked, firstFaultSeq } = answer.body;
  return isIntact ? (
    <Notice kind="good">
      {plural(language.value, w.auditIntact, checked, formats.value.number(checked))}
    </Notice>
  ) : (
    <Notice kind="bad">{fill(w.auditBroken, { seq: firstFaultSeq ?? '?' })}</Notice>
  );
}

export function AuditPage() {
  const list = usePaged<AuditRow>('/api/audit');
  const [verdict, setVerdict] = useState<Answer<AuditVerdict>>();
  const verify = useCallback(async () => {
    setVerdict(undefined);
    setVerdict(
      await api<AuditVerdict>('/api/audit/verify', { method: 'POST', body: {}, timeoutMs: 120_000 }),
    );
  }, []);
  useEffect(() => {
    void verify();
  }, [verify]);
  const w = words.value;
  const { dateTime, number } = formats.value;
  return (
    <>
      <PageHead title={w.pageAudit}>
        <Verdict answer={verdict} />
        <button type="button" class="button" disabled={!verdict} onClick={() => void verify()}>
          {w.auditVerify}
        </button>
        <Pager list={list} />
      </PageHead>
      <ListState list={list} />
      {list.items && (
        <Table
          name={w.pageAudit}
          columns={[
            { id: 'seq', title: w.colSeq, isNumber: true },
            { id: 'at', title: w.colAt },
            { id: 'actor', title: w.colActor },
            { id: 'what', title: w.colAction },
            { id: 'target', title: w.colTarget },
            { id: 'details', title: w.colDetails },
          ]}
          empty={w.nothingHere}
          isEmpty={list.items.length === 0}
        >
          {list.items.map((row) => (
            <tr key={row.seq}>
              <td class="is-number">{number(row.seq)}</td>
              <td>{dateTime(row.at)}</td>
              <td data-given>{row.actor}</td>
              <td data-given>{row.action}</td>
              <td data-given title={row.target ?? ''}>
                {row.target ?? w.none}
              </td>
              <td data-given title={detailsText(row.details)}>
                {detailsText(row.details)}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
