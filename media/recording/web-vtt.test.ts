import { describe, expect, it } from 'vitest';
import { webVtt } from './web-vtt.ts';

describe('Captions', () => {
  it('are cues with times and speakers, in order', () => {
    const text = webVtt([
      { startMs: 3_661_042, endMs: 3_663_000, speaker: 'Learner', text: 'Yes.' },
      { startMs: 999.6, endMs: 2_400, speaker: 'Ada', text: 'Hello,\nyou.' },
    ]);
    expect(text).toBe(
      'WEBVTT\n\n' +
        '1\n00:00:01.000 --> 00:00:02.400\n<v Ada>Hello, you.</v>\n\n' +
        '2\n01:01:01.042 --> 01:01:03.000\n<v Learner>Yes.</v>\n',
    );
  });

  it('stay captions whatever is said', () => {
    const nasty = 'a --> b\n\n00:00:00.000 --> 00:00:01.000\n<script> & </v>';
    const text = webVtt([{ startMs: 0, endMs: 900, speaker: 'A>\nda', text: nasty }]);
    const [, cue = ''] = text.split('\n\n');
    expect(text.split('\n\n')).toHaveLength(2);
    expect(cue.split('\n').filter((line) => line.includes('-->'))).toHaveLength(1);
    expect(cue).toContain('&lt;script&gt; &amp; &lt;/v&gt;');
  });

  it('last long enough to be read, and are left out where nothing was said', () => {
    const text = webVtt([
      { startMs: 0, endMs: 10, speaker: 'Ada', text: 'Mm.' },
      { startMs: 500, endMs: 900, speaker: 'Ada', text: '  ' },
    ]);
    expect(text.match(/-->/gu)).toHaveLength(1);
    expect(text).toContain('00:00:00.000 --> 00:00:00.600');
  });
});
