/** English: what a user who is limited to some teams and queues sees. */
export const viewEn = {
  viewAll: 'Whole site',
  viewTeam: 'Team {names}',
  viewTeams: 'Teams {names}',
  viewNothing: 'Nothing that the site still has',
  viewLegend: 'What this user sees',
  viewOnly: 'Only these teams and queues',
  viewTeamsLabel: 'Teams',
  viewQueuesLabel: 'Queues',
  viewHelp:
    'Of a team: its agents and what they do. Of a queue: its contacts and figures. Everything else stays hidden.',
  viewNone: 'The site has none.',
  viewChoose: 'Choose at least one team or one queue.',
  viewUnknown: 'The site has no such team or queue any more. Load the page again.',
  viewGone: 'no longer in the site',
  viewYours: 'You see',
  viewPart: 'Figures of your queues and teams only',
  errorOutsideView: 'This is not of the teams and queues that you see.',
} as const;
