/** Running times: each repaints alone, once a second, by the server's clock. */
import { formats } from '../reading.ts';
import { usePlace } from '../place.ts';

/** Time since `at`. */
export function Since({ at }: { at: number }) {
  const { desk } = usePlace();
  const nowMs = desk.socket.serverSec.value * 1000;
  return <span class="clock">{formats.value.duration(nowMs - at)}</span>;
}

/** `text` with `{time}` filled by what is left until `at`. */
export function Left({ at, text }: { at: number; text: string }) {
  const { desk } = usePlace();
  const leftMs = at - desk.socket.serverSec.value * 1000;
  return <span class="clock">{text.replace('{time}', formats.value.duration(leftMs))}</span>;
}

/** `text` with `{time}` filled by the time since `at`. */
export function SinceText({ at, text }: { at: number; text: string }) {
  const { desk } = usePlace();
  const nowMs = desk.socket.serverSec.value * 1000;
  return <span class="clock">{text.replace('{time}', formats.value.duration(nowMs - at))}</span>;
}
