/** The HTTP API of signaling, as the page uses it. Every method rejects with `ApiError`. */
import type {
  Catalogue as CatalogueResponse,
  CreateSessionRequest,
  CreateSessionResponse,
  Me,
  RecognitionGrade,
  RecordingStatus,
  RefreshTokenResponse,
  RegionsResponse,
  ReportResponse,
  ScenarioSummary,
} from '#signaling/api-types.ts';
import { ApiError, errorOf } from './problem.ts';

const API = '/api/v1';

/** Fifteen seconds: long past any healthy answer, short enough that a learner still waits. */
const DEADLINE_MS = 15_000;

interface CallOptions {
  method?: 'GET' | 'POST' | 'DELETE';
  token?: string;
  body?: unknown;
  signal?: AbortSignal;
  keepalive?: boolean;
}

async function request<T>(path: string, options: CallOptions = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`;
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const init: RequestInit = {
    method: options.method ?? 'GET',
    headers,
    signal: options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]),
    keepalive: options.keepalive ?? false,
  };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    throw new ApiError('UNREACHABLE', 'The server did not answer.');
  }
  const text = await response.text().catch(() => '');
  let body: unknown = null;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    body = null;
  }
  if (!response.ok) throw errorOf(response.status, body, response.headers.get('retry-after'));
  if (body === null) {
    throw new ApiError('UNREADABLE', 'The server sent something else than expected.', {
      status: response.status,
    });
  }
  return body as T;
}

const sessionPath = (sessionId: string, rest: string) =>
  `${API}/sessions/${encodeURIComponent(sessionId)}${rest}`;

export interface Catalogue {
  scenarios: ScenarioSummary[];
  /** How well speech in a scene's language will be recognised, as far as can be told before joining. */
  recognitionFor: (language: string) => RecognitionGrade;
  /** What becomes of recordings; null where calls are not recorded. */
  recordings: CatalogueResponse['recordings'];
}

/** Signaling may say what it can recognise; without that, the embedded engine's abilities are assumed. */
type CatalogueAnswer = Pick<CatalogueResponse, 'scenarios'> & Partial<CatalogueResponse>;

const EMBEDDED_RECOGNITION: Record<string, RecognitionGrade> = { en: 'basic' };

let catalogue: Promise<Catalogue> | null = null;

/** The catalogue; one request serves the whole visit, a failed one is not kept. */
export function fetchCatalogue(): Promise<Catalogue> {
  catalogue ??= request<CatalogueAnswer>(`${API}/catalogue`).then(
    ({ scenarios, recognition = EMBEDDED_RECOGNITION, recordings = null }) => ({
      scenarios,
      recordings,
      recognitionFor: (language: string) => recognition[language] ?? 'none',
    }),
    (error: unknown) => {
      catalogue = null;
      throw error;
    },
  );
  return catalogue;
}

export function fetchRegions(): Promise<RegionsResponse> {
  return request(`${API}/regions`);
}

export function createSession(body: CreateSessionRequest): Promise<CreateSessionResponse> {
  return request(`${API}/sessions`, { method: 'POST', body });
}

export function refreshToken(sessionId: string, token: string): Promise<RefreshTokenResponse> {
  return request(sessionPath(sessionId, '/token'), { method: 'POST', token, body: {} });
}

/** Survives the page being closed (`keepalive`). */
export async function endSession(sessionId: string, token: string): Promise<void> {
  await request(sessionPath(sessionId, '/end'), {
    method: 'POST',
    token,
    body: {},
    keepalive: true,
  });
}

export function fetchReport(
  sessionId: string,
  token: string,
  signal: AbortSignal,
): Promise<ReportResponse> {
  return request(sessionPath(sessionId, '/report'), { token, signal });
}

export function fetchRecording(
  sessionId: string,
  token: string,
  signal: AbortSignal,
): Promise<RecordingStatus> {
  return request(sessionPath(sessionId, '/recording'), { token, signal });
}

export async function deleteRecording(sessionId: string, token: string): Promise<void> {
  await request(sessionPath(sessionId, '/recording'), { method: 'DELETE', token });
}

/** How one signs in here, and who is signed in in this browser. */
export const fetchMe = (): Promise<Me> => request(`${API}/auth/me`);

export async function signIn(email: string, password: string): Promise<void> {
  await request(`${API}/auth/sign-in`, { method: 'POST', body: { email, password } });
}

export async function signOut(): Promise<void> {
  await request(`${API}/auth/sign-out`, { method: 'POST', body: {} });
}

/** Where the browser goes to sign in with the provider; `returnTo` is a path of the page. */
export const providerAddress = (returnTo: string): string =>
  `${API}/auth/oidc/start?returnTo=${encodeURIComponent(returnTo)}`;

/** Where signaling serves the picture of a face pack. */
export const portraitUrl = (faceId: string): string =>
  `/faces/${encodeURIComponent(faceId)}/portrait.jpg`;
