import { expect } from 'chai';
import { readLine } from '../../../../installer/ops/logs/log-line.ts';
import { cleanLine, framesOf, plainWords } from '../../../../installer/ops/support/clean-line.ts';
import { cleanMetrics, cleanPath } from '../../../../installer/ops/support/clean-parts.ts';
import { readCodeTexts } from '../../../../installer/ops/support/code-texts.ts';

const code = readCodeTexts();
const line = (entry: object) =>
  cleanLine(
    readLine('server', JSON.stringify({ level: 30, time: '2026-11-22T10:00:00.000Z', ...entry })),
    code,
  );

describe('what of a log goes into a support bundle', () => {
  it('are messages that stand in the programs, and no others', () => {
    expect(line({ msg: 'what is old could not be forgotten now' }).msg).to.equal(
      'what is old could not be forgotten now',
    );
    expect(line({ msg: 'mail of mario.rossi@example.org was lost' }).msg).to.equal('[left out]');
    expect(line({ msg: 'Mario Rossi' }).msg).to.equal('[left out]');
  });

  it('are the few fields that are known, with values of their kind', () => {
    const contactId = `contact_${'0123456789ABCDEFGHJKMNPQRS'}`;
    const { fields } = line({
      msg: 'x',
      seq: 12,
      isReady: true,
      reason: 'emergency',
      contactId,
      from: '+39055123456',
      name: 'Mario Rossi',
      host: 'mail.bank.example',
      tries: '+39055123456',
      kind: 'mario',
      legId: '+39055123456',
      pii: { name: 'Mario' },
      nested: { seq: 5, customer: 'Rossi' },
    });
    expect(fields).to.deep.equal({ seq: 12, isReady: true, reason: 'emergency', contactId });
  });

  it('is of an error where it was and its code, and not what it says', () => {
    const { fields } = line({
      msg: 'x',
      err: {
        type: 'SequelizeDatabaseError',
        code: '23505',
        message: 'duplicate key: mario@example.org',
        stack:
          'Error: mario@example.org\n    at Mario Rossi\n    at f (/home/rossi/hearthline/server/main.ts:10:3)\n    at /home/rossi/mine.js:1:2\n    at g (node:net:10:1)',
        detail: 'Key (pii_address)=(mario@example.org)',
      },
    });
    expect(fields).to.deep.equal({
      err: {
        type: 'SequelizeDatabaseError',
        code: '23505',
        message: '[left out]',
        at: ['server/main.ts:10:3', 'node:net:10:1'],
      },
    });
    expect(line({ msg: 'x', err: { type: 'Mario', code: 'EDOARDO' } }).fields).to.deep.equal({ err: {} });
    expect(framesOf('    at f (/srv/main.ts:1:1)', code)).to.deep.equal([]);
  });

  it('are of Postgres the words around what it quotes', () => {
    const said = (text: string) =>
      cleanLine(readLine('postgres', `2026-11-22 10:00:00.000 UTC [7] ${text}`), code).msg;
    expect(said('ERROR:  duplicate key value violates unique constraint "customers_key"')).to.equal(
      'ERROR: duplicate key value violates unique constraint …',
    );
    expect(said('ERROR:  invalid input syntax for type bigint: "mario "quoted" rossi" here')).to.equal(
      'ERROR: invalid input syntax for type bigint: … here',
    );
    expect(said('DETAIL:  Key (pii_address)=(mario@example.org) already exists.')).to.equal(
      'DETAIL: [left out]',
    );
    expect(
      said("LOG:  duration: 2100.5 ms  statement: select * from customers where name = 'mario'"),
    ).to.equal('LOG: duration: … ms …');
    expect(cleanLine(readLine('postgres', '\twhere name = mario'), code).msg).to.equal('[left out]');
    expect(plainWords('Mario called +39055123456 from 10.1.2.3')).to.equal('… called … from …');
  });

  it('is of what Node says at its end the kind of the fault', () => {
    const said = (text: string) => cleanLine(readLine('server', text), code).msg;
    expect(said("TypeError: no customer 'mario'")).to.equal('TypeError: [left out]');
    expect(said('    at f (/home/rossi/h/server/main.ts:3:1)')).to.equal('at server/main.ts:3:1');
    expect(said('Mario: x')).to.equal('[left out]');
  });
});

describe('the other parts of a support bundle', () => {
  it('keep of metrics values, with labels that name nobody', () => {
    const text = [
      '# HELP hearthline_x of Mario',
      'hearthline_queue_waiting{queue="main"} 3',
      'hearthline_x{who="+39055123456",at="10.1.2.3",mail="mario@example.org",le="+Inf",version="1.0.0"} 1',
      'mario 1',
    ].join('\n');
    expect(cleanMetrics(text)).to.equal(
      'hearthline_queue_waiting{queue="main"} 3\nhearthline_x{who="…",at="…",mail="…",le="+Inf",version="1.0.0"} 1\n',
    );
  });

  it('name no folder of anybody', () => {
    expect(cleanPath('/home/mario/var/secrets/sip', '/home/mario/var')).to.equal('<data>/secrets/sip');
    expect(cleanPath('/etc/hearthline/tls/server.key', '/var/lib/hearthline')).to.equal(
      '/etc/hearthline/tls/server.key',
    );
    expect(cleanPath('/home/mario/key.pem', '/var/lib/hearthline')).to.equal('<elsewhere>');
  });
});
