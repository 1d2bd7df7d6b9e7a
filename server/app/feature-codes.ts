/**
 * What an agent does from a desk phone alone (S138): *10 log in, *11 log out, *12 Ready, *13 + reason Not Ready,
 * *14 end wrap-up, *15 more time for it; each confirmed by voice. Such a call is no contact: it is not queued, recorded or counted.
 *
 *   arrived --answer--> (ask agent number --digits #--> ask PIN --digits #-->) act --> say --> hang up
 *
 * Wrong PINs are limited per agent and per phone, and what is said does not tell which part was wrong.
 */
import type { CallControl, CallEvent } from '../../sip/port.ts';
import { promptCatalogue, reasonPromptId } from '../config/prompt-catalogue.ts';
import type { Language } from '../contract/site.ts';
import type { AcdShell, Command } from './acd-shell.ts';
import type { ActiveSite } from './active-site.ts';
import type { ClockPort, LoggerPort, PromptPort } from './ports.ts';

type Step = 'agent' | 'pin' | 'saying';
interface FeatureCall {
  phoneId: string;
  dialled: string;
  language: Language;
  step: Step;
  digits: string;
  agentId: string;
  /** Nobody holds a line by saying nothing. */
  limit: NodeJS.Timeout;
}
const maxTries = 5;
const lockMs = 15 * 60_000;
const maxDigits = 16;
const maxCallMs = 60_000;
/** Play id of what ends a feature-code call. */
const saidId = 'say';

export class FeatureCodes {
  private readonly shell: AcdShell;
  private readonly calls: CallControl;
  private readonly site: ActiveSite;
  private readonly prompts: PromptPort;
  private readonly clock: ClockPort;
  private readonly logger: LoggerPort;
  private readonly verifyPin: (stored: string, pin: string) => Promise<boolean>;
  private readonly inHand = new Map<string, FeatureCall>();
  private readonly tries = new Map<string, { count: number; since: number }>();

  constructor(parts: {
    shell: AcdShell;
    calls: CallControl;
    site: ActiveSite;
    prompts: PromptPort;
    clock: ClockPort;
    logger: LoggerPort;
    verifyPin: (stored: string, pin: string) => Promise<boolean>;
  }) {
    this.shell = parts.shell;
    this.calls = parts.calls;
    this.site = parts.site;
    this.prompts = parts.prompts;
    this.clock = parts.clock;
    this.logger = parts.logger;
    this.verifyPin = parts.verifyPin;
  }

  owns(legId: string): boolean {
    return this.inHand.has(legId);
  }

  arrive(legId: string, phoneId: string, dialled: string): void {
    const language = this.languageAt(phoneId);
    const limit = setTimeout(() => this.calls.hangup(legId, 'too long'), maxCallMs);
    limit.unref();
    this.inHand.set(legId, { phoneId, dialled, language, step: 'saying', digits: '', agentId: '', limit });
    this.calls.answer(legId);
  }

  onCallEvent(event: CallEvent): void {
    if (!('legId' in event)) return;
    const call = this.inHand.get(event.legId);
    if (!call) return;
    if (event.type === 'leg.answered') this.act(event.legId, call);
    else if (event.type === 'leg.dtmf') this.digit(event.legId, call, event.digit);
    else if (event.type === 'leg.ended') {
      clearTimeout(call.limit);
      this.inHand.delete(event.legId);
    }
    // Only what was said ends the call: the question before it may report its own end late.
    else if (event.type === 'play.finished' && event.playId === saidId && event.reason !== 'replaced')
      this.calls.hangup(event.legId, 'done');
  }

  /** The language of who sits there, else of the phone. */
  private languageAt(phoneId: string): Language {
    const agentId = this.shell.acd.agentAtPhone(phoneId)?.id;
    return (agentId && this.site.agent(agentId)?.language) || this.site.phoneLanguage(phoneId);
  }

  private say(legId: string, call: FeatureCall, ...prompts: string[]): void {
    call.step = 'saying';
    this.calls.play(
      legId,
      saidId,
      prompts.map((p) => this.prompts.file(p, call.language)),
    );
  }

  private ask(legId: string, call: FeatureCall, step: 'agent' | 'pin'): void {
    call.step = step;
    call.digits = '';
    const prompt = step === 'agent' ? 'enter-agent-number' : 'enter-pin';
    this.calls.play(legId, step, [this.prompts.file(prompt, call.language)], { hasBargeIn: true });
  }

