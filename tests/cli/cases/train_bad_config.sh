# needs: io torch
run train --config absent.toml
expect_refused 2 "absent.toml"
echo 'this is = = no toml' > broken.toml
run train --config broken.toml
expect_refused 2 "broken.toml"
# Keys that are not known, or out of range: file, line, key, and what would be right.
refuse() {
  printf '%b' "$1" > c.toml
  shift
  run train --config c.toml --data absent
  expect_refused 2 c.toml "$@"
}
refuse 'no_such_key = 1\n' c.toml:1 no_such_key 'the nearest is'
refuse 'precison = "bf16"\n' 'did you mean precision?'
refuse 'seed = 1\n[augmentation]\nrotation_degres = 5\n' c.toml:3 augmentation.rotation_degres \
  'did you mean rotation_degrees?'
refuse '[augmentation]\nblru = 0.5\n' 'did you mean blur?'
refuse '[loss]\nlamda = 0.5\n' loss.lamda 'did you mean lambda?'
refuse '[[phase]]\nepoch = 3\n' 'did you mean epochs?'
refuse '[augmentation]\nstreaks = 1.5\n' c.toml:2 augmentation.streaks 'between 0 and 1, is 1.5'
refuse '[augmentation]\nthick_factor = 0\n' augmentation.thick_factor 'between 1 and 10'
refuse '[augmentation]\ncrop_jitter = -1\n' augmentation.crop_jitter 'between 0 and 1'
refuse '[augmentation]\nflip = "yes"\n' augmentation.flip 'wrong type'
refuse '[augmentation]\nlabels = "cubic"\n' augmentation.labels nearest linear
refuse '[augmentation]\npreset = "nune"\n' augmentation.preset 'default, none' 'did you mean none?'
refuse '[[phase]]\noptimiser = "adam"\n' c.toml:2 phase.optimiser 'rmsprop, sgd, adamw' 'did you mean adamw?'
refuse '[[phase]]\nschedule = "step"\n' c.toml:2 phase.schedule 'cosine, polynomial, constant'
refuse 'architecture = "AnatomyNett"\n' c.toml:1 architecture 'did you mean AnatomyNet?'
refuse '[loss]\nname = "dice+focl"\n' c.toml:2 loss.name 'did you mean dice+focal?'
refuse '[loss]\nmissing = "ignored"\n' loss.missing 'masked, marginal, unmasked'
refuse '[augmentation]\nelastic_spacing = 10\nelastic_voxels = 5\n' c.toml:3 elastic_voxels fold
refuse '[augmentation]\nelastic_spacing = 8\n' c.toml:2 elastic_spacing fold
