/**
 * A supervisor's hand on an agent (M1): a small button in the agent's row opens a menu; to log out asks first. Says what
 * the server answered, and changes nothing on the screen by itself: the row follows the live line. One menu for the whole
 * page, outside the table, which would cut it off.
 */
import { useSignal, type Signal } from '@preact/signals';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AgentStateAnswer, AgentStateRequest, AgentTarget } from '../../../server/contract/agents.ts';
import type { AgentLive, FloorState } from '../../../server/contract/live.ts';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../../shared/parts/field.tsx';
import { words } from '../reading.ts';
import { api, may, refusalText } from '../session.ts';
import { actionsFor, doneText, refusedText } from './agent-actions.ts';
import type { Told } from './told.tsx';

const boundMs = 8000;
export interface AgentSwitch {
  /** Whose menu is open. */
  open: Signal<string | undefined>;
  /** Who is asked about to be logged out. */
  leaving: Signal<string | undefined>;
  told: Signal<Told | undefined>;
}

/** Undefined for those who may not. `told`: where the answer is shown. */
export function useAgentSwitch(told: Signal<Told | undefined>): AgentSwitch | undefined {
  const open = useSignal<string | undefined>(undefined);
  const leaving = useSignal<string | undefined>(undefined);
  return may('agents.switch') ? { open, leaving, told } : undefined;
}

const openerId = (agentId: string) => `agent-menu-${agentId}`;
const menuId = 'agent-menu';

interface ButtonProps {
  agent: AgentLive;
  control: AgentSwitch;
}

export function AgentMenuButton({ agent, control: { open } }: ButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const mine = button.current;
    // Whoever has been logged out has no button any more: the focus stays in the table.
    return () => {
      if (mine && document.activeElement === mine)
        mine.closest<HTMLElement>('.table-box')?.focus({ preventScroll: true });
    };
  }, []);
  const isOpen = open.value === agent.agentId;
  return (
    <button
      ref={button}
      type="button"
      id={openerId(agent.agentId)}
      class="agent-menu-opener"
      aria-label={fill(words.value.agentActions, { agent: agent.name })}
      aria-haspopup="menu"
      aria-expanded={isOpen}
      {...(isOpen ? { 'aria-controls': menuId } : {})}
      onClick={() => {
        open.value = isOpen ? undefined : agent.agentId;
      }}
    >
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path
          d="M10 4v.01M10 10v.01M10 16v.01"
          fill="none"
          stroke="currentColor"
          stroke-width="3"
          stroke-linecap="round"
        />
      </svg>
    </button>
  );
}

/** Below the opener, or above where there is no room below; never outside the window. */
function place(menu: HTMLElement, opener: HTMLElement): void {
  const anchor = opener.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = anchor.bottom + 4;
  const top = below + height > window.innerHeight - 8 ? anchor.top - 4 - height : below;
  menu.style.top = `${Math.max(8, top)}px`;
  menu.style.left = `${Math.max(8, Math.min(anchor.right, window.innerWidth - 8) - width)}px`;
}

function useMenuLife(agentId: string, onClose: () => void) {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const opener = document.getElementById(openerId(agentId));
    if (!menu.current || !opener) {
      onClose();
      return undefined;
    }
    place(menu.current, opener);
    menu.current.querySelector<HTMLElement>('[role=menuitem]:not([aria-disabled=true])')?.focus();
    const onPointer = (event: Event) => {
      const target = event.target as Node;
      if (!menu.current?.contains(target) && !opener.contains(target)) onClose();
    };
    // What it belongs to moves away from under it.
    const onMove = (event: Event) => {
      if (!(event.target instanceof Node) || event.target.contains(opener)) onClose();
    };
    document.addEventListener('pointerdown', onPointer);
    document.addEventListener('scroll', onMove, true);
    window.addEventListener('resize', onClose);
    return () => {
      document.removeEventListener('pointerdown', onPointer);
      document.removeEventListener('scroll', onMove, true);
      window.removeEventListener('resize', onClose);
    };
  }, [agentId]);
  return menu;
}

