import { parseHTML } from 'k6/html';

const doc = parseHTML(`<progress value="1" max="4"></progress><progress></progress><meter min="0" max="10" high="7.5" value="3"></meter><ol start="3" reversed></ol><img src="i.png" width="20" ismap usemap="#m"><map name="m"><area></map><video src="v" controls><track kind="x" default></video><script async src="s">1;</script><title>T</title><time datetime="2020"></time><meta name="n" content="c" http-equiv="refresh"><iframe src="f"></iframe><output id="o">5</output><li value="4"></li><q cite="c"></q><canvas></canvas><img crossorigin><img crossorigin="USE-CREDENTIALS">`);

export default function () {
  const all = (selector) => doc.find(selector).get();
  console.log(all('progress').map((p) => [p.max(), p.value(), p.position()].join('/')).join());
  const [meter] = all('meter');
  console.log(meter.min(), meter.max(), meter.low(), meter.high(), meter.optimum());
  const [ol] = all('ol'), [img, open, secret] = all('img');
  console.log(ol.start(), ol.reversed(), img.src(), img.width(), img.height(), img.isMap(), img.crossOrigin(), open.crossOrigin(), secret.crossOrigin());
  const [map] = all('map'), [video] = all('video'), [script] = all('script');
  console.log(map.areas().length, map.images().length, video.controls(), video.preload(), video.textTracks()[0].kind(), video.textTracks()[0].default());
  console.log(script.async(), script.defer(), script.src(), script.text(), all('title')[0].text(), all('time')[0].datetime());
  const [meta] = all('meta'), [output] = all('output'), [canvas] = all('canvas');
  console.log(meta.name(), meta.content(), meta.httpEquiv(), all('iframe')[0].src(), output.value(), output.type(), all('li')[0].value(), all('q')[0].cite());
  console.log(canvas.width(), canvas.height());
}
