// Nobody awaits it; the iteration does.
import http from 'k6/http';

export const options = { iterations: 2 };

export default function () {
  http.asyncRequest('GET', `${__ENV.SERVER}/slow`).then((res) => console.log('in iteration', __ITER, res.body));
}