/** Arrows go round, Home and End to the ends; impossible items are read out, too. */
function moveFocus(menu: HTMLElement, key: string): boolean {
  const items = [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[key];
  if (next === undefined) return false;
  items.at(next % items.length)?.focus();
  return true;
}

interface MenuProps {
  agent: AgentLive;
  onChoose: (to: AgentTarget) => void;
  onClose: () => void;
}

function Menu({ agent, onChoose, onClose }: MenuProps) {
  const menu = useMenuLife(agent.agentId, onClose);
  const w = words.value;
  const back = () => {
    onClose();
    document.getElementById(openerId(agent.agentId))?.focus();
  };
  return (
    <div
      ref={menu}
      id={menuId}
      class="agent-menu"
      role="menu"
      aria-label={fill(w.agentActions, { agent: agent.name })}
      onKeyDown={(event) => {
        if (event.key === 'Escape') back();
        else if (event.key === 'Tab') onClose();
        else if (!menu.current || !moveFocus(menu.current, event.key)) return;
        if (event.key !== 'Tab') event.preventDefault();
      }}
    >
      <p class="agent-menu-name" data-given>
        {agent.name}
      </p>
      {actionsFor(agent.state).map(({ to, word, isPossible }) => (
        <button
          key={to}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={`menu-item ${to === 'logged-out' ? 'is-danger' : ''}`}
          data-to={to}
          aria-disabled={!isPossible}
          onClick={() => {
            if (!isPossible) return;
            back();
            onChoose(to);
          }}
        >
          {w[word]}
        </button>
      ))}
    </div>
  );
}

interface AskProps {
  agent: AgentLive;
  onConfirm: (reason: string) => void;
  onClose: () => void;
}

function AskLogOut({ agent, onConfirm, onClose }: AskProps) {
  const [reason, setReason] = useState('');
  // Who presses Enter twice in a hurry logs nobody out.
  useLayoutEffect(() => document.querySelector<HTMLElement>('.dialog-actions button')?.focus(), []);
  const w = words.value;
  const { name, state } = agent;
  const isLater = state === 'talking' || state === 'hold' || state === 'wrap-up';
  const isRinging = state === 'reserved' || state === 'ringing';
  return (
    <Dialog
      title={fill(w.agentLogOutTitle, { agent: name })}
      confirm={w.agentLogOutConfirm}
      isDanger
      onConfirm={() => onConfirm(reason.trim())}
      onClose={onClose}
    >
      <p class="agent-leave-text">
        {isRinging && `${w.agentLogOutRinging} `}
        {isLater ? w.agentLogOutAfter : fill(w.agentLogOutNow, { agent: name })}
      </p>
      <Field
        id="agent-why"
        label={w.agentWhy}
        help={w.agentWhyHelp}
        value={reason}
        onText={setReason}
        maxLength={200}
        autocomplete="off"
      />
    </Dialog>
  );
}

export function AgentSwitchParts({ control, floor }: { control: AgentSwitch; floor: FloorState }) {
  const { open, leaving, told } = control;
  const menuOf = floor.agents[open.value ?? ''];
  const asked = floor.agents[leaving.value ?? ''];
  const run = async ({ agentId, name }: AgentLive, to: AgentTarget, reason = '') => {
    told.value = undefined;
    const body: AgentStateRequest = { to, ...(reason !== '' && { reason }) };
    const answer = await api<AgentStateAnswer>(`/api/agents/${encodeURIComponent(agentId)}/state`, {
      method: 'PUT',
      body,
      timeoutMs: boundMs,
    });
    const w = words.peek();
    told.value = answer.isOk
      ? { isGood: true, text: doneText(w, name, answer.body) }
      : { isGood: false, text: refusedText(w, name, answer, refusalText(answer)) };
  };
  return (
    <>
      {menuOf && (
        <Menu
          key={menuOf.agentId}
          agent={menuOf}
          onClose={() => {
            open.value = undefined;
          }}
          onChoose={(to) => {
            if (to === 'logged-out') leaving.value = menuOf.agentId;
            else void run(menuOf, to);
          }}
        />
      )}
      {asked && (
        <AskLogOut
          agent={asked}
          onClose={() => {
            leaving.value = undefined;
          }}
          onConfirm={(reason) => {
            leaving.value = undefined;
            void run(asked, 'logged-out', reason);
          }}
        />
      )}
    </>
  );
}
