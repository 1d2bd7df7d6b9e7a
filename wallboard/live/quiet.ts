/** A board's quiet time, by the site's own clock; one that goes over midnight is two. Pure. */
export interface QuietTime {
  from: string;
  to: string;
}

const minutesOf = (time: string): number => {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
};

/** `siteTime`: HH:MM at the site. The end is not in it; from and to alike: the whole day. */
export function isQuiet(quiet: QuietTime | undefined, siteTime: string): boolean {
  if (!quiet) return false;
  const now = minutesOf(siteTime);
  const from = minutesOf(quiet.from);
  const to = minutesOf(quiet.to);
  if (from === to) return true;
  return from < to ? now >= from && now < to : now >= from || now < to;
}
