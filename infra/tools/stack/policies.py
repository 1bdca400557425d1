"""Checks the policies of the roles in templates with parliament.

    policies.py TEMPLATE...
"""

import json
import pathlib
import re
import sys

import parliament
from translated import translated

# The parts of ARNs that CloudFormation fills in.
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:us-east-1:123456789012:table/name",
    "AWS::SecretsManager::Secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf",
    "AWS::SQS::Queue": "arn:aws:sqs:us-east-1:123456789012:name",
    "AWS::Events::ApiDestination": "arn:aws:events:us-east-1:123456789012:api-destination/name/id",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/name",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
}

PSEUDO = {"${AWS::Partition}": "aws", "${AWS::Region}": "us-east-1", "${AWS::AccountId}": "123456789012"}


def main(*paths):
    sys.exit(1 if any([failed(path) for path in paths]) else 0)


def failed(path):
    """Prints the findings in a template, and returns whether it has any, or no policy."""
    resources = translated(pathlib.Path(path), lambda code: "s3://bucket/archive")["Resources"]
    roles = {name: role["Properties"] for name, role in resources.items() if role["Type"] == "AWS::IAM::Role"}
    found, policies = [], 0
    for name, role in roles.items():
        for policy in role.get("Policies", []):
            document = {"Version": "2012-10-17", **filled(policy["PolicyDocument"], resources)}
            policies += 1
            findings = parliament.analyze_policy_string(json.dumps(document)).findings
            found += [f"{name}: {finding}" for finding in findings if not is_macro(finding)]
    print(*found, f"parliament: {path}, {policies} policies, {len(found)} findings", sep="\n")
    return bool(found) or not policies


def is_macro(finding):
    """Tells whether a finding is that a macro of AWS has `aws` in the place of an account, which parliament does not know."""
    return finding.issue == "INVALID_ARN" and ":aws:transform/" in str(finding)


def filled(value, resources):
    """Returns a part of a policy with ARNs in the places of references."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]}:
            return ARNS[resources[name]["Type"]]
        case {"Fn::Sub": str(text)}:
            for name, resource in resources.items():
                text = text.replace(f"${{{name}.Arn}}", ARNS.get(resource["Type"], ""))
            return re.sub(r"\$\{[\w:]+\}", lambda name: PSEUDO.get(name[0], "name"), text)
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
