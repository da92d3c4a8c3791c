for (const url of __VU === 0 ? [] : ['https://example.com/users.json', 'HTTP://example.com/x']) {
  try {
    open(url);
  } catch (error) {
    console.log(error.message);
  }
}

export default function () {}
