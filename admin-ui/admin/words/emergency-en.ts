/** English: the emergency switch of the live page. */
export const emergencyEn = {
  emergencyTitle: 'Emergency switch',
  emergencyOpen: 'Emergency switch …',
  emergencyAll: 'Emergency: all queues',
  emergencyQueue: 'Emergency: queue “{queue}”',
  emergencyCount: '{count} in all.',
  emergencySeenBy:
    'Everybody who watches this page sees this. Supervisors and administrators can switch it off.',
  emergencyOver: 'No emergency is on any more.',
  emergencyUnread: 'Whether an emergency is on cannot be read at the moment. {why}',
  emergencyWhich: 'For which queues?',
  emergencyScopeAll: 'All queues',
  emergencyWaiting: { one: '# waiting', other: '# waiting' },
  emergencyIsOn: 'is on',
  emergencyWhat: 'What will happen',
  emergencyChoose: 'Choose first. Nothing happens before you confirm.',
  emergencyAlready: 'It is on already.',
  emergencyNowAll:
    'Everybody waiting in all queues is sent to the emergency message now; calls in progress go on.',
  emergencyNowQueue:
    'Everybody waiting in “{queue}” is sent to the emergency message now; calls in progress go on.',
  emergencyThen: 'Whoever calls from then on is sent there too, until it is switched off.',
  emergencyRinging:
    'What rings at an agent may still be answered; if it is not, that caller is sent there too.',
  emergencyElsewhere:
    'Where the site file names a queue or a number for emergencies, callers go there instead.',
  emergencyTold: 'Everybody who watches this page is told. Your name goes to the audit trail.',
  emergencyOn: 'Switch on',
  emergencyOnAll: 'Switch on for all queues',
  emergencyOnQueue: 'Switch on for this queue',
  emergencyOff: 'Switch off',
  emergencyOffAsk: 'Switch off …',
  emergencyOffTitleAll: 'Switch off the emergency of all queues?',
  emergencyOffTitleQueue: 'Switch off the emergency of “{queue}”?',
  emergencyOffAll: 'Callers wait in the queues again from now on. Those who were sent away do not come back.',
  emergencyOffQueue:
    'Callers wait in “{queue}” again from now on. Those who were sent away do not come back.',
  emergencyStillAll:
    'The emergency of all queues stays on: nobody waits in “{queue}” before that is off, too.',
  emergencyStillQueues: 'It stays on for: {queues}.',
  emergencyUnsure: 'Whether it was switched is not known: see the page when the server is back.',
} as const;
