/** Bytes that a C function may read or write: never shared with another thread. */
export type Bytes = ReturnType<TextEncoder["encode"]>;
