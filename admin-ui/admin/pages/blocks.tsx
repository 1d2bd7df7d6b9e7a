/** Blocked senders: who is blocked, why, by whom and until when; blocking and taking from somebody again. */
import { useEffect, useState } from 'preact/hooks';
import type { BlockPage, BlockRow } from '../../../server/contract/rest-quarantine.ts';
import { Field } from '../../shared/parts/field.tsx';
import { fill, plural } from '../../shared/words.ts';
import { usePaged } from '../parts/paged.ts';
import { PageHead } from '../parts/shell.tsx';
import { ListState, Pager, Table } from '../parts/table.tsx';
import { formats, language, words } from '../reading.ts';
import { api } from '../session.ts';
import { AskRemove, kindWord, NewBlock } from './blocks-ask.tsx';

/** Somebody types: not a question for every letter. */
const typedForMs = 250;

function BlockList({ find, onRemove }: { find: string; onRemove: (block: BlockRow) => void }) {
  const list = usePaged<BlockRow>(`/api/blocks?find=${encodeURIComponent(find)}`);
  const w = words.value;
  const { date } = formats.value;
  return (
    <>
      <Pager list={list} />
      <ListState list={list} />
      {list.items && (
        <Table
          name={w.pageBlocks}
          columns={[
            { id: 'blocked', title: w.colSender },
            { id: 'kind', title: w.blocksKind },
            { id: 'reason', title: w.blocksWhy },
            { id: 'by', title: w.blocksBy },
            { id: 'day', title: w.blocksSince },
            { id: 'day', title: w.blocksUntil },
            { id: 'action', title: w.colActions },
          ]}
          empty={find === '' ? w.blocksNothing : w.blocksNotFound}
          isEmpty={list.items.length === 0}
        >
          {list.items.map((block) => (
            <tr key={block.blockId} data-block={block.value}>
              <td data-given title={block.value}>
                {block.value}
              </td>
              <td>{w[kindWord[block.kind].name]}</td>
              <td data-given title={block.reason}>
                {block.reason}
              </td>
              <td data-given title={block.by}>
                {block.by}
              </td>
              <td>{date(block.since)}</td>
              {/* The last day, and not the midnight that ends it. */}
              <td>{block.endsAt === undefined ? w.blocksForever : date(block.endsAt - 1)}</td>
              <td>
                <button
                  type="button"
                  class="button is-small"
                  aria-label={fill(w.blocksRemoveOf, { value: block.value })}
                  onClick={() => onRemove(block)}
                >
                  {w.blocksRemove}
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function useTotal(changes: number): number | undefined {
  const [total, setTotal] = useState<number>();
  useEffect(() => {
    void api<BlockPage>('/api/blocks?limit=1').then((answer) => {
      if (answer.isOk) setTotal(answer.body.total);
    });
  }, [changes]);
  return total;
}

export function BlocksPage() {
  const [typed, setTyped] = useState('');
  const [find, setFind] = useState('');
  const [removing, setRemoving] = useState<BlockRow>();
  /** The list is read anew after each change. */
  const [changes, setChanges] = useState(0);
  const total = useTotal(changes);
  useEffect(() => {
    const timer = setTimeout(() => setFind(typed.trim()), typedForMs);
    return () => clearTimeout(timer);
  }, [typed]);
  const w = words.value;
  return (
    <>
      <PageHead title={w.pageBlocks}>
        <p class="quiet">{w.blocksHelp}</p>
      </PageHead>
      <NewBlock onAdded={() => setChanges(changes + 1)} />
      <div class="find-block">
        <Field
          id="block-find"
          label={w.blocksFind}
          value={typed}
          onText={setTyped}
          autocomplete="off"
          spellcheck={false}
          maxLength={100}
        />
        {total !== undefined && (
          <p class="quiet">{plural(language.value, w.blocksTotal, total, formats.value.number(total))}</p>
        )}
      </div>
      <BlockList key={`${find} ${changes}`} find={find} onRemove={setRemoving} />
      {removing && (
        <AskRemove
          block={removing}
          onClose={() => setRemoving(undefined)}
          onDone={() => {
            setRemoving(undefined);
            setChanges(changes + 1);
          }}
        />
      )}
    </>
  );
}
