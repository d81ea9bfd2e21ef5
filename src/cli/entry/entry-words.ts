import { type Operand, value } from '../command.js';

/** The file of an application, as every command takes it. */
export const entryOperand = {
  takes: 'the file that exports the application, such as src/app.ts',
} satisfies Operand;

export const appOption = {
  app: value({
    shown: '<name>',
    summary: 'the export that is meant, where the file has several applications',
    takes: 'the name of an export, such as app',
    read: (text) => text || undefined,
  }),
};
