/** What goes into the scripted persona and what comes out. */
import type { ExpressionName } from '#media/face/pose.ts';

/**
 * One turn of the talk so far, oldest first. An avatar turn that follows another without a learner turn between them
 * was said into silence, so silences need no entry of their own once they are answered.
 */
export interface ConversationTurn {
  speaker: 'learner' | 'avatar';
  /** Learner: as recognised or typed. Avatar: what was heard of it, so an interrupted turn ends early. */
  text: string;
  /** The learner has said nothing for a while; `text` is then empty. */
  event?: 'silence';
  /** Avatar turns only: the learner spoke over it. */
  interrupted?: boolean;
  /** Milliseconds from the start of the call; lets the persona close in time. */
  atMs?: number;
}

export interface PersonaReply {
  /** What to say; sentences may open with stage directions such as `[concerned]`. */
  text: string;
  /** The face at the start of the reply. */
  expression: ExpressionName;
  /** The persona has said goodbye: hang up once this was heard. */
  endsCall: boolean;
  stageId: string;
  /** Ids of all aims reached so far, in the scenario's order. */
  aimsDone: string[];
  /** False when the reply asks back because nothing in the learner's words made sense. */
  understood: boolean;
  /** What to murmur while the learner goes on speaking next; never the same twice in a row. */
  backchannel?: string;
}
