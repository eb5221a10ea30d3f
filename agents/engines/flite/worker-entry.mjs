// Worker threads do not inherit every way of running TypeScript (a test runner's, for one), so this entry brings its own.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
