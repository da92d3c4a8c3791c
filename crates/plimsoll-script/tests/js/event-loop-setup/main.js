// setup and teardown may be async; what setup resolves to is the data.
export const options = { iterations: 1 };
export async function setup() { await new Promise((r) => setTimeout(r, 1)); return { token: 't' }; }
export default async function (data) { console.log(data.token); }
export async function teardown(data) { await null; console.log('teardown', data.token); }
