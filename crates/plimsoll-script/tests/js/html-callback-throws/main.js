import { parseHTML } from 'k6/html';

const doc = parseHTML(`<ul id="u"><li class="a">1</li><li class="b x">2</li><li class="c x">3<b>!</b></li></ul><p>after</p>`);

export default function () {
  for (const name of ['each', 'map', 'filter', 'not', 'is']) {
    try {
      doc.find('li')[name](() => {
        throw new Error('from ' + name);
      });
    } catch (error) {
      console.log(error.message);
    }
  }
}
