/** Mouths of running speech without a voice: chance phonemes with the lengths of speech, through the run-time mouth track. */
import type { MouthParameters } from '#media/face/neural/mouth-parameters.ts';
import { Random } from '#media/performer/random.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { MouthTrack } from '#media/visemes/mouth-track.ts';

const CONSONANTS = 'p b m f v th dh t d n l s z r k g ng ch jh sh zh w y hh p b m f v w r s'.split(
  ' ',
);
const VOWELS = 'aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw'.split(' ');
const FRAME_MS = 40;

/** Parameters at every picture of about `seconds` of such speech. */
export function speechCorpus(
  parameters: MouthParameters,
  seconds: number,
  seed: number,
): Float32Array[] {
  const marks = chanceSentence(seconds, seed);
  const track = new MouthTrack(marks);
  const corpus: Float32Array[] = [];
  for (let tMs = 0; tMs < (marks.at(-1)?.endMs ?? 0); tMs += FRAME_MS) {
    corpus.push(parameters.of(track.shapeAt(tMs)));
  }
  return corpus;
}

/** Phonemes of about `seconds`, as chance has them. */
export function chanceSentence(seconds: number, seed: number): PhonemeMark[] {
  const random = new Random(seed);
  const pick = (from: readonly string[]): string => from[Math.floor(random.next() * from.length)]!;
  const marks: PhonemeMark[] = [];
  let atMs = 0;
  const say = (phoneme: string, lengthMs: number): void => {
    marks.push({ phoneme, startMs: atMs, endMs: atMs + lengthMs });
    atMs += lengthMs;
  };
  while (atMs < seconds * 1_000) {
    if (random.chance(0.06)) {
      say('pau', random.between(80, 400));
    }
    for (let count = random.chance(0.3) ? 2 : 1; count > 0; count -= 1) {
      say(pick(CONSONANTS), random.between(35, 130));
    }
    say(pick(VOWELS), random.between(50, 260));
  }
  return marks;
}

/** Of many vectors some that lie as far from one another as they can, the first one first. */
export function farthest(vectors: readonly Float32Array[], count: number): Float32Array[] {
  const far = new Float64Array(vectors.length).fill(Number.POSITIVE_INFINITY);
  const chosen: Float32Array[] = [];
  let next = 0;
  while (chosen.length < Math.min(count, vectors.length)) {
    const vector = vectors[next]!;
    chosen.push(vector);
    next = 0;
    vectors.forEach((other, index) => {
      let sum = 0;
      for (let i = 0; i < other.length; i += 1) {
        sum += (other[i]! - vector[i]!) ** 2;
      }
      far[index] = Math.min(far[index]!, sum);
      next = far[index] > far[next]! ? index : next;
    });
  }
  return chosen;
}
