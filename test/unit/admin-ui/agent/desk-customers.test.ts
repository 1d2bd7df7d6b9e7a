/** Whose the open contact is, as the page keeps it: answers that come late, or in another order than they were asked for. */
import { expect } from 'chai';
import { createDeskCustomers } from '../../../../admin-ui/agent/desk-customers.ts';
import type { Request } from '../../../../admin-ui/agent/desk.ts';
import type { Answer, Refusal } from '../../../../admin-ui/shared/api-client.ts';
import { cardOf, oneCustomer } from '../../../support/desk-customers.ts';

const answerOf = (name: string): Answer<unknown> => ({
  isOk: true,
  status: 200,
  body: oneCustomer(cardOf('cu1', name, [])),
});
const gone: Refusal = { isOk: false, status: 404, code: 'not-found', message: '', details: {} };

/** Every question waits until the test answers it. */
function world() {
  const asked: { path: string; answer: (answer: Answer<unknown>) => Promise<void> }[] = [];
  const told: Refusal[] = [];
  const request: (path: string) => Promise<Answer<unknown>> = (path) =>
    new Promise((resolve) => {
      asked.push({
        path,
        answer: async (answer) => {
          resolve(answer);
          await new Promise((done) => setImmediate(done));
        },
      });
    });
  const customers = createDeskCustomers(request as Request, (refusal) => told.push(refusal));
  const shown = () => customers.view.value?.customer?.name;
  return { asked, told, customers, shown };
}

describe('customers of the desk', () => {
  it('shows nothing of a contact that is no longer open, however late its answer comes', async () => {
    const { asked, customers, shown } = world();
    customers.follow('c1');
    customers.follow('c2');
    await asked[1]!.answer(answerOf('Two'));
    await asked[0]!.answer(answerOf('One'));
    expect(shown()).to.equal('Two');
    customers.follow(undefined);
    expect(shown()).to.equal(undefined);
  });

  it('does not let an answer from before undo what was said since', async () => {
    const { asked, customers, shown } = world();
    customers.follow('c1');
    await asked[0]!.answer(answerOf('Before'));
    customers.fetch();
    const isNamed = customers.name('cu1', 'After');
    await asked[2]!.answer(answerOf('After'));
    expect(await isNamed).to.equal(true);
    await asked[1]!.answer(answerOf('Before'));
    expect(shown()).to.equal('After');
  });

  it('tells of a refusal, asks anew what is so now, and does one thing at a time', async () => {
    const { asked, told, customers, shown } = world();
    customers.follow('c1');
    await asked[0]!.answer(answerOf('Before'));
    const isChosen = customers.choose('cu9');
    expect(await customers.link('cu9'), 'while another is under way').to.equal(false);
    await asked[1]!.answer(gone);
    expect(await isChosen).to.equal(false);
    expect(told).to.deep.equal([gone]);
    await asked[2]!.answer(answerOf('Now'));
    expect(shown()).to.equal('Now');
    expect(asked.map(({ path }) => path.split('/').at(-1))).to.deep.equal(['customer', 'choose', 'customer']);
  });
});
