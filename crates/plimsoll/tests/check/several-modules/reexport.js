export { default as own } from 'k6/http';
export * from 'k6';
