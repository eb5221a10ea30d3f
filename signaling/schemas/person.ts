/** People who sign in, and signing in. */
import { LONGEST_PASSWORD, SHORTEST_PASSWORD } from '../auth/passwords.ts';
import { ROLE_NAMES } from '../auth/roles.ts';
import { z } from 'zod';
import { label, moment, pageOf } from './common.ts';

const LONGEST_EMAIL = 254;
const LONGEST_ADDRESS = 500;

const role = z.enum(ROLE_NAMES);
const email = z
  .string()
  .max(LONGEST_EMAIL)
  .regex(/^\s*[^\s@]+@[^\s@]+\s*$/u);
const newPassword = z.string().min(SHORTEST_PASSWORD).max(LONGEST_PASSWORD);

export const createPerson = z
  .strictObject({
    email,
    displayName: label(60),
    role,
    password: newPassword.optional().describe('One is made up where it is absent'),
  })
  .meta({ id: 'CreatePerson' });

export const changePerson = z
  .strictObject({
    displayName: label(60).optional(),
    role: role.optional(),
    disabled: z.boolean().optional().describe('True signs them out everywhere'),
  })
  .meta({ id: 'ChangePerson' });

const shape = {
  id: z.string(),
  email: z.string(),
  displayName: z.string(),
  role,
  learnerId: z.string().nullable().describe('The learner that they are, if any'),
  hasPassword: z.boolean(),
  hasProvider: z.boolean().describe('They have signed in with the provider'),
  createdAt: moment,
  updatedAt: moment,
  disabledAt: moment.nullable(),
};
export const person = z.object(shape).meta({ id: 'Person' });
export const personPage = pageOf(person).meta({ id: 'PersonPage' });
export const createdPerson = z
  .object({
    ...shape,
    password: z
      .string()
      .nullable()
      .describe('Told once; null where it was given, and where the answer is repeated'),
  })
  .meta({ id: 'CreatedPerson' });
export const resetPassword = z.object({ password: z.string() }).meta({ id: 'ResetPassword' });

export const signIn = z
  .strictObject({
    email: z.string().max(LONGEST_EMAIL),
    password: z.string().max(LONGEST_PASSWORD),
  })
  .meta({ id: 'SignIn' });
export const changePassword = z
  .strictObject({ currentPassword: z.string().max(LONGEST_PASSWORD), newPassword })
  .meta({ id: 'ChangePassword' });

export const signedIn = z
  .object({ id: z.string(), email: z.string(), displayName: z.string(), role })
  .meta({ id: 'SignedIn' });
export const me = z
  .object({
    signIn: z.enum(['none', 'optional', 'required']).describe('Who may start a session'),
    provider: z.object({ name: z.string() }).nullable().describe('OpenID Connect, if it is set up'),
    person: signedIn.nullable(),
  })
  .meta({ id: 'Me' });

export const providerStartQuery = z.object({
  returnTo: z.string().max(LONGEST_ADDRESS).optional().describe('A path of the page'),
});
/** What providers send back; openid-client checks it. */
export const providerAnswerQuery = z.looseObject({
  code: z.string().optional(),
  state: z.string().optional(),
  iss: z.string().optional(),
  error: z.string().optional(),
  error_description: z.string().optional(),
});
