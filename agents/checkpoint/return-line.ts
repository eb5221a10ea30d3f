/** What a persona says when it is back after its process died in the middle of a call. */

const LINES: Readonly<Record<string, string>> = {
  en: 'Sorry, I lost you for a moment. I am back now.',
  sv: 'Förlåt, jag tappade bort dig ett ögonblick. Nu är jag tillbaka.',
  de: 'Entschuldigung, ich war kurz weg. Jetzt bin ich wieder da.',
  fr: 'Pardon, je vous ai perdu un instant. Me revoilà.',
  es: 'Perdón, te he perdido un momento. Ya estoy aquí otra vez.',
};

/** For `language` as scenarios name it; English where we have no words of that language. */
export function returnLine(language: string): string {
  return LINES[language.split('-')[0] ?? ''] ?? LINES['en']!;
}
