/* organ_volume WEIGHTS CT ORGAN: an organ's volume in ml, from a CT that is an array in memory. */
#include <stdio.h>
#include <stdlib.h>

#include <anatomynet/anatomynet.h>

static int failed(void) {
  fprintf(stderr, "organ_volume: %s\n", anatomynet_last_error());
  return EXIT_FAILURE;
}

int main(int argc, char **argv) {
  if (argc != 4) return EXIT_FAILURE;
  anatomynet_model *model;
  anatomynet_ct *ct;
  anatomynet_grid grid;
  if (anatomynet_model_open(argv[1], NULL, &model)) return failed();
  if (anatomynet_ct_read(argv[2], NULL, &ct) || anatomynet_ct_grid(ct, &grid)) return failed();
  size_t count;
  const int16_t *hu = anatomynet_ct_voxels(ct, &count); /* or an array of your own, x fastest */

  uint8_t *voxels = calloc(count, 1);
  const anatomynet_labels labels = {voxels, count, ANATOMYNET_UINT8};
  anatomynet_contour_options options = {.size = sizeof options, .organs = argv[3]};
  anatomynet_result *result;
  if (anatomynet_contour(model, hu, count, &grid, &labels, &options, &result)) return failed();
  anatomynet_organ_result organ = {.size = sizeof organ};
  if (anatomynet_result_organ(result, 0, &organ)) return failed();
  printf("%s: %.2f ml\n", argv[3], organ.ml);

  anatomynet_result_close(result);
  anatomynet_ct_close(ct);
  anatomynet_model_close(model);
  free(voxels);
  return EXIT_SUCCESS;
}
