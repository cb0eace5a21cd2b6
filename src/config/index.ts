export { environmentOverrides } from './environment.js';
export { checkConfig, directoryOf, type LoadedConfig, loadConfig } from './load.js';
export type { Config } from './schema.js';
export { configTemplate, type UnitText } from './template.js';
