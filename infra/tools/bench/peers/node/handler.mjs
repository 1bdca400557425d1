// `get_memory` in Node, for comparison: fetches the signing secret at the start; for each request, verifies the token,
// reads one item, and returns the tool result.
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { jwtVerify } from 'jose';

const { AWS_LAMBDA_RUNTIME_API, JWT_SECRET_ARN, MEMORIES_TABLE, PUBLIC_URL } = process.env;
const table = new DynamoDBClient({});
const secret = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: JWT_SECRET_ARN }));
const key = new TextEncoder().encode(secret.SecretString);
// Connect before the first request, like the Rust function.
await read('CONNECT', 'CONNECT');

async function read(pk, sk) {
  const read = new GetItemCommand({ TableName: MEMORIES_TABLE, Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true });
  return (await table.send(read)).Item;
}

async function handle(event) {
  const token = event.headers.authorization.slice('Bearer '.length);
  const { payload } = await jwtVerify(token, key, { audience: `${PUBLIC_URL}/mcp`, issuer: PUBLIC_URL, algorithms: ['HS256'] });
  const { id, params } = JSON.parse(event.body);
  const memory = await read(`USER#${payload.sub}`, `MEMORY#${params.arguments.id}`);
  const found = { id: memory.id.S, text: memory.text.S };
  const result = { content: [{ type: 'text', text: JSON.stringify(found) }], structuredContent: found };
  const body = JSON.stringify({ jsonrpc: '2.0', id, result });
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body, isBase64Encoded: false };
}

// A minimal version of Lambda's Node runtime.
const api = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const answer = await handle(await next.json()).then(
    answer => ['response', answer],
    error => ['error', { errorMessage: String(error) }],
  );
  await (await fetch(`${api}/${id}/${answer[0]}`, { method: 'POST', body: JSON.stringify(answer[1]) })).text();
}
