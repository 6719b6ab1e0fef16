"""Calls to EC2 Image Builder: the client, its retries, and what its errors mean."""
