// A KV namespace in memory: the requests that workerd makes for a binding of a namespace.
const items = new Map();

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    switch (request.method) {
      case 'PUT':
        items.set(key, { value: await request.arrayBuffer(), metadata: request.headers.get('cf-kv-metadata') });
        return new Response();
      case 'DELETE':
        items.delete(key);
        return new Response();
      default: {
        const item = items.get(key);
        if (!item) return new Response(null, { status: 404 });
        return new Response(item.value, { headers: item.metadata ? { 'cf-kv-metadata': item.metadata } : {} });
      }
    }
  },
};
