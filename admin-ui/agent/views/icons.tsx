/** Line drawings of the agent's page. */
const paths = {
  voice: 'M5 3h4l1.5 4L8 8.500a9 9 0 0 0 4 4L13.500 10l4 1.500v4c-7 1-14-6-12.500-12.500z',
  callback:
    'M5 3h4l1.5 4L8 8.500a9 9 0 0 0 4 4L13.500 10l4 1.500v4c-7 1-14-6-12.500-12.500zM17.500 3.500h-5v5M12.500 8.500L17 4',
  chat: 'M3 4.500h14v9h-7.500L6 16.500v-3H3z',
  mail: 'M2.500 4.500h15v11h-15zM2.500 5l7.500 6 7.500-6',
  clip: 'M15.500 9.300l-5.900 5.900a3.300 3.300 0 0 1-4.700-4.700l6.300-6.300a2.200 2.200 0 0 1 3.100 3.100l-6.200 6.200a1.100 1.100 0 0 1-1.600-1.600l5.300-5.300',
  file: 'M5 2.500h6.500L15 6v11.500H5zM11.500 2.500V6H15',
  transfer: 'M3 7h12M11.500 3.500L15 7l-3.500 3.500M17 13H5M8.500 9.500L5 13l3.500 3.500',
  check: 'M4 10.500l4 4L16.500 5.500',
  sound: 'M3 8v4h3l4 3.500v-11L6 8zM13 7.500a3.500 3.500 0 0 1 0 5M15 5a7 7 0 0 1 0 10',
  mute: 'M3 8v4h3l4 3.500v-11L6 8zM13.500 8l4 4M17.500 8l-4 4',
  bell: 'M5 14V9.500a5 5 0 0 1 10 0V14l1.500 1.500h-13zM8.500 17.500h3',
  keys: 'M2.500 5h15v10h-15zM5.500 8h.01M8.500 8h.01M11.500 8h.01M14.500 8h.01M6.500 12h7',
  search: 'M8.800 3.500a5.300 5.300 0 1 1 0 10.600a5.300 5.300 0 0 1 0-10.600zM12.800 12.800l4 4',
  note: 'M4 3.500h12v9l-4 4H4zM16 12.500h-4v4',
  send: 'M3 10l14-6.500-4.500 13.500-3-5.500z',
  down: 'M5.500 8l4.500 4.500L14.500 8',
  more: 'M4.500 10h.01M10 10h.01M15.500 10h.01',
  warn: 'M10 3l7.500 13.500h-15zM10 8v4M10 14.300v.01',
  clock: 'M10 3a7 7 0 1 1 0 14a7 7 0 0 1 0-14zM10 6.500v4l2.500 1.500',
  person: 'M10 3a3.500 3.500 0 1 1 0 7a3.500 3.500 0 0 1 0-7zM3.500 17a6.500 6.500 0 0 1 13 0z',
  cross: 'M5 5l10 10M15 5L5 15',
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
