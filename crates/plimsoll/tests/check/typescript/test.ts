import http, { type Response } from 'k6/http';

interface User {
  id: number;
}

export default function (): void {
  const user: User = { id: 1 };
  const response: Response = http.get(`http://localhost/${user.id}`);
  http.bulk([response.url]);
}
