/** English: a chat or mail that a supervisor returns to its queue. */
export const returnEn = {
  returnButton: 'Return to queue',
  returnButtonOf: 'Return to queue: {customer}, now with {agent}',
  returnTitle: 'Return to the queue “{queue}”?',
  returnConfirm: 'Return to queue',
  returnCustomer: 'Customer',
  returnText:
    'It leaves the hands of {agent} and waits again, with the wait it had; for a minute it is offered to others only. What was written goes along.',
  returnSomeChat: 'Chat without a name',
  returnSomeMail: 'Mail without a sender',
  returnDone: '{customer}: taken from {agent}, waits in the queue “{queue}” again.',
  returnRefused: '{customer}: {why}',
  returnNotText: 'this is a call. Only chats and mails can be returned.',
  returnNotWithAgent: 'no agent works on it any more.',
  returnOtherAgent: 'another agent has it by now.',
  returnQueueClosed: 'the queue lets nobody in just now; the agent keeps it.',
  returnQueueRemoved: 'its queue is no longer in the site file; the agent keeps it.',
  returnOver: 'it is over.',
} as const;
