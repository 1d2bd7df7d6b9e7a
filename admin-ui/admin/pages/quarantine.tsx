/** Mails in quarantine: those that somebody has to look at, or all of them; one of them open above the list. */
import { useState } from 'preact/hooks';
import type { QuarantineRow, QuarantineShow } from '../../../server/contract/rest-quarantine.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { usePaged } from '../parts/paged.ts';
import { PageHead } from '../parts/shell.tsx';
import { ListState, Pager, Table } from '../parts/table.tsx';
import { formats, words, type TextKey } from '../reading.ts';
import { OpenMail, senderOf, type Told } from './quarantine-mail.tsx';
import { reasonWord } from './quarantine-words.ts';
import { lookForQuarantine } from './quarantine-badge.ts';

const shows: readonly { id: QuarantineShow; word: TextKey }[] = [
  { id: 'unsettled', word: 'quarantineUnsettled' },
  { id: 'all', word: 'quarantineAll' },
];

function Shows({ show, onShow }: { show: QuarantineShow; onShow: (show: QuarantineShow) => void }) {
  return (
    <div class="shows" role="group" aria-label={words.value.quarantineShow}>
      {shows.map(({ id, word }) => (
        <button key={id} type="button" class="button" aria-pressed={show === id} onClick={() => onShow(id)}>
          {words.value[word]}
        </button>
      ))}
    </div>
  );
}

interface MailListProps {
  show: QuarantineShow;
  open: QuarantineRow | undefined;
  onOpen: (mail: QuarantineRow) => void;
}

function MailList({ show, open, onOpen }: MailListProps) {
  const list = usePaged<QuarantineRow>(`/api/quarantine?show=${show}`);
  const w = words.value;
  const { bytes, dateTime } = formats.value;
  return (
    <>
      <Pager list={list} />
      <ListState list={list} />
      {list.items && (
        <Table
          name={w.pageQuarantine}
          columns={[
            { id: 'at', title: w.quarantineReceived },
            { id: 'sender', title: w.colSender },
            { id: 'subject', title: w.colSubject },
            { id: 'mailbox', title: w.colMailbox },
            { id: 'why', title: w.colReason },
            { id: 'size', title: w.colSize, isNumber: true },
            { id: 'action', title: w.colActions },
          ]}
          empty={show === 'all' ? w.quarantineNothing : w.quarantineNothingUnsettled}
          isEmpty={list.items.length === 0}
        >
          {list.items.map((mail) => (
            <tr
              key={mail.rawId}
              data-mail={mail.rawId}
              class={open?.rawId === mail.rawId ? 'is-current' : ''}
            >
              <td>{dateTime(mail.receivedAt)}</td>
              <td data-given title={senderOf(w, mail)}>
                {senderOf(w, mail)}
              </td>
              <td data-given title={mail.subject ?? ''}>
                {mail.subject ?? w.quarantineNoSubject}
              </td>
              <td data-given title={mail.mailboxId}>
                {mail.mailboxId}
              </td>
              <td title={w[reasonWord[mail.reason].whole]}>{w[reasonWord[mail.reason].short]}</td>
              <td class="is-number">{bytes(mail.bytes)}</td>
              <td>
                <button
                  type="button"
                  class="button is-small"
                  aria-label={fill(w.quarantineOpenOf, { time: dateTime(mail.receivedAt) })}
                  onClick={() => onOpen(mail)}
                >
                  {w.quarantineOpen}
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

export function QuarantinePage() {
  const [show, setShow] = useState<QuarantineShow>('unsettled');
  const [open, setOpen] = useState<QuarantineRow>();
  const [told, setTold] = useState<Told>();
  /** The list is read anew after each change. */
  const [changes, setChanges] = useState(0);
  const w = words.value;
  const done = (result: Told) => {
    setOpen(undefined);
    setTold(result);
    setChanges(changes + 1);
    void lookForQuarantine();
  };
  return (
    <>
      <PageHead title={w.pageQuarantine}>
        <p class="quiet">{w.quarantineHelp}</p>
        <Shows
          show={show}
          onShow={(next) => {
            setShow(next);
            setOpen(undefined);
            setTold(undefined);
          }}
        />
      </PageHead>
      {told && <Notice kind={told.isGood ? 'good' : 'bad'}>{told.text}</Notice>}
      {open && <OpenMail key={open.rawId} mail={open} onDone={done} onClose={() => setOpen(undefined)} />}
      <MailList
        key={`${show} ${changes}`}
        show={show}
        open={open}
        onOpen={(mail) => {
          setTold(undefined);
          setOpen(mail);
        }}
      />
    </>
  );
}
