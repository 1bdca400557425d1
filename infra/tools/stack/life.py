"""The life of a stack on the emulator: it is created, used, restored, updated, deployed gradually and deleted, and another one
adopts its tables.

    life.py FOLDER DOMAIN JEAN      FOLDER has the unpacked archive of a release, JEAN is the program
"""

import json
import os
import pathlib
import string
import subprocess
import sys
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import WaiterError
from translated import translated

STACK = "jean-memory"
BUCKET = "artefacts"
# The account of the walk.
EMAIL = "ada@example.org"
# Types of resources that the emulator lacks.
MISSING = ("AWS::SecretsManager::RotationSchedule", "AWS::CodeDeploy::")
TABLES = ("AuthTable", "UsersTable", "MemoriesTable")
EVENTS = pathlib.Path(__file__).resolve().parents[3] / "events"
PACK = pathlib.Path(__file__).resolve().parents[1] / "release" / "pack.py"
WALK = pathlib.Path(__file__).resolve().parents[1] / "sam-local" / "walk"
FIRST_ACCOUNT = pathlib.Path(__file__).with_name("first_account.py")
cloudformation = boto3.client("cloudformation")
dynamodb = boto3.client("dynamodb")
functions = boto3.client("lambda")
iam = boto3.client("iam")
secrets = boto3.client("secretsmanager")
s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))


def main(folder, domain, jean):
    origin = f"https://{domain}"
    s3.create_bucket(Bucket=BUCKET)
    template = deployable(folder, "template.yaml")
    parameters = {
        "DomainName": domain,
        "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/of-the-emulator",
        "OwnerEmail": EMAIL,
        "DynamoDbEndpoint": cloudformation.meta.endpoint_url,
        "SecretsManagerEndpoint": cloudformation.meta.endpoint_url,
    }
    first_deployment_fails(template, parameters)
    outputs = deployed("create", template, parameters)
    check("the outputs name the address", outputs["McpUrl"] == f"{origin}/mcp", outputs)
    check("the outputs have the owner's link", outputs["CreateYourAccount"].startswith(f"{origin}/account/"), outputs)
    subprocess.run([sys.executable, WALK, origin, outputs["CreateYourAccount"]], check=True)

    examined(jean)
    subprocess.run([sys.executable, FIRST_ACCOUNT, STACK], check=True)
    roles_are_enforced(origin)
    tables = [outputs[f"{table}Name"] for table in TABLES]
    restore_drill(folder, jean, tables)
    root_secret_is_rotated()

    deployed("update", template, parameters | {"AccessTokenAlgorithm": "EdDSA", "TableProtection": "on"})
    keys = json.load(urllib.request.urlopen(f"{origin}/.well-known/jwks.json"))["keys"]
    check("an update adds a key pair and its route", [key["kty"] for key in keys] == ["OKP"], keys)
    deployed_gradually(folder, origin, parameters | {"AccessTokenAlgorithm": "EdDSA", "TableProtection": "on"})

    cloudformation.delete_stack(StackName=STACK)
    waited("stack_delete_complete")
    check("a deleted stack leaves its tables", set(tables) <= set(dynamodb.list_tables()["TableNames"]), tables)
    left = [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]
    check("and no secrets", left == [], left)
    tables_are_adopted(jean, template, parameters, dict(zip(TABLES, tables)))


