/** What a terminal would obey, and what would turn the line around: control characters, line separators, directions. */
const obeyed = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text from elsewhere as it may be printed, on one line: `\u001b` for what a terminal would obey. In JSON it means the same as before. */
export function legible(text: string): string {
  return text.replace(obeyed, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
