/** The name and version of the bundler, as `_esbuild.ts` imports it, without loading it. */
export const esbuildName = "esbuild-0.28.2";
