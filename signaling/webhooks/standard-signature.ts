/**
 * Signs what embedders are told, as Standard Webhooks 1.0 says (standardwebhooks.com): HMAC-SHA256 over
 * `id.timestamp.body`, under the bytes that stand in base64 behind `whsec_`.
 */
import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

export interface SignedHeaders {
  'webhook-id': string;
  /** Seconds since the epoch, of this attempt. */
  'webhook-timestamp': string;
  /** `v1,` and the signature in base64. */
  'webhook-signature': string;
}

export function signedHeaders(
  secret: string,
  message: { id: string; at: Date; body: string },
): SignedHeaders {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const timestamp = String(Math.floor(message.at.getTime() / 1_000));
  const signature = createHmac('sha256', key)
    .update(`${message.id}.${timestamp}.${message.body}`)
    .digest('base64');
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
