// load-tests/lib/checks.js
import { check } from 'k6';

// Checks that the answer has this status.
export function checkStatus(response, name, status) {
  return check(response, {
    [`${name} status is ${status}`]: (r) => r.status === status,
  });
}

// Checks a page of a list: its data, and pagination that fits it.
export function checkPage(response, name) {
  return check(response, {
    [`${name} status is 200`]: (r) => r.status === 200,
    [`${name} has data`]: (r) => Array.isArray(field(r, 'data')),
    [`${name} has pagination`]: (r) => {
      const pagination = field(r, 'pagination');
      const data = field(r, 'data');
      return Boolean(pagination && data) && data.length <= pagination.limit && data.length <= pagination.total;
    },
  });
}

// Checks that the answer is the API's error with this status and code.
export function checkError(response, name, status, code) {
  return check(response, {
    [`${name} status is ${status}`]: (r) => r.status === status,
    [`${name} says ${code}`]: (r) => {
      const error = field(r, 'error');
      return Boolean(error) && error.code === code;
    },
  });
}

// A field of a JSON body; undefined when there is no such field, or no JSON.
function field(response, name) {
  try {
    return JSON.parse(response.body)[name];
  } catch (error) {
    return undefined;
  }
}
