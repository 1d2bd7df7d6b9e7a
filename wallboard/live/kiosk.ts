/**
 * A wall's habits: the picture moves by a hair each minute so that nothing burns in, the cursor hides
 * when nobody touches the mouse, and F or a double click fills the screen.
 */
const shiftEveryMs = 60_000;
const cursorHidesAfterMs = 3000;
/** In hundredths of the picture's height: a slow walk round a square, back to where it began. */
const walk: readonly (readonly [number, number])[] = [
  [0, 0],
  [0.25, 0],
  [0.25, 0.25],
  [0, 0.25],
  [-0.25, 0.25],
  [-0.25, 0],
  [-0.25, -0.25],
  [0, -0.25],
  [0.25, -0.25],
];

/** Televisions before Chromium 71 have it under a prefix, and answer without a promise. */
interface OldDocument {
  webkitFullscreenElement?: Element | null;
  webkitExitFullscreen?: () => void;
}
interface OldElement {
  webkitRequestFullscreen?: () => void;
}

function fillScreen(): void {
  const page: Partial<Document> & OldDocument = document;
  const root: Partial<HTMLElement> & OldElement = document.documentElement;
  const isFull = (page.fullscreenElement ?? page.webkitFullscreenElement ?? null) !== null;
  const wish = isFull
    ? (page.exitFullscreen?.() ?? page.webkitExitFullscreen?.())
    : (root.requestFullscreen?.() ?? root.webkitRequestFullscreen?.());
  // A television may refuse; the board is as right in a window.
  if (wish) wish.catch(() => undefined);
}

export function watchKiosk(root: HTMLElement): void {
  let step = 0;
  setInterval(() => {
    step = (step + 1) % walk.length;
    const [x, y] = walk[step] ?? [0, 0];
    root.style.transform = `translate(${x}vh, ${y}vh)`;
  }, shiftEveryMs);

  let timer: ReturnType<typeof setTimeout> | undefined;
  const hideLater = () => {
    document.body.classList.remove('is-idle');
    clearTimeout(timer);
    timer = setTimeout(() => document.body.classList.add('is-idle'), cursorHidesAfterMs);
  };
  window.addEventListener('mousemove', hideLater);
  hideLater();
  window.addEventListener('dblclick', fillScreen);
  window.addEventListener('keydown', (event) => {
    if (event.key === 'f' || event.key === 'F') fillScreen();
  });
}
