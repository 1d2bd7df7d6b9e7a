/** The frame around every page: navigation on the left, account below it, the page on the right. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Role, SessionView } from '../../../server/contract/rest.ts';
import { languageList, languageNames } from '../../shared/words.ts';
import { language, setLanguage, words, type TextKey } from '../reading.ts';
import { go, page, pages } from '../route.ts';
import { signOut } from '../session.ts';
import { PageIcon } from './icons.tsx';

const roleWord: Record<Role, TextKey> = {
  admin: 'roleAdmin',
  supervisor: 'roleSupervisor',
  agent: 'roleAgent',
  viewer: 'roleViewer',
};

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 26h26v2.6H3z" />
      <path d="M16 3c1 4.5 7 7 7 13.2A7 7 0 0 1 16 23a7 7 0 0 1-7-6.800c0-3 1.600-4.600 2.800-6.600c.6 1.600 1.200 2.400 2.200 3C13.600 9 14.400 6 16 3z" />
    </svg>
  );
}

export function LanguageChoice() {
  return (
    <div class="languages" role="group" aria-label={words.value.language}>
      {languageList.map((entry) => (
        <button
          key={entry}
          type="button"
          lang={entry}
          aria-pressed={language.value === entry}
          onClick={() => setLanguage(entry)}
        >
          {languageNames[entry]}
        </button>
      ))}
    </div>
  );
}

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
          <LanguageChoice />
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

export function Shell({ session, children }: { session: SessionView; children: ComponentChildren }) {
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
        <p class="brand">
          <Mark />
          {words.value.appName}
        </p>
        <nav aria-label={words.value.navigation}>
          {pages
            .filter((entry) => session.may.includes(entry.permission))
            .map((entry) => (
              <a
                key={entry.id}
                href={`#/${entry.id}`}
                {...(page.value === entry.id ? { 'aria-current': 'page' as const } : {})}
              >
                <PageIcon page={entry.id} />
                <span>{words.value[entry.word]}</span>
              </a>
            ))}
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
