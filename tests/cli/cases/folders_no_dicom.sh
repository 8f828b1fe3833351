# needs: io onednn
# What is no DICOM is called by its name, with what to do.
need_model
mkdir zip image packed
printf 'PK\3\4 and so on' > zip/scan.zip
head -c 999 /dev/zero > image/scan.nii
tar -czf packed/scan.tar.gz zip
run segment zip -o out --model "$model"
expect_refused 3 "scan.zip" "ZIP archive" "unpack it"
run segment zip/scan.zip -o out --model "$model"
expect_refused 3 "ZIP archive" "unpack it"
run segment image -o out --model "$model"
expect_refused 3 "scan.nii" "give the file itself"
run segment packed -o out --model "$model"
expect_refused 3 "scan.tar.gz" "unpack it"
run segment --batch zip -o out --model "$model"
expect_refused 3 "scan.zip" "ZIP archive" "unpack it"
run segment --batch zip/scan.zip -o out --model "$model"
expect_refused 3 "ZIP archive" "unpack it"
run curate --kind tcia zip/scan.zip -o out
expect_status 3
expect_error "ZIP archive" "unpack it"
run curate --kind tcia zip -o set --no-pictures
expect_status 3
grep -q "scan.zip: not a DICOM file but a ZIP archive" set/curation.html || fail "curate does not say what lies there"
