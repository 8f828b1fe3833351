/*
 * AnatomyNet in C: organs at risk on head-and-neck CT. C99; no other header of this project is needed.
 *
 * Life. Every function is unstable until release 1.0: a release may change it, and then the shared library's
 * SOVERSION changes too. Within one SOVERSION functions are only added and option structures only grow.
 *
 * Structures with a `size` field: the caller sets it to sizeof of the structure and everything it does not
 * need to zero, which is the default of every field. A library that knows fewer fields refuses those that it
 * does not know and that are not zero; one that knows more takes the missing ones as zero, and fills in no
 * more than `size` bytes.
 *
 * Errors. Functions that can fail return an anatomynet_status; anatomynet_last_error() has the text. A
 * function that fails changes nothing that its arguments point to, and sets a handle that it would have made
 * to NULL. A null pointer where one is needed is ANATOMYNET_USAGE. Functions that cannot fail return 0, NULL
 * or "" for a null handle or an index out of range. Nothing is printed, no signal handler is set, the process
 * is not ended, and no C++ exception comes out. No environment variable is needed; OMP_NUM_THREADS and
 * ANATOMYNET_MAX_ISA are heeded.
 *
 * Threads. All functions may be called from any thread, on different handles at the same time. On one handle,
 * functions that take it as const may run at the same time in several threads; contouring waits until the
 * model's contouring in another thread has ended. Nobody may use a handle while or after it is closed. A
 * process must not fork between its first contouring and the child's (OpenMP's threads do not follow); use a
 * new process instead.
 *
 * Texts are UTF-8. A pointer that a function returns lives as long as the handle it was asked of.
 */
#ifndef ANATOMYNET_ANATOMYNET_H
#define ANATOMYNET_ANATOMYNET_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ANATOMYNET_API __attribute__((visibility("default")))
#else
#define ANATOMYNET_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this header. */
#define ANATOMYNET_VERSION_MAJOR 0
#define ANATOMYNET_VERSION_MINOR 2
#define ANATOMYNET_VERSION_PATCH 0

/* 10000 * major + 100 * minor + patch of the library that is loaded. */
ANATOMYNET_API int32_t anatomynet_version_number(void);

/* "0.2.0 (git 1a2b3c4d)". Lives as long as the process. */
ANATOMYNET_API const char* anatomynet_version(void);

/* What went wrong. The numbers are the exit codes of the command line (docs/errors.md). */
typedef enum anatomynet_status {
  ANATOMYNET_OK = 0,
  ANATOMYNET_INTERNAL = 1,  /* a fault of the library */
  ANATOMYNET_USAGE = 2,     /* an argument or option */
  ANATOMYNET_INPUT = 3,     /* CT, geometry or DICOM file */
  ANATOMYNET_MODEL = 4,     /* weights file */
  ANATOMYNET_OUTPUT = 5,    /* a file cannot be written */
  ANATOMYNET_MEMORY = 6,    /* the work does not fit into the limit or the machine's memory */
  ANATOMYNET_CANCELLED = 9, /* the caller's `cancelled` said so */
  ANATOMYNET_STATUS_IS_INT = 0x7fffffff
} anatomynet_status;

/* One line about the last failure in this thread: what, where, what was expected, what to do. "" where no
 * function of this library has failed in it yet. Lives until the next function fails in the same thread. */
ANATOMYNET_API const char* anatomynet_last_error(void);

/* Where voxels lie in the patient: DICOM's frame LPS (+x to the patient's left, +y to the back, +z to the
 * head). In memory x is fastest, then y, then z. `direction` is row-major; its column k is the unit vector
 * along index axis k (as ITK has it). Spacing 0.001 to 1000 mm, direction orthonormal within 1e-3, either
 * handedness. */
typedef struct anatomynet_grid {
  int64_t size[3];
  double spacing[3]; /* mm between voxel centres */
  double origin[3];  /* mm: the centre of the first voxel */
  double direction[9];
} anatomynet_grid;

/* A label map that the caller owns: a value a voxel, 0 for background, ordered as the CT. */
typedef enum anatomynet_label_type {
  ANATOMYNET_UINT8 = 1,
  ANATOMYNET_UINT16 = 2,
  ANATOMYNET_LABEL_TYPE_IS_INT = 0x7fffffff
} anatomynet_label_type;

typedef struct anatomynet_labels {
  void* voxels;
  size_t count; /* voxels, not bytes; must be the CT's */
  anatomynet_label_type type;
} anatomynet_labels;

