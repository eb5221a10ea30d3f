/** Mono 16-bit PCM as WAV, written piece by piece: a head that says how much follows, and then sound. */

export const WAV_HEAD_BYTES = 44;
const BYTES_PER_SAMPLE = 2;

export interface WavFormat {
  sampleRateHz: number;
  /** Bytes of sound behind the head. */
  dataBytes: number;
}

/** The 44 bytes in front of `dataBytes` of sound. */
export function wavHead({ sampleRateHz, dataBytes }: WavFormat): Uint8Array {
  const head = new Uint8Array(WAV_HEAD_BYTES);
  const view = new DataView(head.buffer);
  const tag = (offset: number, text: string): void => {
    for (let index = 0; index < text.length; index += 1) {
      head[offset + index] = text.charCodeAt(index);
    }
  };
  tag(0, 'RIFF');
  view.setUint32(4, WAV_HEAD_BYTES - 8 + dataBytes, true);
  tag(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * BYTES_PER_SAMPLE, true);
  view.setUint16(32, BYTES_PER_SAMPLE, true);
  view.setUint16(34, 8 * BYTES_PER_SAMPLE, true);
  tag(36, 'data');
  view.setUint32(40, dataBytes, true);
  return head;
}

/** Reads a head that `wavHead` made; undefined for anything else. */
export function readWavHead(head: Uint8Array): WavFormat | undefined {
  if (head.length < WAV_HEAD_BYTES) {
    return undefined;
  }
  const view = new DataView(head.buffer, head.byteOffset, WAV_HEAD_BYTES);
  const isOurs =
    view.getUint32(0) === 0x52494646 &&
    view.getUint32(36) === 0x64617461 &&
    view.getUint16(22, true) === 1 &&
    view.getUint16(34, true) === 8 * BYTES_PER_SAMPLE;
  return isOurs
    ? { sampleRateHz: view.getUint32(24, true), dataBytes: view.getUint32(40, true) }
    : undefined;
}
