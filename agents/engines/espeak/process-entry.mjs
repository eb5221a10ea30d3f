// A child process does not inherit every way of running TypeScript, so this entry brings its own.
import { register } from 'tsx/esm/api';

register();
await import('./process.ts');
