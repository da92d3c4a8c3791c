#!/usr/bin/env plimsoll
export const options = { iterations: 1 };
export default function () { console.log('ran'); }
