/** The addresses of the release before `/api/v1`, which answer as before for one release more. */
import { API_PREFIX } from './routes/api.ts';

const OLD = /^\/api\/(scenarios|sessions|recordings|avatars|avatar-workers)(?=[/?]|$)/u;

/** The address of today for `url`, which is returned as it is where it is none of the old ones. */
export const addressOfToday = (url: string): string =>
  url.replace(OLD, (_old, resource: string) =>
    // What used to be the scenarios is what the page needs before a call.
    resource === 'scenarios' ? `${API_PREFIX}/catalogue` : `${API_PREFIX}/${resource}`,
  );
