/** Mono 16-bit PCM as a WAV file, and back. */
const HEADER_BYTES = 44;

export const encodeWav = (samples: Int16Array, sampleRateHz: number): Buffer => {
  const file = Buffer.alloc(HEADER_BYTES + samples.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(file.length - 8, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(sampleRateHz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, index) => file.writeInt16LE(sample, HEADER_BYTES + index * 2));
  return file;
};

/** Reads mono 16-bit PCM; throws on any other kind of WAV. */
export const decodeWav = (file: Buffer): { samples: Int16Array; sampleRateHz: number } => {
  if (file.toString('latin1', 0, 4) !== 'RIFF') throw new Error('Not a WAV file.');
  let sampleRateHz = 0;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4);
    const size = file.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'fmt ') {
      const isOurs = file.readUInt16LE(body) === 1 && file.readUInt16LE(body + 2) === 1;
      if (!isOurs || file.readUInt16LE(body + 14) !== 16) {
        throw new Error('Only mono 16-bit PCM is read here.');
      }
      sampleRateHz = file.readUInt32LE(body + 4);
    } else if (id === 'data') {
      const count = Math.floor(Math.min(size, file.length - body) / 2);
      const samples = new Int16Array(count);
      for (let i = 0; i < count; i += 1) samples[i] = file.readInt16LE(body + 2 * i);
      return { samples, sampleRateHz };
    }
    at = body + size + (size % 2);
  }
  throw new Error('The WAV file holds no sound.');
};
