// Labels are those of the Encoding Standard: in any case, with spaces around them.
const labels = ['utf-8', 'UTF8', ' unicode-1-1-utf-8\n', 'utf-16', 'utf-16le', 'UTF-16BE', 'latin1', 'ascii',
  'iso-8859-1', 'windows-1251', 'shift_jis', 'gbk', 'x-user-defined', undefined];

export default function () {
  for (const label of labels) console.log(String(label).trim(), new TextDecoder(label).encoding);
  for (const label of ['', 'utf-7', 'nonsense', null, 17, 'replacement']) {
    try {
      console.log(new TextDecoder(label).encoding);
    } catch (error) {
      console.log(error instanceof RangeError, `${error}`);
    }
  }
}
