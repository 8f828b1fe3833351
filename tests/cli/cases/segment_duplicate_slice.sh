# needs: io torch
need_model
make_patient p
cp p/dicom/CT0010.dcm p/dicom/again.dcm
dcmodify -nb -m "SOPInstanceUID=1.2.3.4" p/dicom/again.dcm
dcmodify -nb -ma "RescaleIntercept=-1000" p/dicom/again.dcm
run segment p/dicom -o out --model "$model"
expect_refused 3 "position"
