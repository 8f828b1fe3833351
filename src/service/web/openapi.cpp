#include "service/web/openapi.h"

namespace anatomynet::service {

const char* const openapi_document = R"json({
 "openapi": "3.0.3",
 "info": {
  "title": "AnatomyNet node",
  "version": "1",
  "description": "Jobs of the DICOM node. Where there are accounts: HTTP basic authentication, or the session of /login. Not a medical device: review every contour before any use. No answer names a patient, but for reports."},
 "paths": {
  "/health": {
   "get": {
    "summary": "How the node is; 503 where it receives nothing",
    "responses": {
     "200": {
      "description": "ok or degraded",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}},
     "503": {
      "description": "failing",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}}}}},
  "/metrics": {
   "get": {
    "summary": "Prometheus' text format 0.0.4",
    "responses": {"200": {"description": "metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}}}},
  "/api/v1/openapi.json": {
   "get": {
    "summary": "This document",
    "responses": {
     "200": {"description": "OpenAPI 3.0", "content": {"application/json": {"schema": {"type": "object"}}}}}}},
  "/api/v1/session": {
   "get": {
    "summary": "Who asks; token: what a POST of this session carries as X-Anatomynet-Token, empty where it needs none",
    "responses": {
     "200": {
      "description": "session",
      "content": {
       "application/json": {
        "schema": {
         "type": "object",
         "properties": {
          "user": {"type": "string"},
          "role": {"type": "string", "enum": ["view", "review", "administer"]},
          "token": {"type": "string"}},
         "required": ["user", "role", "token"],
         "additionalProperties": false}}}},
     "401": {"$ref": "#/components/responses/Refused"},
     "403": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}},
  "/watch": {
   "get": {
    "summary": "Control charts of the node's results against the baseline; no patient's data",
    "responses": {
     "200": {"description": "page", "content": {"text/html": {"schema": {"type": "string"}}}},
     "403": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}},
  "/api/v1/watch": {
   "get": {
    "summary": "Whether the node's results moved from the baseline",
    "responses": {
     "200": {
      "description": "what moved",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Watch"}}}},
     "403": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}},
  "/api/v1/jobs": {
   "get": {
    "summary": "Jobs, the latest first",
    "parameters": [
     {
      "name": "before",
      "in": "query",
      "schema": {"type": "integer", "minimum": 1},
      "description": "Only jobs with lower numbers"},
     {
      "name": "limit",
      "in": "query",
      "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 200}},
     {"name": "state", "in": "query", "schema": {"$ref": "#/components/schemas/State"}}],
    "responses": {
     "200": {
      "description": "jobs",
      "content": {
       "application/json": {
        "schema": {
         "type": "object",
         "properties": {
          "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
          "more": {"type": "boolean"}},
         "required": ["jobs", "more"],
         "additionalProperties": false}}}},
     "400": {"$ref": "#/components/responses/Refused"},
     "403": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}},
  "/api/v1/jobs/{job}": {
   "parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}],
   "get": {
    "summary": "A job with its history",
    "responses": {
     "200": {
      "description": "job",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/JobWithHistory"}}}},
     "403": {"$ref": "#/components/responses/Refused"},
     "404": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}},
  "/api/v1/jobs/{job}/{action}": {
   "parameters": [
    {"name": "job", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}},
    {"name": "action", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Action"}}],
   "post": {
    "summary": "Does something with a job",
    "parameters": [
     {
      "name": "X-Anatomynet",
      "in": "header",
      "required": true,
      "schema": {"type": "string", "enum": ["1"]},
      "description": "Keeps pages of other origins out"}],
    "responses": {
     "200": {
      "description": "the job afterwards",
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
     "403": {"$ref": "#/components/responses/Refused"},
     "404": {"$ref": "#/components/responses/Refused"},
     "409": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}},
  "/review/{job}/": {
   "parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}],
   "get": {
    "summary": "The page to correct and approve a job in review; what lies under it is in docs/review.md",
    "responses": {
     "200": {"description": "page", "content": {"text/html": {"schema": {"type": "string"}}}},
     "403": {"$ref": "#/components/responses/Refused"},
     "404": {"$ref": "#/components/responses/Refused"},
     "409": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"},
     "503": {"$ref": "#/components/responses/Refused"}}}},
  "/jobs/{job}/report.html": {
   "parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}],
   "get": {
    "summary": "The report to check a result on; names the patient",
    "responses": {
     "200": {"description": "report", "content": {"text/html": {"schema": {"type": "string"}}}},
     "403": {"$ref": "#/components/responses/Refused"},
     "404": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}},
  "/jobs/{job}/preview.png": {
   "parameters": [{"name": "job", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 1}}],
   "get": {
    "summary": "Slices with contours; shows the patient",
    "responses": {
     "200": {"description": "picture", "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
     "403": {"$ref": "#/components/responses/Refused"},
     "404": {"$ref": "#/components/responses/Refused"},
     "421": {"$ref": "#/components/responses/Refused"}}}}},
 "components": {
  "schemas": {
   "State": {
    "type": "string",
    "enum": [
     "received",
     "complete",
     "running",
     "contoured",
     "review",
     "sending",
     "sent",
     "failed",
     "cancelled",
     "superseded"]},
   "Action": {"type": "string", "enum": ["retry", "cancel", "resend", "release", "purge"]},
   "Job": {
    "type": "object",
    "properties": {
     "job": {"type": "integer"},
     "state": {"$ref": "#/components/schemas/State"},
     "since": {"type": "string", "format": "date-time"},
     "reason": {"type": "string"},
     "rule": {"type": "string"},
     "priority": {"type": "integer"},
     "attempts": {"type": "integer"},
     "slices": {"type": "integer"},
     "set_aside": {"type": "integer", "description": "Instances with other bytes under a known UID"},
     "superseded_by": {"type": "integer"},
     "calling_ae": {"type": "string", "description": "AE title that sent the first slice"},
     "flagged": {
      "type": "array",
      "items": {"type": "string"},
      "description": "What the contouring says is to be looked at again"},
     "review": {"type": "string", "description": "Path of the page to correct and approve it on, of a job in review"},
     "report": {"type": "string", "description": "Path of the report, where there is one"},
     "picture": {"type": "string", "description": "Path of a picture of the contours, where there is one"},
     "actions": {"type": "array", "items": {"$ref": "#/components/schemas/Action"}}},
    "required": [
     "job",
     "state",
     "since",
     "reason",
     "rule",
     "priority",
     "attempts",
     "slices",
     "set_aside",
     "calling_ae",
     "flagged",
     "actions"]},
   "JobWithHistory": {
    "allOf": [{"$ref": "#/components/schemas/Job"}, {"$ref": "#/components/schemas/History"}]},
   "History": {
    "type": "object",
    "properties": {
     "history": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "at": {"type": "string", "format": "date-time"},
        "from": {"type": "string"},
        "to": {"$ref": "#/components/schemas/State"},
        "reason": {"type": "string"}},
       "required": ["at", "from", "to", "reason"],
       "additionalProperties": false}},
     "deliveries": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "object": {"type": "string", "enum": ["RTSTRUCT", "SEG"]},
        "sop_instance_uid": {"type": "string"},
        "destination": {"type": "string"},
        "state": {"type": "string", "enum": ["waiting", "stored", "sent", "failed"]},
        "storage_commitment": {
         "type": "string", "enum": ["", "due", "asked", "committed", "refused", "none"]},
        "attempts": {"type": "integer"},
        "reason": {"type": "string"}},
       "required": ["object", "sop_instance_uid", "destination", "state", "storage_commitment", "attempts", "reason"],
       "additionalProperties": false}}},
    "required": ["history", "deliveries"]},
   "Health": {
    "type": "object",
    "properties": {
     "status": {"type": "string", "enum": ["ok", "degraded", "failing"]},
     "version": {"type": "string"},
     "database": {
      "type": "object",
      "properties": {"status": {"type": "string", "enum": ["ok", "degraded", "failing"]}},
      "required": ["status"],
      "additionalProperties": false},
     "disk": {
      "type": "object",
      "properties": {
       "status": {"type": "string", "enum": ["ok", "degraded", "failing"]},
       "free_bytes": {"type": "integer"},
       "least_bytes": {"type": "integer"}},
      "required": ["status"],
      "additionalProperties": false},
     "queue": {
      "type": "object",
      "properties": {
       "status": {"type": "string", "enum": ["ok", "degraded", "failing"]},
       "waiting": {"type": "integer"},
       "running": {"type": "integer"},
       "failed": {"type": "integer"},
       "longest_wait_s": {"type": "integer"}},
      "required": ["status", "waiting", "running", "failed", "longest_wait_s"],
      "additionalProperties": false},
     "senders": {
      "type": "object",
      "properties": {
       "status": {"type": "string", "enum": ["ok", "degraded", "failing"]},
       "destinations": {
        "type": "array",
        "items": {
         "type": "object",
         "properties": {
          "destination": {"type": "string"},
          "status": {"type": "string", "enum": ["ok", "degraded", "failing"]},
          "waiting": {"type": "integer"},
          "failed_so_far": {"type": "integer"}},
         "required": ["destination", "status", "waiting", "failed_so_far"],
         "additionalProperties": false}}},
      "required": ["status", "destinations"],
      "additionalProperties": false},
     "certificates": {
      "type": "object",
      "description": "Where there is TLS; degraded: one ends within 14 days, or what its files hold now does not serve",
      "properties": {
       "status": {"type": "string", "enum": ["ok", "degraded", "failing"]},
       "tables": {
        "type": "array",
        "items": {
         "type": "object",
         "properties": {
          "table": {"type": "string", "enum": ["dicom.tls", "http.tls"]},
          "status": {"type": "string", "enum": ["ok", "degraded", "failing"]},
          "latest": {
           "type": "boolean", "description": "False: the files changed and do not serve; those from before are used"},
          "ends": {"type": "string", "format": "date-time", "description": "Of the certificate in use"}},
         "required": ["table", "status", "latest"],
         "additionalProperties": false}}},
      "required": ["status", "tables"],
      "additionalProperties": false}},
    "required": ["status", "version", "database", "disk"],
    "additionalProperties": false},
   "Watch": {
    "type": "object",
    "properties": {
     "version": {"type": "integer", "description": "Rises with every change, over restarts too"},
     "state": {"type": "string", "enum": ["waiting", "quiet", "moved"]},
     "line": {"type": "string", "description": "For people"},
     "note": {"type": "string", "description": "What to do about the baseline; may be empty"},
     "baseline": {"type": "integer", "description": "Cases of the baseline; 0 while waiting"},
     "arrivals": {"type": "integer", "description": "Results that are compared, the latest 200 at most"},
     "moved": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "figure": {"type": "string"},
        "text": {"type": "string"},
        "since": {"type": "string", "description": "A case, as job-7"},
        "cases": {"type": "array", "items": {"type": "string"}}},
       "required": ["figure", "text", "since", "cases"],
       "additionalProperties": false}}},
    "required": ["version", "state", "line", "note", "baseline", "arrivals", "moved"],
    "additionalProperties": false},
   "Error": {
    "type": "object",
    "properties": {"error": {"type": "string"}},
    "required": ["error"],
    "additionalProperties": false}},
  "responses": {
   "Refused": {
    "description": "Refused; nothing was changed",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}}}}
)json";

}  // namespace anatomynet::service
