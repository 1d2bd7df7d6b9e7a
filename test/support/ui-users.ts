/** The users of the stand-in: by the contract's own schemas, with the refusals that the page must tell apart. */
import express, { type Response, type Router } from 'express';
import {
  createUserRequestSchema,
  emptyRequestSchema,
  updateUserRequestSchema,
  type UserRow,
} from '../../server/contract/rest.ts';

const oneTimePassword = 'k7qfm-2xn49-wdht3-p8ybc';

export function createUsersStandIn(now: () => number): { router: Router; users: UserRow[] } {
  const users: UserRow[] = [
    {
      userId: 'u1',
      username: 'ada',
      role: 'admin',
      isDisabled: false,
      mustChangePassword: false,
      createdAt: 0,
    },
    {
      userId: 'u2',
      username: 'oliver.webb',
      role: 'agent',
      agentId: '202',
      isDisabled: false,
      mustChangePassword: false,
      createdAt: 0,
      lastSignInAt: now() - 3_600_000,
    },
  ];
  const fail = (response: Response, status: number, code: string, reason?: string) =>
    void response
      .status(status)
      .json({ error: { code, message: code, ...(reason && { details: { reason } }) } });
  const router = express.Router();
  router.get('/api/users', (_request, response) => void response.json({ items: users }));
  router.post('/api/users', (request, response) => {
    const { data } = createUserRequestSchema.safeParse(request.body);
    if (!data) return fail(response, 400, 'bad-request');
    const { username, role, agentId, view } = data;
    if (users.some((user) => user.username === username))
      return fail(response, 409, 'conflict', 'username-taken');
    const user: UserRow = {
      userId: `u${users.length + 1}`,
      username,
      role,
      isDisabled: false,
      mustChangePassword: true,
      createdAt: now(),
      ...(agentId !== undefined && { agentId }),
      ...(view && { view }),
    };
    users.push(user);
    response.status(201).json({ user, oneTimePassword });
  });
  router.post('/api/users/:id/password', (request, response) => {
    const user = users.find((one) => one.userId === request.params.id);
    if (!user || !emptyRequestSchema.safeParse(request.body).success) return fail(response, 404, 'not-found');
    user.mustChangePassword = true;
    response.json({ user, oneTimePassword });
  });
  router.patch('/api/users/:id', (request, response) => {
    const user = users.find((one) => one.userId === request.params.id);
    const { data } = updateUserRequestSchema.safeParse(request.body);
    if (!user || !data) return fail(response, 400, 'bad-request');
    if (user.username === 'ada') return fail(response, 409, 'conflict', 'last-admin');
    const { role, isDisabled, agentId, view } = data;
    if (role !== undefined) user.role = role;
    if (isDisabled !== undefined) user.isDisabled = isDisabled;
    if (view === null || user.role === 'agent' || user.role === 'admin') delete user.view;
    else if (view) user.view = view;
    if (agentId === null) delete user.agentId;
    else if (agentId !== undefined) user.agentId = agentId;
    response.json(user);
  });
  return { router, users };
}
