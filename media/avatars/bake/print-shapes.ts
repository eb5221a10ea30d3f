/** Prints the viseme table as JSON, so that the bake samples the mouths that speech really makes. */
import { MOUTH_WEIGHTS } from '#media/face/pose.ts';
import { VISEME_SHAPES } from '#media/visemes/shapes.ts';

process.stdout.write(JSON.stringify({ weights: MOUTH_WEIGHTS, shapes: VISEME_SHAPES }));
