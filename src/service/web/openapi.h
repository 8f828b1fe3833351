#pragma once

namespace anatomynet::service {

/// What the node answers over HTTP, as an OpenAPI 3.0 document (JSON). tests/service/web.py holds the node's
/// answers against it.
extern const char* const openapi_document;

}  // namespace anatomynet::service
