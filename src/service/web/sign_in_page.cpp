#include "service/web/sign_in_page.h"

namespace anatomynet::service {

std::string sign_in_page(const std::string& token, const std::string& said) {
  return R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in: AnatomyNet node</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<h1>Sign in</h1>
<p class="notice">Not a medical device: review and correct every contour before any use.</p>
<p class="bad" role="alert">)html" +
         said + R"html(</p>
<form method="post" action="/login">
<input type="hidden" name="token" value=")html" +
         token + R"html(">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" maxlength="32" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1000" required>
<button>Sign in</button>
</form>
</main>
</body>
</html>
)html";
}

const char* const sign_in_css = R"css(:root { color-scheme: light dark; --bad: #a40e26; --faint: #57606a; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a8a; --faint: #9aa4ae; } }
body { margin: 0 auto; max-width: 22rem; padding: 3rem 1rem; font: 1rem/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
.bad { color: var(--bad); }
.notice { color: var(--faint); }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
input, button { margin: 0.2rem 0 1rem; padding: 0.4rem; }
)css";

}  // namespace anatomynet::service
