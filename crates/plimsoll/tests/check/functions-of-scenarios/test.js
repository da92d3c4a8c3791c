export const options = {
  scenarios: {
    a: { executor: 'constant-vus', vus: 1, duration: '1s', exec: 'shop' },
    b: { executor: 'constant-vus', vus: 1, duration: '1s', exec: 'shopp' },
  },
};

export function setup() {
  login();
}

export function shop() {}

export function login() {}

export function forgotten() {}

export default () => {};
