/**
 * The site file as text: the same file that the command line exports and imports. Checked as a whole;
 * faults name their lines, and a click goes there. An import names the version it was made from, so
 * that two administrators never overwrite each other unseen.
 */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type {
  SiteCheckAnswer,
  SiteFaultView,
  SiteImportAnswer,
  SiteRequest,
  SiteView,
} from '../../../server/contract/rest.ts';
import { fill, plural } from '../../shared/words.ts';
import { Notice, type NoticeKind } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { language, words } from '../reading.ts';
import { api, may, refusalText } from '../session.ts';

/** Where line `line` (from 1) begins and ends in the text. */
export function lineRange(text: string, line: number): { start: number; end: number } {
  let start = 0;
  for (let seen = 1; seen < line; seen += 1) {
    const next = text.indexOf('\n', start);
    if (next < 0) break;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  return { start, end: end < 0 ? text.length : end };
}

function faultsOf(details: Record<string, unknown>): SiteFaultView[] {
  return Array.isArray(details['faults']) ? (details['faults'] as SiteFaultView[]) : [];
}

interface EditorProps {
  text: string;
  faults: SiteFaultView[];
  isReadOnly: boolean;
  onText: (text: string) => void;
  area: { current: HTMLTextAreaElement | null };
}

function Editor({ text, faults, isReadOnly, onText, area }: EditorProps) {
  const gutter = useRef<HTMLPreElement>(null);
  const lineCount = useMemo(() => text.split('\n').length, [text]);
  const faulty = useMemo(() => new Set(faults.map((fault) => fault.line)), [faults]);
  const numbers = useMemo(
    () =>
      Array.from(
        { length: lineCount },
        (_, index) => `${faulty.has(index + 1) ? '●' : ' '}${index + 1}`,
      ).join('\n'),
    [lineCount, faulty],
  );
  return (
    <div class="editor">
      <pre class="gutter" ref={gutter} aria-hidden="true">
        {numbers}
      </pre>
      <textarea
        ref={area}
        aria-label={words.value.siteText}
        spellcheck={false}
        autocomplete="off"
        wrap="off"
        readOnly={isReadOnly}
        value={text}
        onInput={(event) => onText(event.currentTarget.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}

function Faults({ faults, onGo }: { faults: SiteFaultView[]; onGo: (fault: SiteFaultView) => void }) {
  if (faults.length === 0) return null;
  const w = words.value;
  return (
    <section class="faults">
      <Notice kind="bad">{plural(language.value, w.siteFaults, faults.length)}</Notice>
      <ul>
        {faults.map((fault, index) => (
          <li key={index}>
            <button type="button" class="fault" onClick={() => onGo(fault)}>
              <b>
                {fault.line === undefined ? fault.path.join('.') : fill(w.siteLine, { line: fault.line })}
              </b>
              <span>{fault.message}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useSite() {
  const [view, setView] = useState<SiteView>();
  const [text, setText] = useState('');
  const [faults, setFaults] = useState<SiteFaultView[]>([]);
  const [notice, setNotice] = useState<{ kind: NoticeKind; text: string }>();
  const [isBusy, setBusy] = useState(false);

  const load = useCallback(async () => {
    setBusy(true);
    const answer = await api<SiteView>('/api/site');
    setBusy(false);
    setFaults([]);
    if (answer.isOk) {
      setView(answer.body);
      setText(answer.body.yaml);
      setNotice(undefined);
    } else setNotice({ kind: 'bad', text: refusalText(answer) });
  }, []);
  const check = async () => {
    setBusy(true);
    const body: SiteRequest = { yaml: text };
    const answer = await api<SiteCheckAnswer>('/api/site/check', { method: 'POST', body });
    setBusy(false);
    setFaults(answer.isOk ? answer.body.faults : []);
    if (!answer.isOk) setNotice({ kind: 'bad', text: refusalText(answer) });
    else setNotice(answer.body.isValid ? { kind: 'good', text: words.peek().siteValid } : undefined);
  };
  const put = async () => {
    if (!view) return;
    setBusy(true);
    setNotice(undefined);
    const body: SiteRequest = { yaml: text, ifVersion: view.version };
    const answer = await api<SiteImportAnswer>('/api/site', { method: 'PUT', body, timeoutMs: 60_000 });
    setBusy(false);
    if (answer.isOk) {
      setFaults([]);
      setView({ ...view, version: answer.body.version, yaml: text });
      setNotice({ kind: 'good', text: fill(words.peek().siteImported, { version: answer.body.version }) });
    } else if (answer.code === 'site-invalid') setFaults(faultsOf(answer.details));
    else if (answer.code === 'conflict') setNotice({ kind: 'bad', text: words.peek().siteConflict });
    else setNotice({ kind: 'bad', text: refusalText(answer) });
  };
  return { view, text, setText, faults, notice, isBusy, load, check, put };
}

export function SitePage() {
  const { view, text, setText, faults, notice, isBusy, load, check, put } = useSite();
  const area = useRef<HTMLTextAreaElement>(null);
  const isChanged = view !== undefined && view.yaml !== text;
  const canWrite = may('site.write');
  useEffect(() => {
    void load();
  }, [load]);
  useEffect(() => {
    if (!isChanged) return undefined;
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', hold);
    return () => window.removeEventListener('beforeunload', hold);
  }, [isChanged]);
  const goTo = (fault: SiteFaultView) => {
    const box = area.current;
    if (!box || fault.line === undefined) return;
    const { start, end } = lineRange(text, fault.line);
    box.focus();
    box.setSelectionRange(start, end);
    const lineHeight = Number.parseFloat(getComputedStyle(box).lineHeight) || 20;
    box.scrollTop = Math.max(0, (fault.line - 4) * lineHeight);
  };
  const w = words.value;
  return (
    <div class="site-page">
      <PageHead title={w.pageSite}>
        {view && <p class="quiet">{fill(w.siteVersion, { version: view.version })}</p>}
        {isChanged && <p class="changed">{w.siteChanged}</p>}
        <div class="head-actions">
          <a class="button" href="/api/site?format=yaml" download="site.yaml">
            {w.siteDownload}
          </a>
          <button type="button" class="button" disabled={isBusy} onClick={() => void load()}>
            {w.siteReload}
          </button>
          <button type="button" class="button" disabled={isBusy || !canWrite} onClick={() => void check()}>
            {w.siteCheck}
          </button>
          <button
            type="button"
            class="button is-main"
            disabled={isBusy || !isChanged || !canWrite}
            onClick={() => void put()}
          >
            {w.siteImport}
          </button>
        </div>
      </PageHead>
      <p class="quiet">{w.siteHelp}</p>
      {notice && <Notice kind={notice.kind}>{notice.text}</Notice>}
      <Faults faults={faults} onGo={goTo} />
      {view && <Editor text={text} faults={faults} isReadOnly={!canWrite} onText={setText} area={area} />}
    </div>
  );
}
