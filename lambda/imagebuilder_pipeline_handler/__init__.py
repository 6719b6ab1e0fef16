"""The Lambda function behind `Custom::ImagePipeline`: CloudFormation's events in, calls to EC2 Image Builder out.

`main` chooses the work for an event. `runtime` receives the event and sends its response, `imagebuilder` calls the
service, and `pipeline` creates, updates and deletes pipelines.
"""
