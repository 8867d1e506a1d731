"""The JSON that programs exchange with the service, the same over HTTP and from the command line."""
