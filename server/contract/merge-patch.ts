/**
 * JSON Merge Patch (RFC 7396) between two plain JSON trees, made of objects keyed by id.
 * Law, tested: applyMergePatch(a, diffMergePatch(a, b)) equals b. `null` means absent, so live
 * state never holds null or undefined: an absent key says "none".
 */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined when nothing changed. */
export function diffMergePatch(from: JsonObject, to: JsonObject): JsonObject | undefined {
  const patch: JsonObject = {};
  let hasChange = false;
  for (const key of Object.keys(from)) {
    if (!Object.hasOwn(to, key)) {
      patch[key] = null;
      hasChange = true;
    }
  }
  for (const [key, after] of Object.entries(to)) {
    // Ids are chosen by people, and "constructor" is one.
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (before === after) continue;
    if (isObject(before) && isObject(after)) {
      const inner = diffMergePatch(before, after);
      if (inner) {
        patch[key] = inner;
        hasChange = true;
      }
    } else if (JSON.stringify(before) !== JSON.stringify(after)) {
      patch[key] = after;
      hasChange = true;
    }
  }
  return hasChange ? patch : undefined;
}

/** Returns a new tree; parts that did not change are shared with the old one. */
export function applyMergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result: JsonObject = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (isObject(value)) result[key] = applyMergePatch(isObject(result[key]) ? result[key] : {}, value);
    else result[key] = value;
  }
  return result;
}
