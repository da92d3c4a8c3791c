// Kinds of hosts.
export const options = { iterations: 1 };

export default function () {
  for (const input of ['http://0x7f.1/', 'http://127.1/', 'http://[::FFFF:1.2.3.4]/', 'http://BÜCHER.example/', 'http://xn--bcher-kva.example/', 'http://a.b.c./', 'http://4294967295/']) {
    console.log(input, new URL(input).host);
  }
  for (const bad of ['http://256.1.1.1.1.1/', 'http://1.2.3.256/', 'http://[1::2::3]/', 'http://a<b/']) {
    console.log(bad, URL.canParse(bad));
  }
}
