/** The commands of unitledger. The first one is the default. */
export const COMMAND_NAMES = ['track', 'doctor', 'replay', 'report', 'compare'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

export const MAIN_COMMAND = COMMAND_NAMES[0];