def first_deployment_fails(template, parameters):
    """Creates the stack with a resource that cannot be created, after the tables."""
    tables = [name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::DynamoDB::Table"]
    missing = {"ServiceToken": "arn:aws:lambda:us-east-1:000000000000:function:none"}
    broken = {"Type": "AWS::CloudFormation::CustomResource", "DependsOn": tables, "Properties": missing}
    change("create", template | {"Resources": template["Resources"] | {"Broken": broken}}, parameters)
    described = lambda: cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    while described().endswith("IN_PROGRESS"):
        time.sleep(1)
    check("a first deployment that fails is rolled back", described() == "ROLLBACK_COMPLETE", described())
    left = dynamodb.list_tables()["TableNames"]
    check("and leaves no tables", left == [], left)
    cloudformation.delete_stack(StackName=STACK)
    waited("stack_delete_complete")


def examined(jean):
    """Diagnoses the stack from its outputs."""
    command = [jean, "doctor", "--stack", STACK, "--ca-certificate", os.environ["SSL_CERT_FILE"], "--json"]
    report = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout
    failed = [finding["check"] for finding in json.loads(report)["findings"] if finding["status"] == "fail"]
    # The emulator answers OPTIONS itself.
    check("jean doctor finds that the emulator has CORS of its own, and nothing else", failed == ["cors.preflight"], report)


def roles_are_enforced(origin):
    """Takes the policies of the function that registers clients away for one request, so that a missing one would be noticed."""
    role = resource("RegisterFunctionRole")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policies = {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}
    for name in policies:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    registration = json.dumps({"redirect_uris": ["http://127.0.0.1:33418/"]}).encode()
    request = urllib.request.Request(f"{origin}/oauth/register", registration, {"content-type": "application/json"})
    try:
        status = urllib.request.urlopen(request).status
    except urllib.error.HTTPError as refused:
        status = refused.code
    check("without its role's policy a function cannot work", status >= 500, status)
    for name, document in policies.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def restore_drill(folder, jean, tables):
    """Loses the memories of a user and restores them, by the steps of OPERATIONS.md."""
    auth, users, memories = tables
    dynamodb.restore_table_to_point_in_time(SourceTableName=memories, TargetTableName="restored", UseLatestRestorableTime=True)
    dynamodb.get_waiter("table_exists").wait(TableName="restored", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    for item in dynamodb.scan(TableName=memories, ProjectionExpression="pk, sk")["Items"]:
        dynamodb.delete_item(TableName=memories, Key=item)
    saved = folder / "restored.jsonl"
    of_stack = ["--stack", STACK]
    check("the memories are lost", run(jean, "export", EMAIL, *of_stack) == "", "they are not")
    run(jean, "export", EMAIL, saved, "--auth-table", auth, "--users-table", users, "--memories-table", "restored")
    run(jean, "import", EMAIL, saved, *of_stack)
    restored = run(jean, "export", EMAIL, *of_stack)
    check("and restored from a former state of the table", "lighthouse" in restored, restored)


def root_secret_is_rotated():
    """Invokes the function with the events of a rotation, which the emulator does not send."""
    secret = resource("RootSecret")
    function = functions.get_function(FunctionName=resource("RotateFunction"))["Configuration"]["FunctionArn"]
    # The emulator makes a version current at once; the next one waits for the function.
    secrets.rotate_secret(SecretId=secret, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 90})
    strong = secrets.get_random_password(PasswordLength=64, ExcludePunctuation=True)["RandomPassword"]
    pending = secrets.put_secret_value(SecretId=secret, SecretString=strong, VersionStages=["AWSPENDING"])
    for step in ("create", "set", "test", "finish"):
        event = json.loads((EVENTS / f"rotate-{step}.json").read_text())
        event |= {"SecretId": pending["ARN"], "ClientRequestToken": pending["VersionId"]}
        answer = functions.invoke(FunctionName=function, Payload=json.dumps(event))
        check(f"the step {event['Step']} of a rotation is done", "FunctionError" not in answer, answer["Payload"].read())
    current = secrets.get_secret_value(SecretId=secret)["VersionId"]
    check("the root secret has been rotated", current == pending["VersionId"], current)


def deployed_gradually(folder, origin, parameters):
    """Deploys twice behind aliases, with another parameter the second time. The emulator has no CodeDeploy: it shifts at once."""
    versions = []
    for deployment, name in (("first", "Ours"), ("second", "Yours")):
        gradual = folder / f"{deployment}.yaml"
        gradual.write_text((folder / "template.yaml").read_text())
        subprocess.run([sys.executable, PACK, "gradual", gradual, "Canary10Percent5Minutes", deployment], check=True)
        deployed("update", deployable(folder, gradual.name), parameters | {"ServiceName": name})
        versions.append(functions.get_alias(FunctionName=resource("DiscoveryFunction"), Name="live")["FunctionVersion"])
        metadata = urllib.request.urlopen(f"{origin}/.well-known/oauth-protected-resource/mcp").read().decode()
        check(f"the {deployment} gradual deployment has its parameters", f'"{name}"' in metadata, metadata)
    check("each gradual deployment publishes a version", versions == ["1", "2"], versions)
    # The route leads to the alias: a former version answers as soon as the alias is moved back, as CodeDeploy does after an alarm.
    functions.update_alias(FunctionName=resource("DiscoveryFunction"), Name="live", FunctionVersion="1")
    metadata = urllib.request.urlopen(f"{origin}/.well-known/oauth-protected-resource/mcp").read().decode()
    check("and the alias leads back to the former one", '"Ours"' in metadata, metadata)


def tables_are_adopted(jean, template, parameters, tables):
    """Creates a stack over the tables of the deleted one, by the steps of OPERATIONS.md."""
    alone = {name: template["Resources"][name] for name in tables}
    alone = {name: table | {"Properties": table["Properties"] | {"DeletionProtectionEnabled": False}} for name, table in alone.items()}
    cloudformation.create_change_set(
        StackName=STACK,
        ChangeSetName="adopt",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps({"Resources": alone}),
        ResourcesToImport=[
            {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": name, "ResourceIdentifier": {"TableName": table}}
            for name, table in tables.items()
        ],
    )
    cloudformation.get_waiter("change_set_create_complete").wait(StackName=STACK, ChangeSetName="adopt", WaiterConfig={"Delay": 1})
    cloudformation.execute_change_set(StackName=STACK, ChangeSetName="adopt")
    waited("stack_import_complete")
    outputs = deployed("update", template, parameters)
    adopted = {name: outputs[f"{name}Name"] for name in tables}
    check("another stack adopts the tables", adopted == tables, adopted)
    kept = run(jean, "export", EMAIL, "--stack", STACK)
    check("with the memories in them", "lighthouse" in kept, kept)


def run(*command):
    """Runs a program, and returns its output."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def resource(name):
    """Returns the id of a resource of the stack."""
    described = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=name)
    return described["StackResourceDetail"]["PhysicalResourceId"]


def deployable(folder, name):
    """Returns a template of the folder as the emulator takes it."""
    return emulated(translated(folder / name, lambda code: uploaded(folder, code)))


def uploaded(folder, code):
    """Uploads the code of a function, as `aws cloudformation package` does."""
    s3.upload_file(folder / code, BUCKET, code)
    return f"s3://{BUCKET}/{code}"


def emulated(template):
    """Works around gaps of the emulator: it has neither RotationSchedule nor alarms on metric math, the Ref of a secret is its name
    instead of its ARN, a generated secret has punctuation even if the template excludes it, and it has no CodeDeploy."""
    resources = template["Resources"]
    secrets = [name for name, resource in resources.items() if resource["Type"] == "AWS::SecretsManager::Secret"]
    for name in secrets:
        if generated := resources[name]["Properties"].get("GenerateSecretString"):
            generated["ExcludeCharacters"] = string.punctuation if generated["ExcludePunctuation"] else ""
    for name, resource in list(resources.items()):
        resource.pop("UpdatePolicy", None)
        if resource["Type"].startswith(MISSING) or "Metrics" in resource.get("Properties", {}):
            del resources[name]

    def replaced(value):
        if isinstance(value, list):
            return [replaced(item) for item in value]
        if not isinstance(value, dict):
            return value
        if value.get("Ref") in secrets:
            return {"Fn::GetAtt": [value["Ref"], "Id"]}
        return {name: replaced(item) for name, item in value.items()}

    return replaced(template)


def deployed(kind, template, parameters):
    """Creates or updates the stack, and returns its outputs."""
    change(kind, template, parameters)
    waited(f"stack_{kind}_complete")
    outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def change(kind, template, parameters):
    """Begins to create or update the stack."""
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template).encode())
    getattr(cloudformation, f"{kind}_stack")(
        StackName=STACK,
        TemplateURL=f"{cloudformation.meta.endpoint_url}/{BUCKET}/template.json",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )


def waited(name):
    try:
        cloudformation.get_waiter(name).wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 180})
    except WaiterError as error:
        for event in cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]:
            print(event["ResourceStatus"], event["LogicalResourceId"], event.get("ResourceStatusReason", ""))
        sys.exit(f"FAILED: {error}")


def check(what, holds, seen):
    if not holds:
        sys.exit(f"FAILED: {what}\n{seen}")
    print(f"ok  {what}", flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
