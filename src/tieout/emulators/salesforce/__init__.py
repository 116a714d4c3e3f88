"""Salesforce on localhost: OAuth, REST objects, SOQL, composite calls, with the rules connectors trip over.

Start reading at `dataset` (what to load), then `rules` (what is enforced) and `app` (the HTTP door).
"""