/* Called between the network's layers and the slices that are read: the stage and the share of it that is
 * done, 0 to
 * 1. `cancelled` is asked just as often; when it returns other than 0 the work ends with
 * ANATOMYNET_CANCELLED. `warning` says what was guessed, left out or looks odd. Contouring and writing call
 * them in the caller's thread, reading also in threads of its own, one at a time. None may throw or longjmp.
 */
typedef void (*anatomynet_progress)(void* user, const char* stage, double fraction);
typedef int32_t (*anatomynet_cancelled)(void* user);
typedef void (*anatomynet_warning)(void* user, const char* text);

/* ---- Models ---- */

typedef struct anatomynet_model anatomynet_model;

typedef struct anatomynet_model_options {
  size_t size;
  const char*
      precision; /* "auto" (default: the fastest proven for the weights file), "fp32", "bf16", "int8" */
  int64_t
      memory_limit; /* bytes that a contouring may take beyond the caller's arrays; 0: what the machine has */
  int32_t threads;  /* CPUs to keep busy; 0: all that the process may use. Any number gives the same labels */
  int32_t reserved;
} anatomynet_model_options;

/* Opens a weights file (.safetensors). `options` may be NULL. Errors: MODEL, USAGE (precision), MEMORY. */
ANATOMYNET_API anatomynet_status anatomynet_model_open(const char* path,
                                                       const anatomynet_model_options* options,
                                                       anatomynet_model** model);

/* The same of a weights file's bytes, which are not needed afterwards. */
ANATOMYNET_API anatomynet_status anatomynet_model_open_memory(const void* bytes, size_t count,
                                                              const anatomynet_model_options* options,
                                                              anatomynet_model** model);

/* Frees it; NULL is no fault. */
ANATOMYNET_API void anatomynet_model_close(anatomynet_model* model);
/* Gives back the memory that contouring keeps for the next CT of the same size. */
ANATOMYNET_API void anatomynet_model_release_memory(anatomynet_model* model);

ANATOMYNET_API const char* anatomynet_model_name(const anatomynet_model* model);
/* The name and a checksum: two models of one id make the same contours. */
ANATOMYNET_API const char* anatomynet_model_id(const anatomynet_model* model);
ANATOMYNET_API const char* anatomynet_model_precision(
    const anatomynet_model* model); /* the one in use: "bf16" */
/* 1: trained on synthetic patients alone, never for a real one. */
ANATOMYNET_API int32_t anatomynet_model_phantom_only(const anatomynet_model* model);
ANATOMYNET_API const char* anatomynet_model_training_data(const anatomynet_model* model);
ANATOMYNET_API const char* anatomynet_model_attribution(const anatomynet_model* model);
/* What the weights file says about how well it does: a JSON object, {} where it says nothing. */
ANATOMYNET_API const char* anatomynet_model_evidence(const anatomynet_model* model);

typedef enum anatomynet_side {
  ANATOMYNET_NO_SIDE = 0,
  ANATOMYNET_LEFT = 1, /* the patient's */
  ANATOMYNET_RIGHT = 2,
  ANATOMYNET_SIDE_IS_INT = 0x7fffffff
} anatomynet_side;

typedef struct anatomynet_organ {
  size_t size;
  const char* name;           /* TG-263: "Parotid_L" */
  const char* snomed_code;    /* SNOMED CT concept; "" where unknown */
  const char* snomed_meaning; /* "Parotid gland" */
  double validation_dice;     /* mean Dice on the cases of validation; NaN where the weights file has none */
  int32_t id;                 /* the value in label maps, 1 to 255 */
  anatomynet_side side;
  uint8_t colour[3]; /* RGB */
  uint8_t reserved[5];
} anatomynet_organ;

/* The organs that the model draws. */
ANATOMYNET_API size_t anatomynet_model_organ_count(const anatomynet_model* model);
/* `organ->size` is set by the caller. Errors: USAGE for an index out of range. */
ANATOMYNET_API anatomynet_status anatomynet_model_organ(const anatomynet_model* model, size_t index,
                                                        anatomynet_organ* organ);

/* ---- CTs from files ---- */

typedef struct anatomynet_ct anatomynet_ct;

typedef struct anatomynet_read_options {
  size_t size;
  const char* series_uid;  /* DICOM: take this series; NULL: there must be one CT */
  const char* acquisition; /* DICOM: of a series that holds several, the one that the error calls so */
  anatomynet_progress progress;
  anatomynet_cancelled cancelled;
  void* user;
  int32_t allow_gaps;     /* other than 0: slices that are missing are interpolated across, with a warning */
  int32_t accept_damaged; /* other than 0: damaged slices are left out, with a warning for each */
} anatomynet_read_options;

