import { parseHTML } from 'k6/html';

const cases = [
  ['implied end tags', "<p>1<p>2"],
  ['misnested formatting', "<b>1<i>2</b>3</i>"],
  ['foster parenting', "<table><b>x<tr><td>1"],
  ['lists', "<ul><li>1<li>2<ul><li>3</ul><li>4</ul>"],
  ['implied rows', "<table><td>1<td>2"],
  ['nested links', "<a href=1>x<a href=2>y"],
  ['options', "<select><option>1<option>2<optgroup><option>3</select>"],
  ['block in paragraph', "<p><div>x</div></p>"],
  ['raw text', "<script><b>\"</script><style>a>b</style>"],
  ['text area', "<textarea>\n<b>x</textarea>"],
  ['comments', "<!-- a --><!doctype html><!-- b --><p>"],
  ['character references', "&amp;&lt;&copy;&notit;&#x41;&#65;&bogus;"],
  ['foreign content', "<svg viewbox=1><foreignobject><p>x</svg>y"],
  ['mathml', "<math><mi>x</math>"],
  ['html in mathml', "<math><annotation-xml encoding='TEXT/html'><p>x"],
  ['no html in mathml', "<math><annotation-xml encoding=x><p>x"],
  ['frames', "<frameset><frame></frameset>"],
  ['attributes of body merge', "<body a=1><body a=2 b=3>"],
  ['duplicate attributes', "<p a=1 a=2 A=3 b>"],
  ['template', "<template><td>x</template>"],
  ['stray end tags', "</p></br><hr/>"],
  ['headings', "<h1>a<h2>b"],
  ['forms do not nest', "<form><form><input></form>"],
  ['definitions', "<dl><dt>a<dd>b<dt>c"],
  ['ruby', "<ruby>a<rt>b<rp>c"],
  ['adoption', "<b><p>x</b>y"],
  ['noscript', "<noscript><p>x</noscript>"],
  ['title', "<title>a<b></title>"],
  ['odd names', "<div<p>x"],
  ['attributes without space', "<p a='1'b=\"2\"c=3>"],
  ['processing instruction', "<?php x ?><p>"],
  ['image', "<image src=x>"],
  ['cdata in html', "a<![CDATA[b]]>c"],
  ['cdata in svg', "<svg><![CDATA[b<]]></svg>"],
  ['plaintext', "<plaintext><b>x</plaintext>"],
];

export default function () {
  for (const [rule, text] of cases) {
    console.log(`${rule}: ${parseHTML(text).html()}`);
  }
}
