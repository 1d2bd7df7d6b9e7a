/** The proof of residency as it stands: for administrators, since it names machines of the bank. It changes nothing. */
import type { ApiParts } from '../parts.ts';
import { refusal } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

export function residencyRoutes({ deps }: ApiParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/residency',
      access: 'residency.read',
      async handle() {
        const answer = await deps.residency.answer();
        if (!answer) throw refusal('not-ready', 'what leaves the building is not watched yet');
        return { json: answer };
      },
    }),
  ];
}
