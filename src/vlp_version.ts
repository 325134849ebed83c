/**
 * A version of the Varta Lifeline Protocol: `varta-watch` 0.1.0 speaks 1, and
 * 0.2.0 speaks 2.
 */
export type VlpVersion = 1 | 2;
