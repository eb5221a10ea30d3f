declare module '*.css';

interface ImportMetaEnv {
  /** 'production', 'development', or 'gallery' for the build that `gallery.ts` photographs. */
  readonly MODE: string;
}

interface ImportMeta {
  readonly env: ImportMetaEnv;
}
