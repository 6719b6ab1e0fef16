"""The Lambda function behind `Custom::ImagePipeline`: CloudFormation's events in, EC2 Image Builder's calls out.

`main` wires crhelper to `lifecycle`, which is where the work is; `properties` reads a template's words into the API's,
`custom_resource` makes crhelper answer exactly once, and `answer` gets that answer to CloudFormation.
"""
