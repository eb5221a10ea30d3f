/** The languages that Whisper hears well enough for a conversation. */

/**
 * Whisper's codes, which are ISO 639-1: those with a word error rate on FLEURS below 20 % with its large weights. Smaller
 * weights hear English nearly as well and the rarer of these languages worse. Source: Radford et al. 2022, "Robust Speech
 * Recognition via Large-Scale Weak Supervision", appendix D.
 */
export const WHISPER_LANGUAGES: readonly string[] = [
  ...['en', 'sv', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'ru', 'uk', 'ca', 'tr', 'ja'],
  ...['da', 'no', 'fi', 'id', 'ms', 'ro', 'cs', 'ko', 'zh', 'vi', 'el', 'gl', 'sk', 'hu'],
];

/** What other codes mean to Whisper. */
const ALIASES: Readonly<Record<string, string>> = { nb: 'no', nn: 'no', in: 'id', cmn: 'zh' };

/** Whisper's code for a BCP 47 tag (`sv-SE` is `sv`), or undefined where it does not hear that language well. */
export function whisperLanguage(tag: string): string | undefined {
  const primary = tag.toLowerCase().split(/[-_]/u)[0]!;
  const code = ALIASES[primary] ?? primary;
  return WHISPER_LANGUAGES.includes(code) ? code : undefined;
}
