/**
 * Tells the validator to compile nothing with `new Function`, which the page's content security policy forbids: its mere
 * try would be reported. Imported before every schema, by the page that needs them.
 */
import { config } from 'zod';

config({ jitless: true });
