"""Checks the policies of the functions' roles with parliament.

    policies.py TEMPLATE
"""

import json
import pathlib
import sys

import parliament
from translated import translated

# The parts of ARNs that CloudFormation fills in.
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:us-east-1:123456789012:table/name",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
    "AWS::SQS::Queue": "arn:aws:sqs:us-east-1:123456789012:name",
    "AWS::Events::ApiDestination": "arn:aws:events:us-east-1:123456789012:api-destination/name/id",
}


def main(path):
    resources = translated(pathlib.Path(path), lambda code: "s3://bucket/archive")["Resources"]
    roles = {name: role["Properties"] for name, role in resources.items() if role["Type"] == "AWS::IAM::Role"}
    found, policies = [], 0
    for name, role in roles.items():
        for policy in role.get("Policies", []):
            document = {"Version": "2012-10-17", **filled(policy["PolicyDocument"], resources)}
            policies += 1
            found += [f"{name}: {finding}" for finding in parliament.analyze_policy_string(json.dumps(document)).findings]
    print(*found, f"parliament: {policies} policies, {len(found)} findings", sep="\n")
    sys.exit(1 if found or not policies else 0)


def filled(value, resources):
    """Returns a part of a policy with ARNs in the places of references."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]}:
            return ARNS[resources[name]["Type"]]
        case {"Fn::GetAtt": [name, "StreamArn"]}:
            return ARNS[resources[name]["Type"]] + "/stream/label"
        case {"Fn::If": [_, reference, {"Ref": "AWS::NoValue"}]}:
            return filled(reference, resources)
        case dict():
            return {name: filled(item, resources) for name, item in value.items()}
        case list():
            return [filled(item, resources) for item in value]
    return value


if __name__ == "__main__":
    main(*sys.argv[1:])
