/** The frame around every page: navigation on the left, account below it, the page on the right. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Role, SessionView } from '../../../server/contract/rest.ts';
import type { NamedView } from '../../../server/contract/user-view.ts';
import { LanguageChoice } from '../../shared/parts/language-choice.tsx';
import { Mark } from '../../shared/parts/mark.tsx';
import { plural } from '../../shared/words.ts';
import { language, reading, words, type TextKey } from '../reading.ts';
import { unacknowledgedAlerts, watchAlerts } from '../pages/alerts-badge.ts';
import { unsettledMails, watchQuarantine } from '../pages/quarantine-badge.ts';
import { go, page, pagesOf } from '../route.ts';
import { signOut } from '../session.ts';
import { viewText } from '../view-text.ts';
import { PageIcon } from './icons.tsx';

const roleWord: Record<Role, TextKey> = {
  admin: 'roleAdmin',
  supervisor: 'roleSupervisor',
  viewer: 'roleViewer',
  agent: 'roleAgent',
};

function Account({ session }: { session: SessionView }) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  // Before it is painted: an Escape that follows at once must find a listener.
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      opener.current?.focus();
    };
    const onPointer = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('pointerdown', onPointer);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('pointerdown', onPointer);
    };
  }, [isOpen]);
  return (
    <div class="account" ref={box}>
      {isOpen && (
        <div class="account-menu" id="account-menu">
          <LanguageChoice reading={reading} />
          <button
            type="button"
            class="menu-item"
            onClick={() => {
              setOpen(false);
              go('password');
            }}
          >
            {words.value.changePassword}
          </button>
          <button type="button" class="menu-item" onClick={() => void signOut()}>
            {words.value.signOut}
          </button>
        </div>
      )}
      <button
        ref={opener}
        type="button"
        class="account-opener"
        aria-expanded={isOpen}
        aria-controls="account-menu"
        onClick={() => setOpen(!isOpen)}
      >
        <span class="avatar" aria-hidden="true">
          {session.me.username.slice(0, 1).toUpperCase()}
        </span>
        <span class="account-text">
          <b data-given>{session.me.username}</b>
          <small>{words.value[roleWord[session.me.role]]}</small>
        </span>
      </button>
    </div>
  );
}

function QuarantineBadge() {
  useEffect(watchQuarantine, []);
  const count = unsettledMails.value;
  if (count === 0) return null;
  const text = plural(language.value, words.value.quarantineBadge, count);
  return (
    <span class="badge" title={text} aria-label={text}>
      {count > 99 ? '99+' : count}
    </span>
  );
}

function AlertsBadge() {
  useEffect(watchAlerts, []);
  const count = unacknowledgedAlerts.value;
  if (count === 0) return null;
  const text = plural(language.value, words.value.alertsBadge, count);
  return (
    <span class="badge" title={text} aria-label={text}>
      {count > 99 ? '99+' : count}
    </span>
  );
}

/** On every page: whoever sees a part must not take it for the whole. */
function SeenPart({ view }: { view: NamedView }) {
  const text = viewText(words.value, view);
  return (
    <p class="side-view" title={text}>
      <b>{words.value.viewYours}</b>
      <span data-given>{text}</span>
    </p>
  );
}

export function Shell({ session, children }: { session: SessionView; children: ComponentChildren }) {
  const shown = pagesOf(session);
  return (
    <div class="shell">
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          // The hash is the router's: move the focus by hand.
          event.preventDefault();
          document.getElementById('content')?.focus();
        }}
      >
        {words.value.skipToContent}
      </a>
      <aside class="side">
        <div>
          <p class="brand">
            <Mark />
            {words.value.appName}
          </p>
          {session.me.view && <SeenPart view={session.me.view} />}
        </div>
        <nav aria-label={words.value.navigation}>
          {shown.map((entry) => (
            <a
              key={entry.id}
              href={`#/${entry.id}`}
              {...(page.value === entry.id ? { 'aria-current': 'page' as const } : {})}
            >
              <PageIcon page={entry.id} />
              <span>{words.value[entry.word]}</span>
              {entry.id === 'alerts' && <AlertsBadge />}
              {entry.id === 'quarantine' && <QuarantineBadge />}
            </a>
          ))}
          {session.me.agentId !== undefined && (
            <a href="/agent/">
              <PageIcon page="desk" />
              <span>{words.value.pageDesk}</span>
            </a>
          )}
        </nav>
        <Account session={session} />
      </aside>
      <main class="content" id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="page-head">
      <h1>{title}</h1>
      {children}
    </header>
  );
}
