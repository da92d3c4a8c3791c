globalThis.fromModule = typeof this;
