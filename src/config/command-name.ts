/** The commands of the program. The first may be left out. */
export const COMMAND_NAMES = ['track', 'doctor', 'replay', 'report', 'compare'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

export const MAIN_COMMAND = COMMAND_NAMES[0];