  private act(legId: string, call: FeatureCall): void {
    const code = call.dialled.slice(0, 3);
    const rest = call.dialled.slice(3).replace(/#$/, '');
    if (code === '*10') return void this.logIn(legId, call, rest);
    const agentId = this.shell.acd.agentAtPhone(call.phoneId)?.id;
    if (!['*11', '*12', '*13', '*14', '*15'].includes(code)) return this.say(legId, call, 'unknown-code');
    if (!agentId) return this.say(legId, call, 'not-logged-in');
    switch (code) {
      case '*11':
        return this.run(legId, call, { type: 'agent.logout', agentId, reason: 'feature-code' }, [
          'agent-logged-out',
        ]);
      case '*12':
        return this.run(legId, call, { type: 'agent.ready', agentId }, ['agent-ready']);
      case '*14':
        return this.run(legId, call, { type: 'agent.end-wrap-up', agentId }, ['wrap-up-ended']);
      case '*15':
        return this.run(legId, call, { type: 'agent.extend-wrap-up', agentId }, ['wrap-up-extended']);
      default:
        return this.notReady(legId, call, agentId, rest);
    }
  }

  private notReady(legId: string, call: FeatureCall, agentId: string, code: string): void {
    const first = this.site.site.notReadyReasons[0];
    const reason = code === '' ? first?.id : this.site.reasonByCode(code);
    if (!reason) return this.say(legId, call, 'unknown-reason');
    const spoken = ['agent-not-ready', reasonPromptId(reason)].filter((id) => promptCatalogue.has(id));
    this.run(legId, call, { type: 'agent.not-ready', agentId, reason }, spoken);
  }

  private run(legId: string, call: FeatureCall, command: Command, said: string[]): void {
    const { ignored } = this.shell.run(command);
    if (ignored === 'already-so') return this.say(legId, call, 'already-so');
    if (ignored === 'phone-in-use') return this.say(legId, call, 'phone-not-allowed');
    if (ignored) return this.say(legId, call, 'not-possible-now');
    this.say(legId, call, ...said);
  }

  /** `*10101*1234`, `*101011234`, or asked for step by step. */
  private async logIn(legId: string, call: FeatureCall, rest: string): Promise<void> {
    if (rest === '') return this.ask(legId, call, 'agent');
    const [agentId, pin] = rest.includes('*') ? rest.split('*', 2) : [undefined, undefined];
    if (agentId && pin) return this.verify(legId, call, [[agentId, pin]]);
    if (this.site.agent(rest)) {
      call.agentId = rest;
      return this.ask(legId, call, 'pin');
    }
    const splits: [string, string][] = [];
    for (const id of this.site.agentIds())
      if (rest.startsWith(id) && rest.length > id.length) splits.push([id, rest.slice(id.length)]);
    return this.verify(legId, call, splits.slice(0, 3));
  }

  private digit(legId: string, call: FeatureCall, digit: string): void {
    if (call.step === 'saying') return;
    if (digit !== '#' && call.digits.length < maxDigits) {
      call.digits += digit;
      return;
    }
    if (call.step === 'agent') {
      call.agentId = call.digits;
      return this.ask(legId, call, 'pin');
    }
    void this.verify(legId, call, [[call.agentId, call.digits]]);
  }

  private async verify(legId: string, call: FeatureCall, attempts: [string, string][]): Promise<void> {
    call.step = 'saying';
    const keys = [`phone:${call.phoneId}`, ...attempts.map(([id]) => `agent:${id}`)];
    if (keys.some((key) => this.isLocked(key))) {
      this.logger.warn({ phoneId: call.phoneId }, 'too many wrong PINs');
      return this.say(legId, call, 'too-many-tries');
    }
    // Counted before the check, which takes its time: many calls at once must not all pass the limit together.
    for (const key of keys) this.countTry(key);
    for (const [agentId, pin] of attempts) {
      const stored = this.site.agent(agentId)?.pin;
      if (!stored || !(await this.verifyPin(stored, pin))) continue;
      if (!this.inHand.has(legId)) return;
      for (const key of keys) this.tries.delete(key);
      call.language = this.site.agent(agentId)?.language ?? call.language;
      const command: Command = { type: 'agent.login', agentId, phoneId: call.phoneId, how: 'feature-code' };
      return this.run(legId, call, command, ['agent-logged-in']);
    }
    this.logger.warn({ phoneId: call.phoneId }, 'wrong agent number or PIN');
    this.say(legId, call, 'wrong-pin');
  }

  private isLocked(key: string): boolean {
    const entry = this.tries.get(key);
    if (!entry) return false;
    if (this.clock.now() - entry.since > lockMs) {
      this.tries.delete(key);
      return false;
    }
    return entry.count >= maxTries;
  }

  private countTry(key: string): void {
    const entry = this.tries.get(key);
    if (entry) entry.count++;
    else if (this.tries.size < 50_000) this.tries.set(key, { count: 1, since: this.clock.now() });
  }
}
