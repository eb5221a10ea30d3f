/** A self-signed certificate for HTTPS on a local network, made once. Browsers warn about it, and then allow the microphone. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

const VALID_DAYS = 365;

export async function ensureCertificate(dataFolder: string, address: string): Promise<string> {
  const folder = join(dataFolder, 'tls');
  const certPath = join(folder, 'cert.pem');
  if (!existsSync(certPath)) {
    const notAfterDate = new Date(Date.now() + VALID_DAYS * 86_400_000);
    const made = await generate([{ name: 'commonName', value: 'understudy' }], {
      notAfterDate,
      algorithm: 'sha256',
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 2, value: 'localhost' },
            { type: 7, ip: '127.0.0.1' },
            { type: 7, ip: address },
          ],
        },
      ],
    });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'key.pem'), made.private, { mode: 0o600 });
    await writeFile(certPath, made.cert);
  }
  return certPath;
}
