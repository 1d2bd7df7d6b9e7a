/** The rule of lib/clean-text, under the name that the files of this folder know it by. */
export { cleanBlock, cleanLine, cutAt, trimEndOf } from '../../lib/clean-text.ts';
