/** The few pictures of the widget, drawn here: one grid of 24, one stroke. None says anything that a word beside it does not. */
const paths = {
  chat: 'M4 5.5h16v11H10.5L6 20.2v-3.7H4z',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9.5l6 6 6-6',
  more: 'M5.5 12h.01M12 12h.01M18.5 12h.01',
  attach:
    'M19.5 11.5l-7.6 7.6a4.7 4.7 0 0 1-6.7-6.7l8-8a3.2 3.2 0 0 1 4.5 4.5l-8 8a1.6 1.6 0 0 1-2.3-2.3l7.2-7.1',
  send: 'M4.5 12h14M12.5 5.5L19 12l-6.5 6.5',
  file: 'M7 3.5h6.5L18 8v12.5H7zM13.5 3.5V8H18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 7.5v5.5M12 16.4h.01',
} as const;

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
