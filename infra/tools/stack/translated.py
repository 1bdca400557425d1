"""The template as CloudFormation receives it, after the transform of AWS::Serverless, which comes with the SAM CLI."""

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """The template names no managed policy; that of Lambda's logs is built into the transform."""

    def load(self):
        return {}


def translated(path, uploaded):
    """Translates a template; `uploaded` returns the address of a function's code in S3, since the transform accepts no other."""
    template = yaml_parse(path.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = uploaded(resource["Properties"]["CodeUri"])
    return transform(template, {}, NoManagedPolicies())
