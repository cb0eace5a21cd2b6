/** As in package.json (a test proves it). */
export const VERSION = '0.1.0';
