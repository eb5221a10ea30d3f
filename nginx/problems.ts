/** What the door itself answers with when a request does not get through, as problem details. README.md explains each code. */

export interface DoorProblem {
  /** HTTP statuses of NGINX that mean this. */
  statuses: readonly number[];
  code: string;
  title: string;
  detail: string;
}

export const DOOR_PROBLEMS: readonly DoorProblem[] = [
  {
    statuses: [403, 405],
    code: 'DOOR_METHOD_REFUSED',
    title: 'Not with this method',
    detail: 'The page and its files can only be read.',
  },
  {
    statuses: [404],
    code: 'DOOR_ROUTE_UNKNOWN',
    title: 'There is nothing at this address',
    detail: 'Nothing is served here.',
  },
  {
    statuses: [413],
    code: 'DOOR_BODY_TOO_LARGE',
    title: 'The request body is too large',
    detail: 'Send less at once.',
  },
  {
    statuses: [414, 494],
    code: 'DOOR_HEADERS_TOO_LARGE',
    title: 'The address or the headers are too large',
    detail: 'Send less in the address and the headers.',
  },
  {
    statuses: [429],
    code: 'DOOR_RATE_LIMITED',
    title: 'Too many requests',
    detail: 'Wait for the seconds that Retry-After says.',
  },
  {
    statuses: [502, 504],
    code: 'DOOR_UPSTREAM_DOWN',
    title: 'The server behind this address does not answer',
    detail: 'Try again in a moment.',
  },
];
