"""Uploads a packaged template, and prints the link with which a browser creates a stack from it.

    upload.py TEMPLATE BUCKET KEY

The link is for the partition aws.
"""

import sys
import urllib.parse

import boto3  # comes with the SAM CLI

template, bucket, key = sys.argv[1:]
s3 = boto3.client("s3")
s3.upload_file(template, bucket, key, ExtraArgs={"ContentType": "text/yaml"})
region = s3.meta.region_name
url = f"https://{bucket}.s3.{region}.amazonaws.com/{urllib.parse.quote(key)}"
choices = urllib.parse.urlencode({"templateURL": url, "stackName": "jean-memory"})
print(f"https://console.aws.amazon.com/cloudformation/home?region={region}#/stacks/create/review?{choices}")
