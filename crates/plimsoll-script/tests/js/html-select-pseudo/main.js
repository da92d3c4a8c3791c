import { parseHTML } from 'k6/html';

const doc = parseHTML(`<div id="a"><p>Hello <b>World</b></p></div><div id="b"><p></p><input checked type="checkbox"><input disabled><a href="/">l</a></div>`);

export default function () {
  for (const selector of ['p:contains("hello")', 'p:contains(World)', 'p:containsOwn("World")', 'b:containsOwn("world")', 'div:has(b)', 'div:has(> b)', 'div:haschild(p)', 'div:not(:has(b))', 'p:empty', ':root', 'input:checked', 'input:disabled', 'input:enabled', ':input', ':link', 'p:not(:empty, b)', ':is(b, a)', ':where(b)', 'a:hover', 'P:CONTAINS("Hello")', 'p:has(+ input)']) {
    const found = doc.find(selector);
    console.log(selector, found.size(), found.map((i, s) => s.get(0).nodeName() + (s.attr('id') || '')).join());
  }
}