/* Reads a CT: a folder with a DICOM series, a DICOM file, or a NIfTI, NRRD or MetaImage file. `options` may
 * be NULL. Errors: INPUT, MEMORY, CANCELLED. */
ANATOMYNET_API anatomynet_status anatomynet_ct_read(const char* path, const anatomynet_read_options* options,
                                                    anatomynet_ct** ct);

/* Frees it; NULL is no fault. */
ANATOMYNET_API void anatomynet_ct_close(anatomynet_ct* ct);

/* Where its voxels lie. Slices that lie unevenly are shown on an even grid; contouring uses the real ones. */
ANATOMYNET_API anatomynet_status anatomynet_ct_grid(const anatomynet_ct* ct, anatomynet_grid* grid);
/* HU. `count`, where not NULL, gets the number of voxels. */
ANATOMYNET_API const int16_t* anatomynet_ct_voxels(const anatomynet_ct* ct, size_t* count);
ANATOMYNET_API int32_t anatomynet_ct_is_dicom(const anatomynet_ct* ct);
/* What was repaired or looks odd: a code for programs such as "gantry-tilt", and a line for people. */
ANATOMYNET_API size_t anatomynet_ct_warning_count(const anatomynet_ct* ct);
ANATOMYNET_API const char* anatomynet_ct_warning_code(const anatomynet_ct* ct, size_t index);
ANATOMYNET_API const char* anatomynet_ct_warning_text(const anatomynet_ct* ct, size_t index);

/* ---- Contouring ---- */

typedef struct anatomynet_result anatomynet_result;

typedef struct anatomynet_contour_options {
  size_t size;
  const char* organs; /* names or ids separated by commas; NULL: all. Their labels are those of a full run */
  const char* post_processing; /* "default" (default), "none", "bridges", "pieces", "holes", "all" */
  anatomynet_progress progress;
  anatomynet_cancelled cancelled;
  void* user;
} anatomynet_contour_options;

/* Contours `count` voxels of HU on `grid` into `labels`. HU below -1024 count as -1024 (padding outside the
 * scanner's circle). The labels are those of `anatomynet segment`, bit for bit. `options` and `result` may be
 * NULL; a result is the caller's to free. The CT is not copied, unless some of it lies below -1024. Errors:
 * USAGE (sizes, organs), INPUT (geometry, values that are no HU, a volume too small for the network), MEMORY,
 * CANCELLED. */
ANATOMYNET_API anatomynet_status anatomynet_contour(anatomynet_model* model, const int16_t* hu, size_t count,
                                                    const anatomynet_grid* grid,
                                                    const anatomynet_labels* labels,
                                                    const anatomynet_contour_options* options,
                                                    anatomynet_result** result);

/* The same for a CT that was read from files; the labels lie on its grid. */
ANATOMYNET_API anatomynet_status anatomynet_contour_ct(anatomynet_model* model, const anatomynet_ct* ct,
                                                       const anatomynet_labels* labels,
                                                       const anatomynet_contour_options* options,
                                                       anatomynet_result** result);

/* Frees it; NULL is no fault. */
ANATOMYNET_API void anatomynet_result_close(anatomynet_result* result);

typedef struct anatomynet_organ_result {
  size_t size;
  int64_t voxels; /* 0: not found; centroid_mm and mean_hu then mean nothing */
  double ml;
  double score; /* 0 to 1, the least plausible of all checks; below 0.5 exactly where there is a reason */
  double centroid_mm[3]; /* LPS */
  double mean_hu;
  size_t reason_count; /* to look again */
  int32_t organ_id;
  int32_t reserved;
} anatomynet_organ_result;

/* The organs that were asked for, in the model's order. */
ANATOMYNET_API size_t anatomynet_result_organ_count(const anatomynet_result* result);
/* `organ->size` is set by the caller. Errors: USAGE for an index out of range. */
ANATOMYNET_API anatomynet_status anatomynet_result_organ(const anatomynet_result* result, size_t index,
                                                         anatomynet_organ_result* organ);

/* Reasons to look at a contour again, worst first (docs/quality.md): a code for programs and a line for
 * people. */
ANATOMYNET_API const char* anatomynet_result_reason_code(const anatomynet_result* result, size_t organ,
                                                         size_t reason);
