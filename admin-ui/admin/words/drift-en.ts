/** English: what explains a change. */
export const driftEn = {
  drift: 'What explains it',
  driftOf: 'What explains it: {name}',
  driftChange: '{figure}: usually {base}, when the alert began {value} ({change})',
  driftCompared: {
    one: 'Compared with the same time on # day',
    other: 'Compared with the same time on # days together',
  },
  driftBy: 'Explained by',
  driftUsual: 'Usually',
  driftNow: 'Now',
  driftShare: 'Share of the work',
  driftOwn: 'By own change',
  driftMix: 'By share',
  driftTogether: 'Together',
  driftOthers: { one: '# other', other: '# others' },
  driftWhole: 'Whole change',
  driftHelp:
    'Own change: slower or quicker than usual. Share: more or less of the work for somebody slower or quicker than all. All parts add up to the change.',
  driftHelpShare:
    'Own change: a higher or lower share than usual. Share of the work: more or less of it where the share is higher or lower than that of all. All parts add up to the change.',
  driftNothing: 'One of the two times has no such figure: there is nothing to compare.',
  driftPoints: '{value} pts',
  driftNoNumber: 'Without a number',
} as const;
