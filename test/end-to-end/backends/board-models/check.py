"""Holds requests to what the APIs of Datadog and Honeycomb describe.

Standard input: a JSON array of {"model": ..., "body": ...}; standard output: a JSON array, for each what is wrong, a
sentence each. Nothing is sent anywhere. What the descriptions do not know is wrong, though an API may let it pass.
"""

import importlib.util
import json
import sys

from datadog_api_client.api_client import ApiClient
from datadog_api_client.configuration import Configuration
from datadog_api_client.exceptions import ApiTypeError, ApiValueError, ApiAttributeError
from datadog_api_client.model_utils import OpenApiModel, UnparsedObject
from datadog_api_client.v1.model.dashboard import Dashboard
from pydantic import BaseModel, ValidationError


def honeycomb_models():
    """The models alone: the package itself would import a client of HTTP."""
    folder = importlib.util.find_spec("honeycomb").submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location("honeycomb_models", f"{folder}/_generated_models.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


HONEYCOMB = honeycomb_models()
MODELS = {
    "honeycomb query": HONEYCOMB.Query,
    "honeycomb annotation": HONEYCOMB.QueryAnnotation,
    "honeycomb board": HONEYCOMB.Board,
}


def problems_of_honeycomb(model: type[BaseModel], body: object) -> list[str]:
    try:
        known = model.model_validate(body, strict=False)
    except ValidationError as error:
        return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    # What a model does not know is not in what it says again.
    return unknown_in(body, known.model_dump(mode="json", exclude_unset=True))


def unknown_in(given: object, known: object, path: str = "") -> list[str]:
    if isinstance(given, dict) and isinstance(known, dict):
        lost = [f"{path}{key}: not known" for key in given if key not in known]
        return lost + [
            each for key in given if key in known for each in unknown_in(given[key], known[key], f"{path}{key}.")
        ]
    if isinstance(given, list) and isinstance(known, list) and len(given) == len(known):
        return [each for at, item in enumerate(given) for each in unknown_in(item, known[at], f"{path}{at}.")]
    return [] if given == known else [f"{path[:-1]}: {given!r} is taken for {known!r}"]


def problems_of_datadog(body: object) -> list[str]:
    try:
        dashboard = ApiClient(Configuration()).deserialize(json.dumps(body), (Dashboard,), True)
    except (ApiTypeError, ApiValueError, ApiAttributeError, TypeError) as error:
        return [str(error)]
    return problems_in(dashboard, "")


def problems_in(value: object, path: str) -> list[str]:
    if isinstance(value, UnparsedObject):
        return [f"{path[:-1]}: is none of what may stand there"]
    if isinstance(value, (list, tuple)):
        return [each for at, item in enumerate(value) for each in problems_in(item, f"{path}{at}.")]
    if not isinstance(value, OpenApiModel):
        return []
    if getattr(value, "_composed_instances", None):
        # One of several models: that which it was taken for.
        return [each for one in value._composed_instances for each in problems_in(one, path)]
    found = []
    for key, item in value._data_store.items():
        if key not in value.openapi_types:
            found.append(f"{path}{key}: not known")
        found += problems_in(item, f"{path}{key}.")
    if value._unparsed and not found:
        found.append(f"{path[:-1]}: holds what is not known")
    return found


def problems_of(model: str, body: object) -> list[str]:
    if model == "datadog dashboard":
        return problems_of_datadog(body)
    return problems_of_honeycomb(MODELS[model], body)


print(json.dumps([problems_of(each["model"], each["body"]) for each in json.load(sys.stdin)]))