ANATOMYNET_API const char* anatomynet_result_reason_text(const anatomynet_result* result, size_t organ,
                                                         size_t reason);
/* Those of the CT as a whole. */
ANATOMYNET_API size_t anatomynet_result_case_reason_count(const anatomynet_result* result);
ANATOMYNET_API const char* anatomynet_result_case_reason_code(const anatomynet_result* result, size_t reason);
ANATOMYNET_API const char* anatomynet_result_case_reason_text(const anatomynet_result* result, size_t reason);
/* The least of all organs' and of the case's own checks, 0 to 1; NaN for NULL. */
ANATOMYNET_API double anatomynet_result_score(const anatomynet_result* result);
/* All of it as `segment` writes it to quality.json. */
ANATOMYNET_API const char* anatomynet_result_quality_json(const anatomynet_result* result);

/* ---- DICOM objects ---- */

typedef struct anatomynet_dicom_options {
  size_t size;
  const char* organs; /* to write: names or ids separated by commas; NULL: all of the model */
  const char* names;  /* template: names, colours, derived structures (docs/templates.md); NULL: TG-263 */
  anatomynet_warning warning;
  void* user;
  int32_t smooth;       /* other than 0: smooth outlines; else along the voxels' edges (RTSTRUCT) */
  int32_t exclusive_or; /* other than 0: holes as contours of their own, CLOSEDPLANAR_XOR; else keyholes
                           (RTSTRUCT) */
  int32_t anonymise;    /* other than 0: nothing that tells the patient is repeated; UIDs stay */
  int32_t reserved;
} anatomynet_dicom_options;

/* Writes labels, perhaps corrected since, on the grid of a CT that was read from DICOM, as an RT Structure
 * Set (PS3.3 A.19) or a Segmentation (PS3.3 A.51) that refers to its series. The file appears whole or not at
 * all. `options` may be NULL. Errors: USAGE (a CT that is not DICOM, a label that is no organ of the model,
 * sizes), INPUT (what the CT lacks; a Segmentation without a voxel), OUTPUT. */
ANATOMYNET_API anatomynet_status anatomynet_write_rtstruct(const anatomynet_ct* ct,
                                                           const anatomynet_model* model,
                                                           const anatomynet_labels* labels, const char* path,
                                                           const anatomynet_dicom_options* options);
ANATOMYNET_API anatomynet_status anatomynet_write_seg(const anatomynet_ct* ct, const anatomynet_model* model,
                                                      const anatomynet_labels* labels, const char* path,
                                                      const anatomynet_dicom_options* options);

typedef struct anatomynet_structures anatomynet_structures;

/* Reads an RT Structure Set or a Segmentation for the grid of `ct`, or for `grid` where `ct` is NULL. With a
 * DICOM CT it must have been drawn on that scan; with a grid alone nothing shows that it was. Errors: INPUT.
 */
ANATOMYNET_API anatomynet_status anatomynet_structures_read(const char* path, const anatomynet_ct* ct,
                                                            const anatomynet_grid* grid,
                                                            anatomynet_structures** structures);

/* Frees it; NULL is no fault. */
ANATOMYNET_API void anatomynet_structures_close(anatomynet_structures* structures);

/* ROIs or segments, in the order of their numbers. */
ANATOMYNET_API size_t anatomynet_structures_count(const anatomynet_structures* structures);
ANATOMYNET_API const char* anatomynet_structures_name(const anatomynet_structures* structures, size_t index);
/* The organ's TG-263 name where the name of the ROI, or the code of the segment, tells it; else "". */
ANATOMYNET_API const char* anatomynet_structures_organ(const anatomynet_structures* structures, size_t index);
ANATOMYNET_API size_t anatomynet_structures_warning_count(const anatomynet_structures* structures);
ANATOMYNET_API const char* anatomynet_structures_warning(const anatomynet_structures* structures,
                                                         size_t index);

/* Gives every voxel of `labels` whose centre lies inside the structure the label `value`; others stay.
 * `voxels` and `overwritten`, where not NULL, get how many lie inside, and how many of these had another
 * label than 0 and `value`. Errors: USAGE (index, value, sizes), INPUT (damaged frames). */
ANATOMYNET_API anatomynet_status anatomynet_structures_paint(const anatomynet_structures* structures,
                                                             size_t index, uint16_t value,
                                                             const anatomynet_labels* labels, size_t* voxels,
                                                             size_t* overwritten);

#ifdef __cplusplus
}
#endif
#endif
