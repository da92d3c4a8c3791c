export const check = (n) => { if (typeof n !== 'number') throw new TypeError('no number'); return n; };
export const other = () => { throw new Error('nobody calls this'); };
