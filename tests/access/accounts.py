"""What is asked of accounts over HTTP."""

from datetime import UTC, datetime, timedelta


def days(number):
    return (datetime.now(UTC) + timedelta(days=number)).isoformat()


def account(api, id_, after):
    return api.get(f"/principals/{id_}", after=after).went_well().json


def do(api, path, body=None, **more):
    return api.post(path, body or {}, **({"headers": {"If-Match": "*"}} | more))
