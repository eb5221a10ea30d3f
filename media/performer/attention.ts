/** What the persona attends to: nothing much, the learner who speaks, its own thoughts, its own speech. */
export const ATTENTIONS = ['idle', 'listening', 'thinking', 'speaking'] as const;
export type Attention = (typeof ATTENTIONS)[number];
