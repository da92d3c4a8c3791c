import { parseHTML } from 'k6/html';

const doc = parseHTML(`<base href="https://u:p@h.test:81/d/"><a href="e?q=1#f" rel="a b" target="t" type="y" hreflang="de" download="d">x</a><a>none</a><area href="//other/"><link rel="c d" href="s.css">`);

export default function () {
  const a = doc.find('a').get(0);
  for (const name of ['href', 'toString', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin', 'username', 'password', 'text', 'rel', 'target', 'type', 'hrefLang', 'download', 'referrerPolicy']) {
    console.log(name, '[' + a[name]() + ']');
  }
  const none = doc.find('a').get(1);
  console.log('[' + none.href() + none.host() + none.hash() + ']', JSON.stringify(a.relList()), doc.find('area').get(0).href());
  console.log(doc.find('link').get(0).href(), doc.find('base').get(0).href(), JSON.stringify(doc.find('link').get(0).relList()));
}
