import { check } from 'https://jslib.k6.io/k6-utils/1.5.0/index.js';

export default function () {
  check(5, { broken: Promise.reject(new Error('no answer')) }).catch((error) => console.log(error.message));
  try {
    check(5, { thrown: () => { throw new Error('at once'); } });
  } catch (error) {
    console.log(error.message);
  }
}
