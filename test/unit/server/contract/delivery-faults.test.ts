import { expect } from 'chai';
import {
  type DeliveryFault,
  deliveryFaults,
  readDeliveryFault,
  withDetail,
} from '../../../../server/contract/delivery-faults.ts';

describe('why a message was given up', () => {
  for (const [fault, words] of Object.entries(deliveryFaults) as [DeliveryFault, string][])
    it(`is known again where we said it: ${words}`, () => {
      expect(readDeliveryFault(words)).to.deep.equal({ fault });
      expect(readDeliveryFault(withDetail(fault, '5.1.1 (unknown)'))).to.deep.equal({
        fault,
        detail: '5.1.1 (unknown)',
      });
    });

  it('is left as it is where a relay said it', () => {
    for (const said of ['550 5.1.1 User unknown', '', 'the mail came back, or not', 'the mail came back ('])
      expect(readDeliveryFault(said), said).to.equal(undefined);
  });
});
