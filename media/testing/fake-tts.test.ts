import { describeTextToSpeech } from './tts-conformance.ts';
import { FakeTextToSpeech } from './fake-tts.ts';

describeTextToSpeech({
  name: 'The fake voice',
  create: () => new FakeTextToSpeech(),
  voiceId: 'fake',
  text: 'Hello, this is one sentence. And this is another one!',
});
