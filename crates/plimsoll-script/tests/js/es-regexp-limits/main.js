// What regular expressions cannot do is a syntax error.
export const options = { iterations: 1 };

export default function () {
  for (const [text, flags] of [['[a-z]', 'v'], ['[\\p{L}--[a-z]]', 'v'], ['^\\p{RGI_Emoji}$', 'v'], ['(?i:a)b', ''], ['(?<x>a)|(?<x>b)', '']]) {
    try { console.log(text, flags, String(new RegExp(text, flags))); } catch (e) { console.log(text, flags, e.name); }
  }
}
