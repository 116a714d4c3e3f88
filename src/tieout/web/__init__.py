"""The doors over HTTP: the REST API, webhooks, health and figures. They translate, call a flow and render."""
