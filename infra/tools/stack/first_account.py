"""Asks a new AWS account the questions that no emulator answers, one line per answer. It costs less than five cents.

    first_account.py STACK      STACK is a deployed stack; the store is asked with a table of its own, which is deleted
"""

import collections
import sys
import time
import urllib.error
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# Bounds of the questions about bursts, and so of their price: 12,000 write units cost 0.8 cents, 20,000 read units 0.3 cents.
SECONDS = 6
WRITE_UNITS = 12_000
READ_UNITS = 20_000
THREADS = 20
# Without repetition, so that every refusal is counted.
dynamodb = boto3.client("dynamodb", config=Config(max_pool_connections=THREADS, retries={"total_max_attempts": 1}))
cloudformation = boto3.client("cloudformation")
cloudwatch = boto3.client("logs")
secrets = boto3.client("secretsmanager")


def main(stack):
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    mcp_url = next(output["OutputValue"] for output in described if output["OutputKey"] == "McpUrl")
    print("WWW-Authenticate of a 401:", challenge(urllib.request.Request(mcp_url)))
    foreign = urllib.request.Request(mcp_url, headers={"origin": "https://other.example"})
    print("WWW-Authenticate of a 403 without one:", challenge(foreign))
    print("testSecret at deployment:", test_of_rotation(stack))

    table = f"first-account-{uuid.uuid4()}"
    dynamodb.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    try:
        dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 60})
        print("Transactions that check one item, 20 at once:", conflicts(table))
        print("A transaction of 97 items and 925 kB in one partition:", large_transaction(table))
        print("Writes to one partition:", burst(lambda number: written(table, number), WRITE_UNITS))
        print("Strong reads of one partition:", burst(lambda number: read(table, number), READ_UNITS))
    finally:
        dynamodb.delete_table(TableName=table)
        print("deleted:", table)


def challenge(request):
    """Returns the headers of a refusal that are, or were, WWW-Authenticate."""
    try:
        return f"none, the status is {urllib.request.urlopen(request).status}"
    except urllib.error.HTTPError as refused:
        named = [f"{name}: {value!r}" for name, value in refused.headers.items() if "www-authenticate" in name.lower()]
        return f"{refused.code}, {', '.join(named) or 'none'}"


def test_of_rotation(stack):
    """Returns the state that the test has left in the root secret, and the errors in the log of the function that rotates it."""
    resource = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId="RootSecret")["StackResourceDetail"]
    labels = secrets.describe_secret(SecretId=resource["PhysicalResourceId"])["VersionIdsToStages"].values()
    try:
        events = cloudwatch.filter_log_events(logGroupName=f"/{stack}/rotate", filterPattern="ERROR")["events"]
    except cloudwatch.exceptions.ResourceNotFoundException:
        return "no log; RotationDays is 0"
    return f"labels {sorted(labels)}, {len(events)} errors in the log" + "".join(f"\n  {event['message']}" for event in events[:3])


def conflicts(table):
    """Sends transactions that write an item each, and check the same other one, as additions of one user do."""
    dynamodb.put_item(TableName=table, Item=item("checked", "0"))

    def send(number):
        key = {name: {"S": value} for name, value in (("pk", "checked"), ("sk", "0"))}
        check = {"TableName": table, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
        put = {"TableName": table, "Item": item("written", str(number))}
        return outcome(lambda: dynamodb.transact_write_items(TransactItems=[{"ConditionCheck": check}, {"Put": put}]))

    with ThreadPoolExecutor(THREADS) as pool:
        return counted(pool.map(send, range(200)))


def large_transaction(table):
    items = [{"Put": {"TableName": table, "Item": item("large", str(number), 9_500)}} for number in range(97)]
    return outcome(lambda: dynamodb.transact_write_items(TransactItems=items))


def written(table, number):
    """Writes 25 items of 4 KB, and returns the units, and the items that were throttled."""
    puts = [{"PutRequest": {"Item": item("burst", f"{number:04}#{index:02}", 4_000)}} for index in range(25)]
    answer = dynamodb.batch_write_item(RequestItems={table: puts}, ReturnConsumedCapacity="TOTAL")
    return answer["ConsumedCapacity"][0]["CapacityUnits"], answer["UnprocessedItems"]


def read(table, number):
    """Reads 25 items of 4 KB, and returns the units; a query is throttled as a whole."""
    answer = dynamodb.query(
        TableName=table,
        KeyConditionExpression="pk = :pk AND sk >= :sk",
        ExpressionAttributeValues={":pk": {"S": "burst"}, ":sk": {"S": f"{number % 20:04}"}},
        Limit=25,
        ConsistentRead=True,
        ReturnConsumedCapacity="TOTAL",
    )
    return answer["ConsumedCapacity"]["CapacityUnits"], {}


def burst(send, most):
    """Sends as much as it can, and returns the units of each second, and the requests that were throttled in part or as a whole."""
    units, throttled = collections.Counter(), collections.Counter()
    begin = time.monotonic()

    def send_one(number):
        second = int(time.monotonic() - begin)
        if second >= SECONDS or units.total() >= most:
            return
        try:
            used, rest = send(number)
        except ClientError as refused:
            throttled[refused.response["Error"]["Code"]] += 1
            return
        units[second] += used
        if rest:
            throttled["in part"] += 1

    with ThreadPoolExecutor(THREADS) as pool:
        collections.deque(pool.map(send_one, range(4_000)), maxlen=0)
    seconds = [int(units[second]) for second in range(max(units, default=0) + 1)]
    return f"units per second {seconds}, throttled {dict(throttled) or 'none'}"


def item(partition, key, size=1):
    return {"pk": {"S": partition}, "sk": {"S": key}, "text": {"S": "x" * size}}


def outcome(send):
    """Returns `done`, or the code of the error with the reasons of a cancelled transaction."""
    try:
        send()
        return "done"
    except ClientError as refused:
        reasons = {reason["Code"] for reason in refused.response.get("CancellationReasons", [])} - {"None"}
        return " ".join([refused.response["Error"]["Code"], *sorted(reasons)])


def counted(outcomes):
    return ", ".join(f"{count} {name}" for name, count in collections.Counter(outcomes).most_common())


if __name__ == "__main__":
    main(*sys.argv[1:])
