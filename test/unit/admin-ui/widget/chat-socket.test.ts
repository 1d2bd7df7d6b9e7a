/** The chat's socket with a fake socket and a fake clock: hello, silence, back-off, pace, and sockets that speak too late. */
import { expect } from 'chai';
import { createChatSocket, framesPerSec } from '../../../../admin-ui/widget/chat-socket.ts';
import type { ChatFrame, ChatRequest } from '../../../../server/contract/chat.ts';

class FakeSocket {
  readyState = 0;
  sent: ChatRequest[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(frame: ChatFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  send(data: string) {
    this.sent.push(JSON.parse(data) as ChatRequest);
  }
  close() {
    this.readyState = 3;
  }
}
const welcome: ChatFrame = { type: 'welcome', state: { phase: 'waiting' }, lines: [], serverAt: 0 };
const line = (id: number): ChatRequest => ({
  type: 'line',
  clientId: `client-${id}`,
  text: 'x',
  attachmentIds: [],
});

function setUp() {
  let now = 0;
  let timers: { at: number; everyMs: number | undefined; act: () => void }[] = [];
  const sockets: FakeSocket[] = [];
  const frames: string[] = [];
  let lost = 0;
  const schedule = (ms: number, everyMs: number | undefined, act: () => void) => {
    const timer = { at: now + ms, everyMs, act };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const socket = createChatSocket({
    url: 'wss://appliance/chat/socket',
    hello: () => ({ type: 'hello', token: 't'.repeat(43), after: 4 }),
    onFrame: (frame) => frames.push(frame.type),
    onLost: () => {
      lost += 1;
    },
    env: {
      openSocket: () => {
        const made = new FakeSocket();
        sockets.push(made);
        return made as unknown as WebSocket;
      },
      now: () => now,
      random: () => 1,
      after: (ms, act) => schedule(ms, undefined, act),
      every: (ms, act) => schedule(ms, ms, act),
    },
  });
  /** Time goes by, timer after timer. */
  const pass = (ms: number) => {
    const end = now + ms;
    for (;;) {
      const [next] = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      now = next.at;
      if (next.everyMs === undefined) timers = timers.filter((timer) => timer !== next);
      else next.at += next.everyMs;
      next.act();
    }
    now = end;
  };
  const newest = (): FakeSocket => {
    const [last] = sockets.slice(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  };
  const live = () => {
    socket.connect();
    newest().open();
    newest().say(welcome);
    return newest();
  };
  return { socket, sockets, frames, pass, newest, live, lost: () => lost };
}

describe('chat socket', () => {
  it('says hello with the newest line seen, and nothing before it', () => {
    const { socket, newest } = setUp();
    socket.connect();
    socket.send(line(1));
    newest().open();
    expect(newest().sent).to.deep.equal([{ type: 'hello', token: 't'.repeat(43), after: 4 }]);
  });

  it('asks after 20 s of silence, and gives a socket up that is silent for 30', () => {
    const { live, pass, sockets, lost } = setUp();
    const first = live();
    pass(20_000);
    expect(first.sent.slice(-1)).to.deep.equal([{ type: 'ping', id: 1 }]);
    pass(9000);
    expect(sockets).to.have.length(1);
    pass(1000);
    expect([lost(), first.readyState]).to.deep.equal([1, 3]);
    pass(250);
    expect(sockets).to.have.length(2);
  });

  it('keeps a socket that answers, however slowly its own clock is woken', () => {
    const { live, pass, sockets } = setUp();
    const socket = live();
    for (let minute = 0; minute < 10; minute += 1) {
      pass(25_000);
      socket.say({ type: 'pong', id: minute + 1, serverAt: 0 });
    }
    expect(sockets).to.have.length(1);
  });

  it('gives up a socket that opens and is never welcomed', () => {
    const { socket, pass, newest, sockets } = setUp();
    socket.connect();
    newest().open();
    pass(11_000);
    expect(sockets).to.have.length(1);
    pass(500);
    expect(sockets).to.have.length(2);
  });

  it('waits longer and longer for a server that is away, up to its limit, and begins anew when one was stable', () => {
    const { live, pass, newest, sockets } = setUp();
    live();
    const waits: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const before = sockets.length;
      newest().onclose?.();
      let waited = 0;
      for (; sockets.length === before; waited += 50) pass(50);
      waits.push(waited);
    }
    expect(waits).to.deep.equal([250, 500, 1000, 2000, 3000, 3000]);
    newest().open();
    newest().say(welcome);
    pass(6000);
    newest().onclose?.();
    const before = sockets.length;
    pass(250);
    expect(sockets).to.have.length(before + 1);
  });

  it('never sends more in a second than the server takes, and keeps the order', () => {
    const { socket, live, pass } = setUp();
    const fake = live();
    for (let id = 0; id < 45; id += 1) socket.send(line(id));
    // The hello was one of them.
    expect(fake.sent).to.have.length(framesPerSec);
    for (let second = 0; second < 5; second += 1) {
      const before = fake.sent.length;
      pass(1000);
      expect(fake.sent.length - before).to.be.at.most(framesPerSec);
    }
    expect(fake.sent.slice(1)).to.deep.equal(Array.from({ length: 45 }, (_, id) => line(id)));
  });

  it('lets what waits in a lost socket die with it', () => {
    const { socket, live, pass, newest } = setUp();
    live();
    for (let id = 0; id < 30; id += 1) socket.send(line(id));
    newest().onclose?.();
    pass(300);
    newest().open();
    pass(3000);
    expect(newest().sent.map((frame) => frame.type)).to.deep.equal(['hello']);
  });

  it('hears nothing of a socket that was replaced, nor after its end', () => {
    const { socket, live, pass, newest, frames, sockets, lost } = setUp();
    const old = live();
    socket.reconnect();
    pass(300);
    newest().open();
    old.say({ type: 'typing' });
    old.onclose?.();
    expect(frames).to.deep.equal(['welcome']);
    expect(lost()).to.equal(1);
    socket.disconnect();
    pass(60_000);
    expect(sockets).to.have.length(2);
    expect(lost()).to.equal(2);
  });

  it('renews a socket that speaks nonsense', () => {
    const { live, pass, sockets } = setUp();
    live().onmessage?.({ data: '<html>' });
    pass(250);
    expect(sockets).to.have.length(2);
  });

  it('tries at once when the network is back', () => {
    const { socket, live, newest, sockets } = setUp();
    live();
    newest().onclose?.();
    socket.wake();
    expect(sockets).to.have.length(2);
  });
});
