/** From rows to wire shapes: SQL says null where a shape leaves the field out. */
type Present<T> = { [K in keyof T]?: Exclude<T[K], null> };

export function optional<T extends Record<string, unknown>>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Present<T>;
}
