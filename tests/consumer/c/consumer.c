/* consumer WEIGHTS CT: prints the model's organs and, of each, the volume in ml on the CT. */
#include <stdio.h>
#include <stdlib.h>

#include <anatomynet/anatomynet.h>

static int failed(void) {
  fprintf(stderr, "consumer: %s\n", anatomynet_last_error());
  return EXIT_FAILURE;
}

int main(int argc, char **argv) {
  anatomynet_model *model;
  anatomynet_ct *ct;
  anatomynet_grid grid;
  anatomynet_result *result;
  const anatomynet_labels nothing = {NULL, 0, ANATOMYNET_UINT8};
  anatomynet_labels labels = nothing;
  const int16_t *hu;
  size_t i;
  const int32_t header = 10000 * ANATOMYNET_VERSION_MAJOR + 100 * ANATOMYNET_VERSION_MINOR + ANATOMYNET_VERSION_PATCH;
  if (argc != 3) return EXIT_FAILURE;
  if (anatomynet_version_number() != header) {
    fprintf(stderr, "consumer: header %d, library %d\n", (int)header, (int)anatomynet_version_number());
    return EXIT_FAILURE;
  }
  if (anatomynet_model_open(argv[1], NULL, &model)) return failed();
  if (anatomynet_ct_read(argv[2], NULL, &ct) || anatomynet_ct_grid(ct, &grid)) return failed();
  hu = anatomynet_ct_voxels(ct, &labels.count);
  labels.voxels = calloc(labels.count, 1);
  if (!labels.voxels) return EXIT_FAILURE;
  if (anatomynet_contour(model, hu, labels.count, &grid, &labels, NULL, &result)) return failed();
  for (i = 0; i < anatomynet_model_organ_count(model); ++i) {
    anatomynet_organ organ = {.size = sizeof organ};
    anatomynet_organ_result found = {.size = sizeof found};
    if (anatomynet_model_organ(model, i, &organ) || anatomynet_result_organ(result, i, &found)) return failed();
    if (found.organ_id != organ.id) return EXIT_FAILURE;
    printf("%d %s %.2f ml\n", (int)organ.id, organ.name, found.ml);
  }
  anatomynet_result_close(result);
  anatomynet_ct_close(ct);
  anatomynet_model_close(model);
  free(labels.voxels);
  return EXIT_SUCCESS;
}
