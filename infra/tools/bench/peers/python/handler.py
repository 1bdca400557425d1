"""`get_memory` in Python, for comparison: fetches the signing secret at the start; for each request, verifies the token,
reads one item, and returns the tool result."""

import http.client
import json
import os

import boto3
import jwt

table = boto3.client("dynamodb")
secret = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["JWT_SECRET_ARN"])["SecretString"]


def read(pk, sk):
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    return table.get_item(TableName=os.environ["MEMORIES_TABLE"], Key=key, ConsistentRead=True).get("Item")


# Connect before the first request, like the Rust function.
read("CONNECT", "CONNECT")


def handle(event):
    token = event["headers"]["authorization"].removeprefix("Bearer ")
    issuer = os.environ["PUBLIC_URL"]
    claims = jwt.decode(token, secret, algorithms=["HS256"], audience=f"{issuer}/mcp", issuer=issuer)
    message = json.loads(event["body"])
    memory = read(f"USER#{claims['sub']}", f"MEMORY#{message['params']['arguments']['id']}")
    found = {"id": memory["id"]["S"], "text": memory["text"]["S"]}
    result = {"content": [{"type": "text", "text": json.dumps(found)}], "structuredContent": found}
    body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body, "isBase64Encoded": False}


# A minimal version of Lambda's Python runtime.
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
invocation = "/2018-06-01/runtime/invocation"
while True:
    api.request("GET", f"{invocation}/next")
    event = api.getresponse()
    request_id, body = event.headers["lambda-runtime-aws-request-id"], event.read()
    try:
        kind, answer = "response", handle(json.loads(body))
    except Exception as error:
        kind, answer = "error", {"errorMessage": repr(error)}
    api.request("POST", f"{invocation}/{request_id}/{kind}", json.dumps(answer))
    api.getresponse().read()
