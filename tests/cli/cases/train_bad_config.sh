# needs: io torch
run train --config absent.toml
expect_refused 2 "absent.toml"
echo 'this is = = no toml' > broken.toml
run train --config broken.toml
expect_refused 2 "broken.toml"
echo 'no_such_key = 1' > unknown.toml
run train --config unknown.toml --data absent
expect_refused 2 "unknown.toml"
