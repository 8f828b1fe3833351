#pragma once

namespace anatomynet::service {

/// The worklist page: fixed text; what is known of jobs comes by fetch from /api/v1/jobs and is put in as
/// text alone, so that nothing hostile in it is ever parsed as HTML.
extern const char* const worklist_html;
extern const char* const worklist_css;
extern const char* const worklist_js;

/// Its Content-Security-Policy: own files alone, nothing inline.
inline constexpr const char* worklist_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri "
    "'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace anatomynet::service
