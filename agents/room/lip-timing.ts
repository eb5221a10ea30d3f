/** When pictures and lips go, against the sound: docs/architecture.md, “Lips and sound”, has the measurement. */

export const FRAMES_PER_SECOND = 25;
/** One picture ahead of the sound that leaves now: a nod is seen as soon as it can be. */
export const VIDEO_LEAD_MS = 40;
/** With it lips and sound meet at a listener's ear. */
export const LIP_DELAY_MS = 70;
