// DOMException with its codes.
export const options = { iterations: 1 };

export default function () {
  const e = new DOMException('text', 'AbortError');
  console.log(e.name, e.message, e.code, e instanceof Error, DOMException.DATA_CLONE_ERR, new DOMException().name);
}
