/** What the words so far say about whether the speaker has finished. */
export type TextCompleteness =
  /** Nothing was recognised, or nothing that tells. */
  | 'unknown'
  /** The last word demands another one: "because", "the", "my", "um". */
  | 'open'
  /** A recogniser that writes sentences has not ended this one. */
  | 'unended'
  /** The words can stand as they are. */
  | 'closed'
  /** The words close a turn by themselves: a short answer, a question, a farewell. */
  | 'final';

/** Words after which English goes on: determiners, possessives, conjunctions, prepositions that take an object. */
const OPENING_WORDS = wordSet(
  'a an the my your his her its our their every each some any no this these those such ' +
    'and or but nor because although though unless until while whereas whether if when since than that which whose ' +
    'of from into onto with without between among during toward towards upon against despite except ' +
    'to at by for as like via per about ' +
    "i you we they he she i'm you're we're they're he's she's it's i've we've they've i'd we'd " +
    'is are was were am be been being has had having can could will would shall should may might must ' +
    "do does did don't doesn't didn't can't won't isn't aren't wasn't weren't couldn't wouldn't " +
    'very really quite rather too so more most less least just only also even maybe perhaps almost nearly ' +
    'what who whom where how why',
);

/** The sounds and words of somebody who is still thinking. */
const HESITATIONS = wordSet('um uh uhm umm er erm hmm hm mm well like basically actually');

/** Answers that need nothing more, whole. */
const SHORT_ANSWERS = new Set([
  'yes',
  'no',
  'yeah',
  'yep',
  'nope',
  'okay',
  'ok',
  'sure',
  'right',
  'exactly',
  'correct',
  'absolutely',
  'of course',
  'definitely',
  'certainly',
  'not really',
  'i think so',
  "i don't think so",
  'i do',
  "i don't",
  'i did',
  "i didn't",
  'yes i do',
  'yes i did',
  "no i don't",
  "no i didn't",
  'thank you',
  'thanks',
  'thanks a lot',
  'good morning',
  'good afternoon',
  'good evening',
  'hello',
  'hi',
  'hey',
  'bye',
  'goodbye',
  'see you',
  'never mind',
  "i don't know",
  "that's all",
  "that's it",
  'sorry',
  'not yet',
  'nothing',
  'all right',
  'alright',
  'go ahead',
  'sounds good',
  'fine',
  'got it',
  'i see',
  'i understand',
  'i agree',
  'makes sense',
]);

/** A question begins so; it is finished when it is long enough to have a verb and an object. */
const QUESTION_OPENINGS = wordSet(
  'what who whom whose where when why how which is are was were do does did can could will would should shall may ' +
    "have has had am isn't aren't don't doesn't didn't can't couldn't won't wouldn't",
);
const SHORTEST_QUESTION_WORDS = 4;

/** Phrases with which people hand the turn over. */
const CLOSING_PHRASES = [
  'what do you think',
  "that's all",
  "that's it",
  'thank you',
  'thanks',
  'goodbye',
  'does that make sense',
  'is that okay',
  'is that alright',
  'have a nice day',
  'over to you',
  "that's about it",
  'or something',
  'and so on',
  "isn't it",
  "don't you think",
  'you know what i mean',
];

const SENTENCE_END = /[.?!]["'”’)]*$/;
/** Whisper ends speech that breaks off so. */
const BROKEN_OFF = /(?:\.{2,}|…|[-–—])["'”’)]*$/;

/**
 * Judges English words. `afterYesNoQuestion` says that the avatar has just asked something that "yes" answers; `written`,
 * that the recogniser writes sentences with their stops, so that a missing one is evidence.
 * A recogniser's guess is weak evidence: the policy gives it little weight.
 */
export function textCompleteness(
  text: string,
  options: { afterYesNoQuestion?: boolean; written?: boolean } = {},
): TextCompleteness {
  const words = text
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/[^a-z' ]+/g, ' ')
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  const last = words.at(-1);
  const first = words[0];
  if (last === undefined || first === undefined) return 'unknown';
  const whole = words.join(' ');
  if (SHORT_ANSWERS.has(whole)) return 'final';
  if (CLOSING_PHRASES.some((phrase) => whole === phrase || whole.endsWith(` ${phrase}`))) {
    return 'final';
  }
  const answered = options.afterYesNoQuestion === true && words.length <= 4;
  if (answered && (first === 'yes' || first === 'no' || first === 'yeah')) {
    return OPENING_WORDS.has(last) && !SHORT_ANSWERS.has(last) ? 'open' : 'final';
  }
  if (HESITATIONS.has(last) || OPENING_WORDS.has(last)) return 'open';
  const sentence = text.trim();
  if (options.written === true) {
    if (BROKEN_OFF.test(sentence)) return 'open';
    if (!SENTENCE_END.test(sentence)) return 'unended';
    return sentence.includes('?', sentence.length - 3) ? 'final' : 'closed';
  }
  if (QUESTION_OPENINGS.has(first) && words.length >= SHORTEST_QUESTION_WORDS) return 'final';
  return words.length >= 2 ? 'closed' : 'unknown';
}

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(' '));
}
