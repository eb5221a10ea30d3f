import { describeSpeechToText } from './stt-conformance.ts';
import { FakeSpeechToText } from './fake-stt.ts';

describeSpeechToText({
  name: 'The fake recogniser',
  create: () => new FakeSpeechToText({ script: ['hello there this is a long enough script'] }),
  language: 'en',
  speech: () => Promise.resolve({ samples: new Int16Array(16_000).fill(5000), word: 'hello' }),
});
